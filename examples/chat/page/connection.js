// One person's connection to a room, which outlives its WebSockets: it gets a token, opens a
// WebSocket, notices when that is dead, and reconnects after the last message it received. It knows
// nothing of the page.
import { decode } from './picture.js';

// All times are in milliseconds.
const FIRST_DELAY = 500; // doubled with each failure, before jitter
const MAX_DELAY = 15_000;
const PING_INTERVAL = 5_000;
const REPLY_TIMEOUT = 10_000;
const STABLE_AFTER = 5_000; // the end of a connection that was ready for longer is not a failure

const SERVICE_RESTART = 1012; // a close code

export class Connection {
  #name;
  #room;
  #listener;
  #socket = null;
  #readySince = null;
  #lastId = null; // of the last message received, or the ID in `ready`
  #failures = 0; // since the last stable connection
  #serverRestarted = false;
  #visible = true;
  #generation = 0; // changes when what was under way is abandoned
  #retryTimer = null;
  #replyTimer = null;
  #pingTimer = null;

  // The listener has these methods:
  // - `state(state, why)`: the state is now 'connecting', 'ready' or 'waiting', for the next
  //   attempt.
  // - `refused(why)`: the connection was refused for good; there will be no other attempt.
  // - `welcome(message, missed)`: `missed` says whether messages may be missing before those that
  //   come.
  // - `ready()`: `send` works from now on.
  // - `received(message)`: any other message came.
  // - `latency(milliseconds)`: a ping was answered after this time.
  constructor(name, room, listener) {
    this.#name = name;
    this.#room = room;
    this.#listener = listener;
  }

  async connect() {
    this.#abandon();
    const generation = this.#generation;
    this.#listener.state('connecting');
    try {
      const token = await fetchToken(this.#name);
      if (generation === this.#generation) this.#open(token);
    } catch (error) {
      if (generation === this.#generation) this.#handleFailure(error);
    }
  }

  // Sends a message, or drops it while the connection is not ready: `ready()` is the time to send
  // it again.
  send(data) {
    if (this.#readySince !== null) this.#socket.send(data);
  }

  // Checks the connection at once, or makes the next attempt now, because that may succeed again:
  // for example, the network has come back.
  checkNow() {
    if (this.#retryTimer !== null) this.connect();
    else this.#ping();
  }

  // Pings are sent only while the page is visible, as browsers delay the timers of a hidden page.
  setVisible(visible) {
    this.#visible = visible;
    if (visible) this.checkNow();
  }

  close() {
    this.#abandon();
  }

  #open(token) {
    const socket = new WebSocket(this.#address('ws'), ['chat', `token.${token}`]);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code }) => this.#handleEnd(code, token);
    this.#socket = socket;
    this.#expectMessage();
  }

  #address(protocol) {
    const address = new URL('/ws', location.href.replace(/^http/, protocol));
    address.searchParams.set('room', this.#room);
    if (this.#lastId !== null) address.searchParams.set('after', this.#lastId);
    return address;
  }

  #receive(data) {
    this.#stopReplyTimer();
    const message = typeof data === 'string' ? JSON.parse(data) : decode(data);
    if (message.id) this.#lastId = message.id;
    this.#handle(message);
    // Until `ready` has come, another message has to follow.
    if (this.#socket && this.#readySince === null) this.#expectMessage();
  }

  #handle(message) {
    switch (message.type) {
      case 'welcome': return this.#handleWelcome(message);
      case 'ready': return this.#handleReady();
      case 'pong': return this.#listener.latency(Math.max(0, performance.now() - message.at));
      default: return this.#listener.received(message);
    }
  }

  // A server that closes with 1012 has sent everything before, so nothing is missing even if the
  // new one has no history.
  #handleWelcome(message) {
    this.#listener.welcome(message, !message.complete && !this.#serverRestarted);
  }

  #handleReady() {
    this.#readySince = performance.now();
    this.#serverRestarted = false;
    this.#pingTimer = setInterval(() => this.#visible && this.#ping(), PING_INTERVAL);
    this.#listener.state('ready');
    this.#listener.ready();
    this.#ping();
  }

  #ping() {
    if (this.#readySince === null) return;
    this.send(JSON.stringify({ type: 'ping', at: Math.floor(performance.now()) }));
    this.#expectMessage();
  }

  // Ends the connection unless a message comes in time. Any message shows that the connection
  // works: the answer to a ping may come after many others.
  #expectMessage() {
    this.#replyTimer ??= setTimeout(() => this.#handleEnd(), REPLY_TIMEOUT);
  }

  #stopReplyTimer() {
    clearTimeout(this.#replyTimer);
    this.#replyTimer = null;
  }

  // The connection has ended. `code` and `token` are those of a WebSocket that was closed or
  // refused; there are none after a timeout.
  #handleEnd(code, token) {
    const wasReady = this.#readySince !== null;
    if (wasReady && performance.now() - this.#readySince > STABLE_AFTER) this.#failures = 0;
    this.#serverRestarted ||= code === SERVICE_RESTART;
    if (!wasReady && token) return this.#handleRefusal(token);
    this.#abandon();
    this.#connectLater(wasReady ? 'Connection lost' : 'No answer');
  }

  // Asks the server why it refused the WebSocket, as a browser does not tell the page.
  async #handleRefusal(token) {
    this.#abandon();
    const generation = this.#generation;
    try {
      await checkAdmission(this.#address('http'), token);
      if (generation === this.#generation) this.#connectLater('WebSocket refused');
    } catch (error) {
      if (generation === this.#generation) this.#handleFailure(error);
    }
  }

  #handleFailure(error) {
    if (error instanceof FinalRefusal) this.#listener.refused(error.message);
    else this.#connectLater(error instanceof Refusal ? `Not let in: ${error.message}` : 'Server not reachable');
  }

  // Backoff with full jitter, so that the clients of a server that ended do not all return at once.
  #connectLater(why) {
    const maxDelay = Math.min(MAX_DELAY, FIRST_DELAY * 2 ** this.#failures++);
    const delay = Math.random() * maxDelay;
    this.#retryTimer = setTimeout(() => this.connect(), delay);
    this.#listener.state('waiting', why);
  }

  // Abandons whatever is under way. The close event of a dead WebSocket would come late, so nothing
  // waits for it.
  #abandon() {
    this.#generation++;
    if (this.#socket) {
      this.#socket.onmessage = this.#socket.onclose = null;
      this.#socket.close(1000);
    }
    this.#socket = this.#readySince = null;
    this.#stopReplyTimer();
    clearInterval(this.#pingTimer);
    clearTimeout(this.#retryTimer);
    this.#retryTimer = null;
  }
}

// The server refused a request, and said why.
class Refusal extends Error {}

// A refusal that another attempt would meet again.
class FinalRefusal extends Refusal {}

// Gets a token. It keeps the ID of an earlier one, so the server still knows who this is, also
// after the page was loaded again.
async function fetchToken(name) {
  const earlier = rememberedToken();
  const answer = await fetch('/token', {
    method: 'POST',
    body: name,
    headers: earlier ? { Authorization: `Bearer ${earlier}` } : {},
    cache: 'no-store',
    signal: AbortSignal.timeout(REPLY_TIMEOUT),
  });
  const text = (await answer.text()).trim();
  if (answer.ok) return rememberToken(text);
  if (answer.status === 400) throw new FinalRefusal(`The server does not take this name: ${text}`);
  if (answer.status === 401 || answer.status === 403) throw new FinalRefusal(`The server refuses this page: ${text}`);
  throw refusal(answer, text);
}

// Fails if the server would refuse a WebSocket now. A token that has expired (401) is no reason to
// give up, as the next attempt gets a new one.
async function checkAdmission(address, token) {
  const answer = await fetch(address, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}` },
    cache: 'no-store',
    signal: AbortSignal.timeout(REPLY_TIMEOUT),
  });
  const text = (await answer.text()).trim();
  if (answer.ok) return;
  if (answer.status === 400 || answer.status === 403) throw new FinalRefusal(`The server refuses this: ${text}`);
  throw refusal(answer, text);
}

// The text may be an HTML page, when a proxy answered.
function refusal(answer, text) {
  const isText = answer.headers.get('Content-Type')?.startsWith('text/plain');
  return new Refusal(isText && text ? text : `status ${answer.status}`);
}

let lastToken = null;

// The browser may forbid the page to store anything.
function rememberedToken() {
  try {
    return sessionStorage.token ?? lastToken;
  } catch {
    return lastToken;
  }
}

function rememberToken(token) {
  lastToken = token;
  try {
    sessionStorage.token = token;
  } catch {
    // Then the person gets a new ID when the page is loaded again.
  }
  return token;
}
