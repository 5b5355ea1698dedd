"use strict";

const { Pool, types } = require("pg");

// bigint: our numbers stay far below 2^53.
types.setTypeParser(types.builtins.INT8, Number);

class NotFound extends Error {
  status = 404;
}

class Store {
  #pool;
  #users = new Map();
  #channels = new Map();

  constructor(url) {
    this.#pool = new Pool({ connectionString: url, max: Number(process.env.PEER_POOL ?? 12), idleTimeoutMillis: 0 });
    this.#pool.on("error", (error) => console.error(error));
  }

  /** Who has this token; tokens are asked for once. */
  async user(token) {
    const known = this.#users.get(token);
    if (known) return known;
    const { rows } = await this.#pool.query({
      name: "user",
      text: "SELECT id, name FROM users WHERE token = $1",
      values: [token],
    });
    if (rows[0]) this.#users.set(token, rows[0]);
    return rows[0];
  }

  async #channel(name) {
    const known = this.#channels.get(name);
    if (known) return known;
    const { rows } = await this.#pool.query({
      name: "channel",
      text: "SELECT id FROM channels WHERE name = $1",
      values: [name],
    });
    if (!rows[0]) throw new NotFound(`no channel ${name}`);
    this.#channels.set(name, rows[0].id);
    return rows[0].id;
  }

  /**
   * One statement, one transaction: the row lock of the channel is held until the commit, so seq has no gaps and is in
   * the order of the commits. A nonce that was used before breaks the unique index, which takes the number back.
   */
  async send(channel, user, text, nonce) {
    const id = await this.#channel(channel);
    try {
      const { rows } = await this.#pool.query({
        name: "send",
        text: `WITH counted AS (
                 UPDATE channels SET last_seq = last_seq + 1 WHERE id = $1 RETURNING last_seq
               )
               INSERT INTO messages (channel_id, seq, author_id, text, nonce)
               SELECT $1, last_seq, $2, $3, $4 FROM counted RETURNING id, seq`,
        values: [id, user.id, text, nonce],
      });
      return rows[0];
    } catch (error) {
      if (error.code !== "23505" || error.constraint !== "messages_nonce") throw error;
      const { rows } = await this.#pool.query({
        name: "sent",
        text: "SELECT id, seq FROM messages WHERE channel_id = $1 AND author_id = $2 AND nonce = $3",
        values: [id, user.id, nonce],
      });
      return { ...rows[0], repeated: true };
    }
  }

  async history(channel, before, limit) {
    const { rows } = await this.#pool.query({
      name: "history",
      text: `SELECT m.id, m.seq, m.text, m.nonce, u.name AS author, m.created_at
             FROM messages m JOIN users u ON u.id = m.author_id
             WHERE m.channel_id = $1 AND m.seq < $2 ORDER BY m.seq DESC LIMIT $3`,
      values: [await this.#channel(channel), before, limit],
    });
    return rows;
  }

  async lastSeq(channel) {
    const { rows } = await this.#pool.query({
      name: "last_seq",
      text: "SELECT last_seq FROM channels WHERE id = $1",
      values: [await this.#channel(channel)],
    });
    return rows[0].last_seq;
  }

  /** Messages from this seq on, oldest first. */
  async since(channel, seq, limit) {
    const { rows } = await this.#pool.query({
      name: "since",
      text: `SELECT m.seq, m.text, m.nonce, u.name AS author FROM messages m JOIN users u ON u.id = m.author_id
             WHERE m.channel_id = $1 AND m.seq >= $2 ORDER BY m.seq LIMIT $3`,
      values: [await this.#channel(channel), seq, limit],
    });
    return rows.map((row) => ({ type: "message", channel, ...row, nonce: row.nonce ?? undefined }));
  }
}

module.exports = { Store };
