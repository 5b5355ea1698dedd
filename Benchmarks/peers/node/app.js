"use strict";

const express = require("express");

/** The HTTP API. What goes wrong in a route ends in `refuse`. */
function createApp(store, fanout) {
  const app = express();
  app.disable("x-powered-by");
  // It is a hash of each answer, and no client of ours asks with one.
  app.disable("etag");
  app.set("query parser", "simple");
  app.use(createRouter(store, fanout));
  app.use((request, response, next) => next(new Refusal(404, "no such route")));
  app.use(refuse);
  return app;
}

function createRouter(store, fanout) {
  const authenticate = async (request, response, next) => {
    const authorization = request.get("authorization") ?? "";
    request.user = authorization.startsWith("Bearer ") ? await store.user(authorization.slice(7)) : undefined;
    if (!request.user) throw new Refusal(401, "an Authorization header with a user's token is needed");
    next();
  };

  const send = async (request, response) => {
    const { channel } = request.params;
    const { text, nonce } = request.body;
    if (typeof text !== "string" || text === "" || text.length > 16_000) {
      throw new Refusal(400, "the body is an object of application/json, whose text has 1 to 16000 characters");
    }
    if (nonce !== undefined && (typeof nonce !== "string" || nonce === "" || nonce.length > 100)) {
      throw new Refusal(400, "nonce has 1 to 100 characters");
    }
    const { id, seq, repeated } = await store.send(channel, request.user, text, nonce);
    if (!repeated) fanout.publish({ type: "message", channel, seq, text, nonce, author: request.user.name });
    response.status(201).json({ id, seq });
  };

  const history = async (request, response) => {
    const before = integer(request.query.before, Number.MAX_SAFE_INTEGER, "before");
    const limit = Math.min(integer(request.query.limit, 50, "limit"), 200);
    response.json({ messages: await store.history(request.params.channel, before, limit) });
  };

  const router = express.Router();
  router
    .route("/channels/:channel/messages")
    .all(caught(authenticate))
    .get(caught(history))
    .post(express.json({ limit: "64kb" }), caught(send))
    .all((request, response, next) => next(new Refusal(405, "GET or POST")));
  return router;
}

/** Express 4 waits for no promise: this gives it the error of an async handler. */
function caught(handler) {
  return (request, response, next) => handler(request, response, next).catch(next);
}

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

function integer(text, otherwise, name) {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Refusal(400, `${name} is a number from 1 on`);
  return value;
}

/** Express knows by the four parameters that this takes errors: ours, the store's and those of its body parser. */
function refuse(error, request, response, next) {
  if (response.headersSent) return next(error);
  const status = error.status ?? 500;
  if (status >= 500) console.error(error);
  response.status(status).json({ error: status < 500 ? error.message : "internal error" });
}

module.exports = { createApp };
