"use strict";

// A chat server as one writes it with Node.js: express, ws, pg and redis. The primary process hands connections to two
// workers in turn; what one of them commits reaches the other's sockets through Redis.

const cluster = require("node:cluster");
const http = require("node:http");
const { createApp } = require("./app");
const { Fanout } = require("./fanout");
const { Store } = require("./store");

const workers = 2;

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

  const server = http.createServer(createApp(store, fanout));
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
