"""Checks what the peers promise, each on servers of its own, and measures roughly."""

import asyncio
import signal
import sys
import time
import traceback
import uuid

import uvloop
from clients import CLIENTS
from servers import Peer, Servers

USERS, CHANNELS, SENDERS, FILLED = 300, 20, 64, 20_000
SECONDS = 4.0


def say(mark, text):
    print(f"  {mark} {text}", flush=True)


async def clients(peer, count, first=0):
    made = [CLIENTS[peer.name](peer, f"u{n}") for n in range(first, first + count)]
    for start in range(0, count, 20):
        await asyncio.gather(*(client.connect() for client in made[start:start + 20]))
    return made


async def close(group):
    await asyncio.gather(*(client.close() for client in group), return_exceptions=True)


async def subscribe(group, channels):
    for start in range(0, len(group), 20):
        await asyncio.gather(*(client.subscribe(channels) for client in group[start:start + 20]))


async def whole_history(client, channel):
    """All of a channel, oldest first."""
    pages, before = [], None
    while page := await client.history(channel, before, 100):
        pages += page
        before = page[-1][0]
    return pages[::-1]


async def until(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        await asyncio.sleep(0.02)


async def check_delivery(peer):
    """Every subscriber, on whichever worker, hears every message once and in order, while 64 send at once."""
    channels, each = ["c1", "c2"], 20
    senders, receivers = await clients(peer, SENDERS), await clients(peer, 8, first=SENDERS)
    await subscribe(senders, channels) if senders[0].sends_on_its_connection else None
    await subscribe(receivers, channels)

    async def send(number, client):
        return [await client.send(channels[n % 2], f"{number}-{n} ünïcode 🐦", str(uuid.uuid4())) for n in range(each)]

    answers = await asyncio.gather(*(send(number, client) for number, client in enumerate(senders)))
    total = SENDERS * each
    await until(lambda: all(len(client.heard) >= total for client in receivers))
    await asyncio.sleep(0.3)

    wrong, disordered = [], 0
    for channel in channels:
        history = [text for _, text in await whole_history(receivers[0], channel)]
        if len(history) != total // 2 or len(set(history)) != total // 2:
            wrong.append(f"{channel}: history has {len(history)} of {total // 2}, {len(set(history))} distinct")
        for client in receivers:
            heard = [text for name, text in client.heard if name == channel]
            if sorted(heard) != sorted(history):
                wrong.append(f"{channel}: {client.user} heard {len(heard)} ({len(set(heard))} distinct) of {len(history)}")
            disordered += sum(a != b for a, b in zip(heard, history))
    say("✘" if wrong else "✔", f"8 subscribers heard each of {total} messages of {SENDERS} senders exactly once")
    if CLIENTS[peer.name].ordered:
        say("✘" if disordered else "✔", f"each in the order of the history ({disordered} out of place)")
        if disordered:
            wrong.append("order")
    else:
        say("·", f"the order of the history is not promised; {disordered} of {total * 8} were out of place")

    if CLIENTS[peer.name].counts:
        seqs = sorted(seq for answer in answers for _, seq in answer)
        expected = sorted(list(range(1, total // 2 + 1)) * 2)
        say("✔" if seqs == expected else "✘", f"answered seq run from 1 to {total // 2} in each channel without a gap")
        if seqs != expected:
            wrong.append("seq")
    await close(senders + receivers)
    return wrong


async def check_commit(peer):
    """While nothing can be written to the table of messages, no send is answered."""
    [client] = await clients(peer, 1)
    if client.sends_on_its_connection:
        await subscribe([client], ["c3"])
    await client.send("c3", "before the lock", str(uuid.uuid4()))
    lock = await peer.servers.psql_session(peer.name)
    await lock(f"BEGIN; LOCK TABLE {client.ledger} IN EXCLUSIVE MODE;")
    sending = asyncio.create_task(client.send("c3", "behind the lock", str(uuid.uuid4())))
    waited = not (await asyncio.wait([sending], timeout=1.0))[0]
    await lock("COMMIT;")
    await asyncio.wait_for(sending, 5)
    await lock(None)
    await close([client])
    say("✔" if waited else "✘", "a send is answered after its commit: not while its table is locked")
    return [] if waited else ["answered before the commit"]


async def check_nonce(peer):
    """A repeated nonce writes nothing and returns the first answer, one after the other and at once."""
    if not CLIENTS[peer.name].nonces:
        say("·", "nonces: not promised")
        return []
    [client] = await clients(peer, 1)
    await subscribe([client], ["c4"])
    first = await client.send("c4", "once", "the-nonce")
    again = await client.send("c4", "once", "the-nonce")
    at_once = await asyncio.gather(*(client.send("c4", "twenty at once", "another-nonce") for _ in range(20)))
    await client.send("c4", "last", str(uuid.uuid4()))
    await until(lambda: len(client.heard) >= 3)
    await asyncio.sleep(0.3)
    history = [text for _, text in await whole_history(client, "c4")]
    heard = [text for _, text in client.heard]
    await close([client])
    good = first == again and len(set(at_once)) == 1 and history == heard == ["once", "twenty at once", "last"]
    say("✔" if good else "✘", "a repeated nonce returns the first answer and is neither stored nor heard again")
    return [] if good else [f"nonce: {first} {again} {set(at_once)} {history} {heard}"]


async def check_kill(peer):
    """What was acknowledged before kill -9 of the whole peer is there after it."""
    senders = await clients(peer, SENDERS)
    await subscribe(senders, ["c5"]) if senders[0].sends_on_its_connection else None
    acknowledged = []

    async def send(number, client):
        for n in range(1_000_000):
            text = f"{number}-{n}"
            try:
                await asyncio.wait_for(client.send("c5", text, str(uuid.uuid4())), 5)
            except Exception:
                return
            acknowledged.append(text)

    sending = [asyncio.create_task(send(number, client)) for number, client in enumerate(senders)]
    await asyncio.sleep(1.5)
    await peer.kill()
    done = len(acknowledged)
    await asyncio.wait(sending, timeout=10)
    await close(senders)
    await peer.start()
    [reader] = await clients(peer, 1)
    await subscribe([reader], ["c5"]) if reader.sends_on_its_connection else None
    history = await whole_history(reader, "c5")
    await close([reader])
    lost = set(acknowledged) - {text for _, text in history}
    gaps = CLIENTS[peer.name].counts and [seq for seq, _ in history] != list(range(1, len(history) + 1))
    good = not lost and not gaps and done > 0
    say("✔" if good else "✘", f"kill -9 under load: {len(lost)} of {len(acknowledged)} acknowledged messages lost"
        + (", seq without a gap" if CLIENTS[peer.name].counts and not gaps else ""))
    return [] if good else [f"lost {len(lost)}, gaps {gaps}, {done} acknowledged"]


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000 if values else 0


async def measure_sends(peer, count, channels):
    senders = await clients(peer, count)
    names = [f"c{6 + n}" for n in range(channels)]
    if senders[0].sends_on_its_connection:
        await asyncio.gather(*(client.subscribe([names[n % channels]]) for n, client in enumerate(senders)))
    times = []
    end = time.monotonic() + SECONDS

    async def send(number, client):
        while (begin := time.monotonic()) < end:
            await client.send(names[number % channels], "A message as people write them.", str(uuid.uuid4()))
            times.append(time.monotonic() - begin)

    await asyncio.gather(*(send(number, client) for number, client in enumerate(senders)))
    await close(senders)
    say("·", f"sends, {count} at once over {channels} channels: {len(times) / SECONDS:,.0f}/s, "
        f"median {percentile(times, 0.5):.1f} ms, p99 {percentile(times, 0.99):.1f} ms")


async def measure_fanout(peer):
    receivers = await clients(peer, 200)
    senders = receivers[:8]
    await subscribe(receivers, ["c6"])
    before = sum(len(client.heard) for client in receivers)
    begin = time.monotonic()
    sent = 0

    async def send(client):
        nonlocal sent
        while time.monotonic() < begin + SECONDS:
            await client.send("c6", "A message as people write them.", str(uuid.uuid4()))
            sent += 1

    await asyncio.gather(*(send(client) for client in senders))
    await until(lambda: sum(len(client.heard) for client in receivers) - before >= sent * len(receivers))
    seconds = time.monotonic() - begin
    heard = sum(len(client.heard) for client in receivers) - before
    await close(receivers)
    say("·" if heard == sent * len(receivers) else "✘", f"one channel, 200 receivers, 8 senders: {sent} messages, "
        f"{heard / seconds:,.0f} deliveries/s ({heard} of {sent * len(receivers)}); memory {peer.memory():,.0f} MiB")


async def measure_history(peer):
    begin = time.monotonic()
    status = peer.fill(FILLED)
    seconds = time.monotonic() - begin
    readers = await clients(peer, 16)
    await subscribe(readers, ["c0"]) if readers[0].sends_on_its_connection else None
    counted = len(await whole_history(readers[0], "c0"))
    newest = await readers[0].history("c0", None, 50)
    times = []
    end = time.monotonic() + SECONDS

    async def read(client):
        before = None
        while (start := time.monotonic()) < end:
            page = await client.history("c0", before, 50)
            times.append(time.monotonic() - start)
            assert page == newest if before is None else not set(page) & set(newest), page
            before = page[-1][0] if page else None

    await asyncio.gather(*(read(client) for client in readers))
    await close(readers)
    good = counted == FILLED and status == 0
    say("✔" if good else "✘", f"fill {FILLED}: {counted} in the history after {seconds:.1f} s")
    say("·", f"history, 16 readers, pages of 50: {len(times) / SECONDS:,.0f}/s, median {percentile(times, 0.5):.1f} ms, "
        f"p99 {percentile(times, 0.99):.1f} ms")
    return [] if good else ["fill"]


async def run(peer):
    wrong = []
    begin = time.monotonic()
    await peer.start()
    say("·", f"ready after {time.monotonic() - begin:.1f} s, with {USERS} users and {CHANNELS} channels")
    for check in (check_delivery, check_commit, check_nonce, check_kill):
        wrong += await check(peer)
    await measure_sends(peer, SENDERS, 12)
    await measure_sends(peer, SENDERS, 1)
    await measure_sends(peer, 1, 1)
    await measure_fanout(peer)
    wrong += await measure_history(peer)
    left = await peer.stop()
    say("✘" if left else "✔", "SIGTERM ends the whole tree" + (f"; left: {left}" if left else ""))
    return wrong + (["processes left"] if left else [])


async def one(peer):
    try:
        return await run(peer)
    except Exception:
        traceback.print_exc()
        return ["error"]
    finally:
        await peer.stop()


async def serve(peer):
    """Runs the peer until Ctrl-C and says where."""
    await peer.start()
    for name, value in peer.environment.items():
        if name.startswith("PEER_"):
            print(f"export {name}={value}")
    print("Ctrl-C ends it.", flush=True)
    stop = asyncio.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    await stop.wait()
    await peer.stop()


def main(names):
    serving = names[:1] == ["--serve"]
    if serving:
        names = names[1:2] or sys.exit("check: --serve needs the name of a peer")
    unknown = [name for name in names if name not in CLIENTS]
    if unknown:
        sys.exit(f"check: no peer {', '.join(unknown)}; there are {', '.join(CLIENTS)}")
    # Whoever ends us ends what we have started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    failed = 0
    for name in names or CLIENTS:
        print(name, flush=True)
        with Servers() as servers:
            peer = Peer(servers, name, USERS, CHANNELS)
            peer.setup()
            if serving:
                return uvloop.run(serve(peer))
            wrong = uvloop.run(one(peer))
        for line in wrong:
            say("✘", line)
        failed += bool(wrong)
    sys.exit(1 if failed else 0)


main(sys.argv[1:])
