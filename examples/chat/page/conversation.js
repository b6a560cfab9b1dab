// The reader's own messages that are not confirmed yet, and the keys of those that were received:
// so each message is shown once, even if it was sent again or received twice.

const MAX_REMEMBERED = 5_000; // keys

export class Conversation {
  #pending = new Map(); // the encoded messages, by key, in the order in which they were sent
  #received = new Set();

  // Adds a message, which `encode(key)` encodes, and keeps it until the server confirms or refuses
  // it.
  add(encode) {
    const key = randomKey();
    const data = encode(key);
    this.#pending.set(key, data);
    return { key, data };
  }

  // The messages to send again on a new connection, in order.
  pending() {
    return this.#pending.values();
  }

  // Notes that a message was received, and returns whether that is the first time. If the message is
  // one of the reader's own, this confirms it.
  noteReceived({ from, key }) {
    this.#pending.delete(key);
    const id = `${key} ${from}`;
    if (this.#received.has(id)) return false;
    this.#received.add(id);
    if (this.#received.size > MAX_REMEMBERED) this.#received.delete(this.#received.values().next().value);
    return true;
  }

  noteRefused(key) {
    this.#pending.delete(key);
  }
}

// crypto.randomUUID() would be simpler, but exists only with TLS and on localhost.
function randomKey() {
  return [...crypto.getRandomValues(new Uint32Array(3))].map((word) => word.toString(36)).join('');
}
