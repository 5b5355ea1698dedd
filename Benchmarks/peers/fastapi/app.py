"""A chat server as one writes it with FastAPI: asyncpg, Redis, uvicorn with two workers."""

import asyncio
import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import orjson
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Response, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, StringConstraints

from fanout import Connection, Fanout
from store import NotFound, Store


@asynccontextmanager
async def lifespan(app: FastAPI):
    async with Store(os.environ["PEER_POSTGRES"]) as app.state.store:
        async with Fanout(os.environ["PEER_REDIS"], app.state.store) as app.state.fanout:
            # start waits for as many of these as there are workers.
            Path(os.environ["PEER_DATA"], f"worker-{os.getpid()}").touch()
            yield


app = FastAPI(lifespan=lifespan, openapi_url=None)


class JSON(Response):
    media_type = "application/json"

    def render(self, content) -> bytes:
        return orjson.dumps(content)


@app.exception_handler(NotFound)
async def not_found(_, error: NotFound):
    return JSON({"error": str(error)}, status_code=404)


async def authenticated(authorization: Annotated[str, Header()] = ""):
    user = await app.state.store.user(authorization.removeprefix("Bearer "))
    if user is None:
        raise HTTPException(401, "an Authorization header with a user's token is needed")
    return user


class Send(BaseModel):
    text: Annotated[str, StringConstraints(min_length=1, max_length=16_000)]
    nonce: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None


@app.post("/channels/{channel}/messages", status_code=201, response_class=JSON)
async def send(channel: str, body: Send, user=Depends(authenticated)):
    number, seq, repeated = await app.state.store.send(channel, user, body.text, body.nonce)
    if not repeated:
        app.state.fanout.publish(channel, seq, body.text, body.nonce, user["name"])
    return JSON({"id": number, "seq": seq}, status_code=201)


@app.get("/channels/{channel}/messages", response_class=JSON)
async def history(
    channel: str,
    before: Annotated[int, Query(ge=1, lt=2**63)] = 2**53,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    user=Depends(authenticated),
):
    return JSON({"messages": await app.state.store.history(channel, before, limit)})


@app.websocket("/ws")
async def realtime(websocket: WebSocket, token: str = ""):
    if await app.state.store.user(token) is None:
        return await websocket.close(4401)
    await websocket.accept()
    connection = Connection(websocket, app.state.fanout)
    writer = asyncio.create_task(connection.write())  # Ends with the connection, below.
    try:
        while True:
            frame = orjson.loads(await websocket.receive_text())
            names = frame["subscribe"]
            await connection.subscribe(names)
            connection.put(orjson.dumps({"subscribed": names}).decode())
    except WebSocketDisconnect:
        pass
    except (NotFound, KeyError, TypeError, ValueError) as error:
        await websocket.send_text(orjson.dumps({"type": "error", "error": str(error)}).decode())
        await websocket.close(4400)
    finally:
        writer.cancel()
        await connection.leave()
