"""How each peer is talked to. A client connects as one user, subscribes, sends, reads history and keeps what it hears."""

import asyncio
import base64
import json
import uuid
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import aiohttp
import socketio


class Client:
    """What the checks use. `heard` is a list of (channel, text) in the order of arrival."""

    # What the peer promises.
    counts = True  # messages carry a seq per channel without gaps
    nonces = True  # sending again with the same nonce returns the first answer
    ledger = "messages"  # the table that a send is committed to
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


class XMPPClient(Client):
    """ejabberd: XMPP over WebSocket; a room's reflection of one's own message is the answer to a send."""

    counts = nonces = False
    ledger = "archive"
    sends_on_its_connection = True
    HEADER = '<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="localhost" version="1.0"/>'
    MAM, RSM = "urn:xmpp:mam:2", "http://jabber.org/protocol/rsm"

    async def connect(self):
        self.session = aiohttp.ClientSession()
        self.socket = await self.session.ws_connect(f"http://127.0.0.1:{self.peer.port}/ws", protocols=["xmpp"])
        secret = base64.b64encode(f"\0{self.user}\0{self.user}".encode()).decode()
        await self.ask(self.HEADER, 2)
        assert "<success" in await self.ask(f'<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">{secret}</auth>')
        await self.ask(self.HEADER, 2)
        assert "<jid>" in await self.ask('<iq xmlns="jabber:client" type="set" id="bind">'
                                         '<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>')
        self.waiting, self.pages = {}, {}
        self.reader = asyncio.create_task(self._read())

    async def ask(self, text, answers=1):
        await self.socket.send_str(text)
        for _ in range(answers):
            answer = (await self.socket.receive()).data
        return answer

    async def close(self):
        self.reader.cancel()
        await self.socket.close()
        await self.session.close()

    def expect(self, key):
        self.waiting[key] = asyncio.get_running_loop().create_future()
        return self.waiting[key]

    def arrived(self, key, value):
        if (future := self.waiting.pop(key, None)) is not None and not future.done():
            future.set_result(value)

    async def _read(self):
        async for frame in self.socket:
            stanza = ElementTree.fromstring(frame.data)
            kind = stanza.tag.partition("}")[2]
            room, _, nick = stanza.get("from", "").partition("/")
            if kind == "presence" and nick == self.user:
                self.arrived(room, stanza)
            elif kind == "iq":
                self.arrived(stanza.get("id"), stanza)
            elif kind == "message" and (result := stanza.find(f"{{{self.MAM}}}result")) is not None:
                self.pages.setdefault(room, []).append(
                    (result.get("id"), result.find(".//{jabber:client}body").text))
            elif kind == "message" and (body := stanza.find("{jabber:client}body")) is not None:
                self.heard.append((room.partition("@")[0], body.text))
                if nick == self.user:
                    self.arrived(stanza.get("id"), stanza)

    async def subscribe(self, channels):
        for channel in channels:
            room = f"{channel}@conference.localhost"
            joined = self.expect(room)
            await self.socket.send_str(f'<presence xmlns="jabber:client" to="{room}/{self.user}">'
                                       '<x xmlns="http://jabber.org/protocol/muc"/></presence>')
            assert (await joined).get("type") is None

    async def send(self, channel, text, nonce):
        reflected = self.expect(nonce)
        await self.socket.send_str(f'<message xmlns="jabber:client" type="groupchat" id="{nonce}" '
                                   f'to="{channel}@conference.localhost"><body>{escape(text)}</body></message>')
        stanza = await reflected
        return stanza.find("{urn:xmpp:sid:0}stanza-id").get("id"), None

    async def history(self, channel, before=None, limit=50):
        room, key = f"{channel}@conference.localhost", str(uuid.uuid4())
        answer = self.expect(key)
        await self.socket.send_str(f'<iq xmlns="jabber:client" type="set" id="{key}" to="{room}"><query xmlns="{self.MAM}">'
                                   f'<set xmlns="{self.RSM}"><max>{limit}</max><before>{before or ""}</before></set></query></iq>')
        assert (await answer).get("type") == "result"
        return self.pages.pop(room, [])[::-1]


class MatrixClient(Client):
    """synapse: Matrix's client-server API; the main process to write, the worker to read."""

    counts = ordered = False
    ledger = "events"
    sends_on_its_connection = True
    ROOMS = {}

    async def connect(self):
        self.session = aiohttp.ClientSession(headers={"Authorization": f"Bearer syt_{self.user}"},
                                             connector=aiohttp.TCPConnector(limit=0))
        self.reader = self.since = None

    async def close(self):
        if self.reader:
            self.reader.cancel()
        await self.session.close()

    async def call(self, method, path, reader=False, **arguments):
        url = f"http://127.0.0.1:{self.peer.port + reader}/_matrix/client/v3/{path}"
        async with self.session.request(method, url, **arguments) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def subscribe(self, channels):
        for channel in channels:
            room = (await self.call("POST", f"join/%23{channel}:localhost", json={}))["room_id"]
            self.ROOMS[self.peer, channel], self.ROOMS[self.peer, room] = room, channel
        await self.sync(0)
        self.reader = asyncio.create_task(self._read())

    async def sync(self, timeout):
        only = {"types": ["m.room.message"]}
        nothing = {"types": []}
        filters = {"room": {"timeline": only | {"limit": 1000}, "state": nothing | {"lazy_load_members": True},
                            "ephemeral": nothing, "account_data": nothing},
                   "presence": nothing, "account_data": nothing}
        query = {"filter": json.dumps(filters), "timeout": str(timeout)} | ({"since": self.since} if self.since else {})
        answer = await self.call("GET", "sync", True, params=query)
        first, self.since = self.since is None, answer["next_batch"]
        return {} if first else answer.get("rooms", {}).get("join", {})

    async def _read(self):
        while True:
            for room, news in (await self.sync(30_000)).items():
                for event in news["timeline"]["events"]:
                    self.heard.append((self.ROOMS[self.peer, room], event["content"]["body"]))

    async def send(self, channel, text, nonce):
        room = self.ROOMS[self.peer, channel]
        answer = await self.call("PUT", f"rooms/{room}/send/m.room.message/{nonce}",
                                 json={"msgtype": "m.text", "body": text})
        return answer["event_id"], None

    async def history(self, channel, before=None, limit=50):
        query = {"dir": "b", "limit": str(limit), "filter": '{"types":["m.room.message"]}'} | ({"from": before} if before else {})
        room = self.ROOMS[self.peer, channel]
        answer = await self.call("GET", f"rooms/{room}/messages", True, params=query)
        return [(answer.get("end"), event["content"]["body"]) for event in answer["chunk"]]


CLIENTS = {
    "node": HTTPClient, "fastapi": HTTPClient, "socketio": SocketIOClient, "ejabberd": XMPPClient, "synapse": MatrixClient,
}
