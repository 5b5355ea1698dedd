"""A chat server as one writes it with Socket.IO: events with acknowledgements, a room a channel, Redis between workers."""

import os
from pathlib import Path

import orjson
import socketio

from store import NotFound, Store


class JSON:
    """orjson with the names that python-socketio calls."""

    loads = staticmethod(orjson.loads)

    @staticmethod
    def dumps(value, **_):
        return orjson.dumps(value).decode()


store = Store(os.environ["PEER_POSTGRES"])
sio = socketio.AsyncServer(
    async_mode="asgi",
    client_manager=socketio.AsyncRedisManager(os.environ["PEER_REDIS"]),
    # Long polling would need a load balancer that keeps a client at one worker.
    transports=["websocket"],
    max_http_buffer_size=65536,
    json=JSON,
)


async def start():
    await store.__aenter__()
    # start waits for as many of these as there are workers.
    Path(os.environ["PEER_DATA"], f"worker-{os.getpid()}").touch()


async def stop():
    await store.__aexit__()


app = socketio.ASGIApp(sio, socketio_path="socket.io", on_startup=start, on_shutdown=stop)


class Refusal(Exception):
    pass


def text_of(data, name, limit, optional=False):
    value = data.get(name)
    if value is None and optional:
        return None
    if not isinstance(value, str) or not 1 <= len(value) <= limit:
        raise Refusal(f"{name} has 1 to {limit} characters")
    return value


def number_of(data, name, otherwise, limit):
    value = data.get(name)
    if value is None:
        return otherwise
    if not isinstance(value, int) or not 1 <= value <= limit:
        raise Refusal(f"{name} is a number from 1 to {limit}")
    return value


def answers(handler):
    """What is wrong with a request goes into its acknowledgement."""

    async def answering(sid, data):
        try:
            return await handler(sid, data)
        except (Refusal, NotFound) as error:
            return {"error": str(error)}

    return answering


@sio.event
async def connect(sid, environ, auth):
    user = await store.user(str((auth or {}).get("token")))
    if user is None:
        raise ConnectionRefusedError("auth needs the token of a user")
    await sio.save_session(sid, user)


@sio.on("subscribe")
@answers
async def subscribe(sid, channels):
    if not isinstance(channels, list) or len(channels) > 1000 or not all(isinstance(name, str) for name in channels):
        raise Refusal("subscribe takes a list of at most 1000 names of channels")
    for name in channels:
        await store.channel(name)
    for name in channels:
        await sio.enter_room(sid, name)
    return {"subscribed": channels}


@sio.on("send")
@answers
async def send(sid, data):
    user = await sio.get_session(sid)
    channel, text = text_of(data, "channel", 100), text_of(data, "text", 16_000)
    nonce = text_of(data, "nonce", 100, optional=True)
    number, seq, repeated = await store.send(channel, user, text, nonce)
    if not repeated:
        message = {"channel": channel, "seq": seq, "text": text, "nonce": nonce, "author": user["name"]}
        # Beside the acknowledgement, which need not wait for Redis and all the receivers.
        sio.start_background_task(sio.emit, "message", message, room=channel)
    return {"id": number, "seq": seq}


@sio.on("history")
@answers
async def history(sid, data):
    channel = text_of(data, "channel", 100)
    before, limit = number_of(data, "before", 2**53, 2**53), number_of(data, "limit", 50, 200)
    return {"messages": await store.history(channel, before, limit)}
