"""What the Python peers, fastapi and socketio, keep in PostgreSQL."""

import os

import asyncpg

POOL = int(os.environ.get("PEER_POOL", 12))


class NotFound(Exception):
    pass


class Store:
    """What is in PostgreSQL. asyncpg prepares each statement once a connection."""

    def __init__(self, url):
        self.url = url
        self.users = {}
        self.channels = {}

    async def __aenter__(self):
        self.pool = await asyncpg.create_pool(
            self.url, min_size=POOL, max_size=POOL, max_inactive_connection_lifetime=0, max_queries=10**9
        )
        return self

    async def __aexit__(self, *_):
        await self.pool.close()

    async def user(self, token):
        """Who has this token; tokens are asked for once."""
        user = self.users.get(token)
        if user is None:
            user = await self.pool.fetchrow("SELECT id, name FROM users WHERE token = $1", token)
            if user is not None:
                self.users[token] = user
        return user

    async def channel(self, name):
        number = self.channels.get(name)
        if number is None:
            number = await self.pool.fetchval("SELECT id FROM channels WHERE name = $1", name)
            if number is None:
                raise NotFound(f"no channel {name}")
            self.channels[name] = number
        return number

    async def send(self, channel, user, text, nonce):
        """One statement, one transaction: the row lock of the channel is held until the commit, so seq has no gaps and
        is in the order of the commits. A nonce that was used before breaks the unique index, which takes the number
        back. Returns id, seq, and whether it was there already."""
        channel = await self.channel(channel)
        try:
            row = await self.pool.fetchrow(
                """WITH counted AS (
                     UPDATE channels SET last_seq = last_seq + 1 WHERE id = $1 RETURNING last_seq
                   )
                   INSERT INTO messages (channel_id, seq, author_id, text, nonce)
                   SELECT $1, last_seq, $2, $3, $4 FROM counted RETURNING id, seq""",
                channel, user["id"], text, nonce,
            )
            return row["id"], row["seq"], False
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name != "messages_nonce":
                raise
            row = await self.pool.fetchrow(
                "SELECT id, seq FROM messages WHERE channel_id = $1 AND author_id = $2 AND nonce = $3",
                channel, user["id"], nonce,
            )
            return row["id"], row["seq"], True

    async def history(self, channel, before, limit):
        rows = await self.pool.fetch(
            """SELECT m.id, m.seq, m.text, m.nonce, u.name AS author, m.created_at
               FROM messages m JOIN users u ON u.id = m.author_id
               WHERE m.channel_id = $1 AND m.seq < $2 ORDER BY m.seq DESC LIMIT $3""",
            await self.channel(channel), before, limit,
        )
        return [dict(row) for row in rows]

    async def last_seq(self, channel):
        return await self.pool.fetchval("SELECT last_seq FROM channels WHERE id = $1", await self.channel(channel))

    async def since(self, channel, seq, limit):
        """Messages from this seq on, oldest first."""
        return await self.pool.fetch(
            """SELECT m.seq, m.text, m.nonce, u.name AS author FROM messages m JOIN users u ON u.id = m.author_id
               WHERE m.channel_id = $1 AND m.seq >= $2 ORDER BY m.seq LIMIT $3""",
            await self.channel(channel), seq, limit,
        )
