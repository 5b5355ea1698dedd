"""The WebSockets of this process, and what Redis brings for them."""

import asyncio
import logging
from collections import deque

import orjson
from fastapi import WebSocketDisconnect
from redis.asyncio import Redis

MAX_CHANNELS = 1000
MAX_WAITING = 10_000

log = logging.getLogger("uvicorn.error")


def encoded(channel, seq, text, nonce, author):
    message = {"type": "message", "channel": channel, "seq": seq, "text": text, "nonce": nonce, "author": author}
    return orjson.dumps(message).decode()


class Fanout:
    def __init__(self, url, store):
        self.store = store
        self.redis = Redis.from_url(url, decode_responses=True)
        self.pubsub = self.redis.pubsub()
        self.channels = {}
        self.published = deque()
        self.something = asyncio.Event()

    async def __aenter__(self):
        # A subscription that stays, because listen() ends when there is none.
        await self.pubsub.subscribe("keep")
        self.tasks = [asyncio.create_task(self.listen()), asyncio.create_task(self.write())]
        return self

    async def __aexit__(self, *_):
        for task in self.tasks:
            task.cancel()
        await self.pubsub.aclose()
        await self.redis.aclose()

    def publish(self, channel, seq, text, nonce, author):
        """To every process, as `<seq> <frame>`: JSON is written once, here, and read by nobody but the receivers."""
        self.published.append((f"messages:{channel}", f"{seq} {encoded(channel, seq, text, nonce, author)}"))
        self.something.set()

    async def write(self):
        """Publishes what has gathered while the last round trip was under way."""
        while True:
            await self.something.wait()
            self.something.clear()
            async with self.redis.pipeline(transaction=False) as pipeline:
                while self.published:
                    pipeline.publish(*self.published.popleft())
                try:
                    await pipeline.execute()
                except Exception:
                    log.exception("publishing failed")

    async def listen(self):
        while True:
            try:
                async for message in self.pubsub.listen():
                    channel = self.channels.get(message["channel"].removeprefix("messages:"))
                    if channel is None:
                        continue
                    if message["type"] == "subscribe":
                        channel.confirmed.set()
                    elif message["type"] == "message":
                        channel.receive(message["data"])
            except Exception:
                log.exception("listening failed")
                await asyncio.sleep(0.1)

    async def join(self, name, connection):
        channel = self.channels.get(name)
        if channel is None:
            channel = self.channels[name] = Channel(name, self.store)
            channel.ready = asyncio.create_task(self.open(channel))  # Awaited by all who join.
        channel.connections.add(connection)
        connection.channels.add(channel)
        await asyncio.shield(channel.ready)

    async def open(self, channel):
        try:
            await self.store.channel(channel.name)
            await self.pubsub.subscribe(channel.topic)
            await channel.confirmed.wait()
            # Asked for after Redis has confirmed: what is not in this number yet comes from Redis.
            channel.begin(await self.store.last_seq(channel.name) + 1)
        except BaseException:
            self.channels.pop(channel.name, None)
            raise

    async def leave(self, connection):
        for channel in connection.channels:
            channel.connections.discard(connection)
            if not channel.connections and self.channels.get(channel.name) is channel:
                del self.channels[channel.name]
                await self.pubsub.unsubscribe(channel.topic)


class Channel:
    """One channel in this process. Two processes commit in one order and may publish in another; here the order of the
    commits is restored by seq, and what Redis lost is read from the database."""

    def __init__(self, name, store):
        self.name, self.store = name, store
        self.topic = f"messages:{name}"
        self.connections = set()
        self.confirmed = asyncio.Event()
        self.next = None
        self.waiting = {}
        self.filling = None

    def begin(self, next):
        self.next = next
        self.waiting = {seq: frame for seq, frame in self.waiting.items() if seq >= next}
        self.drain()

    def receive(self, payload):
        seq, frame = payload.split(" ", 1)
        self.take(int(seq), frame)

    def take(self, seq, frame):
        if seq == self.next:
            self.deliver(frame)
            self.next += 1
            self.drain()
        elif self.next is None or seq > self.next:
            self.waiting[seq] = frame
            if self.next is not None and self.filling is None:
                self.filling = asyncio.create_task(self.fill())  # Ends when nothing is missing.

    def drain(self):
        while self.waiting and (frame := self.waiting.pop(self.next, None)) is not None:
            self.deliver(frame)
            self.next += 1

    async def fill(self):
        """A number is missing for 100 ms: its process died between commit and publish, or Redis did."""
        await asyncio.sleep(0.1)
        while self.waiting and self.connections:
            try:
                for row in await self.store.since(self.name, self.next, 1000):
                    self.take(row["seq"], encoded(self.name, **row))
            except Exception:
                log.exception("reading what is missing failed")
            await asyncio.sleep(0.1)
        self.filling = None

    def deliver(self, frame):
        for connection in self.connections:
            connection.put(frame)


class Connection:
    """One WebSocket. A task of its own writes, so that one slow receiver holds up nobody."""

    def __init__(self, websocket, fanout):
        self.websocket, self.fanout = websocket, fanout
        self.channels = set()
        self.frames = deque()
        self.something = asyncio.Event()

    def put(self, frame):
        if len(self.frames) < MAX_WAITING:
            self.frames.append(frame)
        else:
            self.frames.clear()
            self.frames.append(None)
        self.something.set()

    async def write(self):
        try:
            while True:
                await self.something.wait()
                self.something.clear()
                while self.frames:
                    frame = self.frames.popleft()
                    if frame is None:
                        return await self.websocket.close(1013, "too slow")
                    await self.websocket.send_text(frame)
        except (WebSocketDisconnect, RuntimeError):
            pass  # Closed meanwhile; whoever reads from it sees that too.

    async def subscribe(self, names):
        if not isinstance(names, list) or len(names) > MAX_CHANNELS:
            raise ValueError(f"subscribe is a list of at most {MAX_CHANNELS} names of channels")
        await asyncio.gather(*(self.fanout.join(name, self) for name in names))

    async def leave(self):
        await self.fanout.leave(self)
