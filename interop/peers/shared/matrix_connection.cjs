'use strict';
// A connection as the programs of the matrix use it; a peer brings a class with its own calls.

const REFUSAL = 'not without a ticket\n';
const FRAGMENTS = `κόσμε${'x'.repeat(70_000)}`;

/** The API has no way to do this. */
class Absent extends Error {}

/** The connection has ended. The code is 1005 for a Close frame without one, and 1006 without a frame. */
class Closed extends Error {
  constructor(code, reason) {
    super(`closed with ${code} ${JSON.stringify(reason)}`);
    Object.assign(this, { code, reason });
  }
}

/** The server refused. What the API does not tell is undefined. */
class Refused extends Error {
  constructor(status, body) {
    super(`refused with ${status} ${JSON.stringify(body)}`);
    Object.assign(this, { status, body });
  }
}

/**
 * What a peer's class fills in; calls that its API lacks stay as they are here. It calls `arrive` with each
 * message, a string or a Uint8Array, and `end` when the connection has ended.
 */
class Connection {
  subprotocol = undefined;
  #arrived = [];
  #waiting = [];
  #ended;
  #end;

  constructor() {
    this.ended = new Promise((resolve) => { this.#end = resolve; });
  }

  arrive(message) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting.resolve(message);
    else this.#arrived.push(message);
  }

  end(code, reason) {
    this.#ended ??= new Closed(code, reason);
    this.#waiting.splice(0).forEach((waiting) => waiting.reject(this.#ended));
    this.#end(this.#ended);
  }

  /** The next message; a Closed after the last. */
  async receive() {
    if (this.#arrived.length) return this.#arrived.shift();
    if (this.#ended) throw this.#ended;
    return new Promise((resolve, reject) => { this.#waiting.push({ resolve, reject }); });
  }

  /** Sends a string or a Uint8Array. */
  send() { throw new Error('not written'); }

  /** Closes, with an empty Close frame without a code, and waits for the end. */
  async close() { throw new Error('not written'); }

  /** Sends a text in these fragments, with a Ping in between if the API can do that. */
  async sendFragments() { throw new Absent(); }

  /** Sends a Ping with a payload and waits for its Pong. */
  async ping() { throw new Absent(); }

  /** Ends the TCP connection without a Close frame. */
  async drop() { throw new Absent(); }
}

/** A connection over the browsers' WebSocket, which several implementations have. */
class OverWebSocket extends Connection {
  constructor(socket) {
    super();
    this.socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => this.arrive(typeof data === 'string' ? data : new Uint8Array(data));
    socket.onclose = ({ code, reason }) => this.end(code, reason);
    socket.onerror = () => {};
  }

  /** Resolves when the socket is open; rejects with Refused when it does not open. */
  opened() {
    return new Promise((resolve, reject) => {
      this.socket.onopen = () => {
        this.subprotocol = this.socket.protocol;
        resolve(this);
      };
      this.ended.then(() => reject(new Refused()));
    });
  }

  send(message) { this.socket.send(message); }

  async close(code, reason) {
    if (code !== undefined && code !== 1000 && (code < 3000 || code > 4999)) throw new Absent();
    if (code === undefined) this.socket.close();
    else this.socket.close(code, reason);
    const closed = await this.ended;
    if (closed.code === 1006) throw closed;
  }
}

/** The parameters of compression that are wanted; undefined without it. */
function deflateParameters() {
  const wanted = process.env.INTEROP_DEFLATE;
  if (wanted === undefined) return undefined;
  const pairs = wanted.split(',').filter((part) => part !== 'default').map((part) => part.split('='));
  return Object.fromEntries(pairs.map(([name, value]) => [name, value === undefined ? true : Number(value)]));
}

module.exports = { REFUSAL, FRAGMENTS, Absent, Closed, Refused, Connection, OverWebSocket, deflateParameters };
