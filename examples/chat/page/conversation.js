// What was said and what waits to be: each message once, whatever was told twice or sent again.

const REMEMBERED = 5_000; // keys, to know what was told already

export class Conversation {
  #pending = new Map(); // what to send, by key, in the order in which it was said
  #known = new Set();

  // What `encode(key)` makes has to be sent until it is told.
  add(encode) {
    const key = random();
    const data = encode(key);
    this.#pending.set(key, data);
    return { key, data };
  }

  // What has to be sent again on a new connection, in order.
  pending() {
    return this.#pending.values();
  }

  // Whether this was not told before.
  told({ from, key }) {
    this.#pending.delete(key);
    const known = `${key} ${from}`;
    if (this.#known.has(known)) return false;
    this.#known.add(known);
    if (this.#known.size > REMEMBERED) this.#known.delete(this.#known.values().next().value);
    return true;
  }

  refused(key) {
    this.#pending.delete(key);
  }
}

// crypto.randomUUID() is there only behind TLS and on localhost.
function random() {
  return [...crypto.getRandomValues(new Uint32Array(3))].map((word) => word.toString(36)).join('');
}
