// A network between a page and the server that can break: a relay of TCP connections.
'use strict';
const { once } = require('node:events');
const net = require('node:net');

class Relay {
  #pairs = new Set();

  static async start(t, url) {
    const relay = new Relay();
    relay.target = new URL(url);
    relay.server = net.createServer((socket) => relay.#join(socket));
    await relay.mend();
    relay.url = `http://127.0.0.1:${relay.port}`;
    t.after(() => relay.cut());
    return relay;
  }

  // Ends all connections, and accepts no new ones until `mend()`.
  async cut() {
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }

  async mend() {
    this.server.listen(this.port ?? 0, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = this.server.address().port;
  }

  // Discards what the server sends on the current WebSockets from now on.
  silenceServer() {
    for (const { near, far } of this.#webSockets()) {
      far.unpipe(near);
      far.resume();
    }
  }

  // Discards what either side sends on the current WebSockets from now on. Neither side can notice.
  silenceBoth() {
    this.silenceServer();
    for (const { near, far } of this.#webSockets()) {
      near.unpipe(far);
      near.resume();
    }
  }

  // Only WebSockets are silenced: the browser reuses its other connections, and requests on those
  // would get no answer.
  #webSockets() {
    return [...this.#pairs].filter((pair) => pair.isWebSocket);
  }

  #join(near) {
    const far = net.connect(this.target.port, this.target.hostname);
    const pair = { near, far };
    this.#pairs.add(pair);
    near.once('data', (head) => { pair.isWebSocket = head.includes('\r\nUpgrade: websocket'); });
    for (const [one, other] of [[near, far], [far, near]]) {
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        other.destroy();
        this.#pairs.delete(pair);
      });
    }
  }
}

module.exports = { Relay };
