"use strict";

const { createClient } = require("redis");
const WebSocket = require("ws");

const maxBuffered = 8 * 1024 * 1024;
const maxChannels = 1000;
const heartbeat = 30_000;

/** The WebSockets of this process, and what Redis brings for them. */
class Fanout {
  #publisher;
  #subscriber;
  #store;
  #channels = new Map();
  #sockets = new Set();
  #server = new WebSocket.WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: 64 * 1024,
  });

  constructor(url, store) {
    this.#store = store;
    this.#publisher = createClient({ url });
    this.#subscriber = this.#publisher.duplicate();
    for (const client of [this.#publisher, this.#subscriber]) client.on("error", (error) => console.error(error));
    setInterval(() => this.#beat(), heartbeat).unref();
  }

  async connect() {
    await Promise.all([this.#publisher.connect(), this.#subscriber.connect()]);
  }

  /** To every process, as `<seq> <frame>`: JSON is written once, here, and read by nobody but the receivers. */
  publish(message) {
    this.#publisher
      .publish(`messages:${message.channel}`, `${message.seq} ${JSON.stringify(message)}`)
      .catch((error) => console.error(error));
  }

  accept(request, socket, head) {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.channels = new Set();
      webSocket.alive = true;
      this.#sockets.add(webSocket);
      webSocket.on("message", (data) => {
        this.#subscribe(webSocket, data).catch((error) => {
          webSocket.send(JSON.stringify({ type: "error", error: error.message }));
        });
      });
      webSocket.on("pong", () => (webSocket.alive = true));
      webSocket.on("error", () => webSocket.terminate());
      webSocket.on("close", () => {
        this.#sockets.delete(webSocket);
        for (const channel of webSocket.channels) this.#leave(channel, webSocket);
      });
    });
  }

  close() {
    for (const socket of this.#sockets) socket.close(1001);
  }

  async #subscribe(socket, data) {
    const names = JSON.parse(data).subscribe;
    if (!Array.isArray(names) || names.length > maxChannels || names.some((name) => typeof name !== "string")) {
      throw new Error(`subscribe is a list of at most ${maxChannels} names of channels`);
    }
    const ready = [];
    for (const name of names) {
      let channel = this.#channels.get(name);
      if (!channel) {
        channel = new Channel(name, this.#store);
        this.#channels.set(name, channel);
        channel.ready = this.#open(channel);
      }
      socket.channels.add(channel);
      channel.sockets.add(socket);
      ready.push(channel.ready);
    }
    await Promise.all(ready);
    socket.send(JSON.stringify({ subscribed: names }));
  }

  async #open(channel) {
    try {
      await this.#subscriber.subscribe(channel.topic, channel.listener);
      // Asked for after Redis has confirmed: what is not in this number yet comes from Redis.
      channel.begin((await this.#store.lastSeq(channel.name)) + 1);
    } catch (error) {
      this.#forget(channel);
      throw error;
    }
  }

  #leave(channel, socket) {
    channel.sockets.delete(socket);
    if (channel.sockets.size === 0) this.#forget(channel);
  }

  #forget(channel) {
    if (this.#channels.get(channel.name) !== channel) return;
    this.#channels.delete(channel.name);
    channel.end();
    this.#subscriber.unsubscribe(channel.topic, channel.listener).catch((error) => console.error(error));
  }

  #beat() {
    for (const socket of this.#sockets) {
      if (!socket.alive) socket.terminate();
      socket.alive = false;
      socket.ping();
    }
  }
}

/**
 * One channel in this process. Two processes commit in one order and may publish in another; here the order of the
 * commits is restored by seq, and what Redis lost is read from the database.
 */
class Channel {
  sockets = new Set();
  #store;
  #next;
  #waiting = new Map();
  #timer;

  constructor(name, store) {
    this.name = name;
    this.topic = `messages:${name}`;
    this.#store = store;
    this.listener = (payload) => this.receive(payload);
  }

  begin(next) {
    this.#next = next;
    for (const seq of this.#waiting.keys()) if (seq < next) this.#waiting.delete(seq);
    this.#drain();
  }

  end() {
    clearTimeout(this.#timer);
    this.sockets.clear();
  }

  receive(payload) {
    const space = payload.indexOf(" ");
    this.#take(Number(payload.slice(0, space)), payload.slice(space + 1));
  }

  #take(seq, json) {
    if (seq < this.#next) return;
    if (seq !== this.#next) {
      this.#waiting.set(seq, json);
      if (this.#next !== undefined) this.#timer ??= setTimeout(() => this.#fill(), 100);
      return;
    }
    this.#deliver(json);
    this.#next++;
    this.#drain();
  }

  #drain() {
    let json;
    while ((json = this.#waiting.get(this.#next)) !== undefined) {
      this.#waiting.delete(this.#next++);
      this.#deliver(json);
    }
    if (this.#waiting.size === 0 && this.#timer) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
  }

  /** A number is missing for 100 ms: its process died between commit and publish, or Redis did. */
  async #fill() {
    try {
      const messages = await this.#store.since(this.name, this.#next, 1000);
      for (const message of messages) this.#take(message.seq, JSON.stringify(message));
    } catch (error) {
      console.error(error);
    }
    this.#timer = this.#waiting.size > 0 ? setTimeout(() => this.#fill(), 100) : undefined;
  }

  #deliver(json) {
    if (this.sockets.size === 0) return;
    // The frame is made once and the same bytes are written to all.
    const options = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true };
    const frame = [Buffer.concat(WebSocket.Sender.frame(Buffer.from(json), options))];
    for (const socket of this.sockets) {
      if (socket.readyState !== WebSocket.OPEN) continue;
      if (socket.bufferedAmount > maxBuffered) socket.terminate();
      else socket._sender.sendFrame(frame);
    }
  }
}

module.exports = { Fanout };
