"""How each peer is talked to. A client connects as one user, subscribes, sends, reads history and keeps what it hears."""

import asyncio
import json

import aiohttp
import socketio


class Client:
    """What the checks use. `heard` is a list of (channel, text) in the order of arrival."""

    # What the peer promises.
    counts = True  # messages carry a seq per channel without gaps
    nonces = True  # sending again with the same nonce returns the first answer
    ordered = True  # receivers hear a channel in the order of its history
    sends_on_its_connection = False  # sending needs a subscription first

    def __init__(self, peer, user):
        self.peer, self.user = peer, user
        self.heard = []

    async def __aenter__(self):
        await self.connect()
        return self

    async def __aexit__(self, *_):
        await self.close()


class HTTPClient(Client):
    """node and fastapi: sends and history by HTTP, messages by WebSocket."""

    async def connect(self):
        self.url = f"http://127.0.0.1:{self.peer.port}"
        headers = {"Authorization": f"Bearer {self.user}"}
        self.session = aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=0))
        self.socket = self.reader = None

    async def close(self):
        if self.reader:
            self.reader.cancel()
        if self.socket:
            await self.socket.close()
        await self.session.close()

    async def subscribe(self, channels):
        self.socket = await self.session.ws_connect(f"{self.url}/ws?token={self.user}")
        await self.socket.send_json({"subscribe": channels})
        answer = await self.socket.receive_json()
        assert answer == {"subscribed": channels}, answer
        self.reader = asyncio.create_task(self._read())

    async def _read(self):
        async for frame in self.socket:
            message = json.loads(frame.data)
            assert message["type"] == "message", message
            self.heard.append((message["channel"], message["text"]))

    async def send(self, channel, text, nonce):
        body = json.dumps({"text": text, "nonce": nonce})
        async with self.session.post(f"{self.url}/channels/{channel}/messages", data=body,
                                     headers={"Content-Type": "application/json"}) as answer:
            assert answer.status == 201, await answer.text()
            answer = await answer.json()
            return answer["id"], answer["seq"]

    async def history(self, channel, before=None, limit=50):
        """(position, text) of a page, newest first; a position is what `before` takes."""
        query = {"limit": str(limit)} | ({"before": str(before)} if before else {})
        async with self.session.get(f"{self.url}/channels/{channel}/messages", params=query) as answer:
            assert answer.status == 200, await answer.text()
            return [(m["seq"], m["text"]) for m in (await answer.json())["messages"]]


class SocketIOClient(Client):
    """socketio: everything by events, answers by acknowledgements."""

    ordered = False

    async def connect(self):
        self.sio = socketio.AsyncClient(reconnection=False)
        self.sio.on("message", lambda message: self.heard.append((message["channel"], message["text"])))
        await self.sio.connect(f"http://127.0.0.1:{self.peer.port}", auth={"token": self.user}, transports=["websocket"])

    async def close(self):
        await self.sio.disconnect()

    async def call(self, event, data):
        answer = await self.sio.call(event, data, timeout=30)
        assert "error" not in answer, answer
        return answer

    async def subscribe(self, channels):
        assert await self.call("subscribe", channels) == {"subscribed": channels}

    async def send(self, channel, text, nonce):
        answer = await self.call("send", {"channel": channel, "text": text, "nonce": nonce})
        return answer["id"], answer["seq"]

    async def history(self, channel, before=None, limit=50):
        answer = await self.call("history", {"channel": channel, "before": before, "limit": limit})
        return [(m["seq"], m["text"]) for m in answer["messages"]]


CLIENTS = {"node": HTTPClient, "fastapi": HTTPClient, "socketio": SocketIOClient}
