"use strict";

// A chat server as one writes it with Node.js: node:http, ws, pg and redis. The primary process hands connections to
// two workers in turn; what one of them commits reaches the other's sockets through Redis.

const cluster = require("node:cluster");
const http = require("node:http");
const { Store, NotFound } = require("./store");
const { Fanout } = require("./fanout");

const workers = 2;
const maxBody = 64 * 1024;

if (cluster.isPrimary) primary();
else worker().catch((error) => {
  console.error(error);
  process.exit(1);
});

function primary() {
  let listening = 0;
  let stopping = false;
  for (let i = 0; i < workers; i++) cluster.fork();
  cluster.on("listening", () => {
    if (++listening === workers) console.log("READY");
  });
  cluster.on("exit", (worker, code, signal) => {
    if (!stopping) {
      console.error(`worker ${worker.process.pid} ended: ${signal ?? code}`);
      process.exitCode = 1;
      stop();
    }
  });
  const stop = () => {
    stopping = true;
    for (const worker of Object.values(cluster.workers)) worker.process.kill("SIGTERM");
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

async function worker() {
  const store = new Store(process.env.PEER_POSTGRES);
  const fanout = new Fanout(process.env.PEER_REDIS, store);
  await fanout.connect();

  const server = http.createServer((request, response) => {
    answer(store, fanout, request, response).catch((error) => {
      if (error instanceof Refusal) return send(response, error.status, { error: error.message });
      if (error instanceof NotFound) return send(response, 404, { error: error.message });
      console.error(error);
      send(response, 500, { error: "internal error" });
    });
  });
  // Longer than clients and load balancers keep an idle connection, so that none is closed as it is used again.
  server.keepAliveTimeout = 75_000;
  server.on("upgrade", async (request, socket, head) => {
    try {
      const url = new URL(request.url, "http://localhost");
      if (url.pathname !== "/ws") return socket.end("HTTP/1.1 404 Not Found\r\n\r\n");
      socket.on("error", () => socket.destroy());
      const user = await store.user(url.searchParams.get("token") ?? "");
      if (!user) return socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
      fanout.accept(request, socket, head);
    } catch (error) {
      console.error(error);
      socket.destroy();
    }
  });
  server.listen({ port: Number(process.env.PEER_PORT), host: "127.0.0.1", backlog: 4096 });

  process.on("SIGTERM", () => {
    server.close(() => process.exit());
    server.closeIdleConnections();
    fanout.close();
    setTimeout(() => process.exit(), 2000).unref();
  });
  process.on("SIGINT", () => {});
}

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const messagesPath = /^\/channels\/([^/?]+)\/messages(?:\?(.*))?$/;

async function answer(store, fanout, request, response) {
  const match = messagesPath.exec(request.url);
  if (!match) throw new Refusal(404, "no such route");
  const authorization = request.headers.authorization ?? "";
  const user = authorization.startsWith("Bearer ") ? await store.user(authorization.slice(7)) : undefined;
  if (!user) throw new Refusal(401, "an Authorization header with a user's token is needed");
  const channel = decodeURIComponent(match[1]);

  if (request.method === "POST") {
    const { text, nonce } = parse(await body(request));
    if (typeof text !== "string" || text === "" || text.length > 16_000) {
      throw new Refusal(400, "text has 1 to 16000 characters");
    }
    if (nonce !== undefined && (typeof nonce !== "string" || nonce === "" || nonce.length > 100)) {
      throw new Refusal(400, "nonce has 1 to 100 characters");
    }
    const { id, seq, repeated } = await store.send(channel, user, text, nonce);
    if (!repeated) fanout.publish({ type: "message", channel, seq, text, nonce, author: user.name });
    send(response, 201, { id, seq });
  } else if (request.method === "GET") {
    const query = new URLSearchParams(match[2]);
    const before = integer(query.get("before"), Number.MAX_SAFE_INTEGER, "before");
    const limit = Math.min(integer(query.get("limit"), 50, "limit"), 200);
    send(response, 200, { messages: await store.history(channel, before, limit) });
  } else {
    throw new Refusal(405, "GET or POST");
  }
}

function integer(text, otherwise, name) {
  if (text === null) return otherwise;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Refusal(400, `${name} is a number from 1 on`);
  return value;
}

function parse(text) {
  try {
    const value = JSON.parse(text);
    if (value !== null && typeof value === "object") return value;
  } catch {}
  throw new Refusal(400, "the body is a JSON object");
}

function body(request) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    let size = 0;
    request.on("data", (chunk) => {
      size += chunk.length;
      if (size > maxBody) reject(new Refusal(413, "the body is too large"));
      else chunks.push(chunk);
    });
    request.on("end", () => resolve(chunks.length === 1 ? chunks[0].toString() : Buffer.concat(chunks).toString()));
    request.on("error", reject);
    request.on("close", () => reject(new Refusal(400, "the body ended early")));
  });
}

function send(response, status, value) {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(value);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}
