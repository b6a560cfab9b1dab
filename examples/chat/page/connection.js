// One place in a room, kept across connections: gets a token, opens the WebSocket, notices when it is
// dead, and connects again behind what it was told last. It knows nothing of the page.
import { decode } from './picture.js';

// All in milliseconds.
const FIRST_WAIT = 500; // doubled with each failure, before jitter
const LONGEST_WAIT = 15_000;
const PING_EVERY = 5_000;
const PATIENCE = 10_000; // without a sign of life
const STEADY = 5_000; // a connection that lasted this long was no failure

const RESTARTED = 1012;

export class Connection {
  #name;
  #room;
  #listener;
  #socket = null;
  #ready = null; // since when
  #last = null; // the ID of what was told last, or where that would be
  #failures = 0;
  #restarted = false;
  #visible = true;
  #attempt = 0;
  #waiting = null;
  #patience = null;
  #pings = null;

  // The listener has `state(state, words)`, where state is 'connecting', 'ready' or 'waiting',
  // `turnedAway(why)`, which is the end, `welcome(message, missed)`, `ready()`, `told(message)` and
  // `trip(milliseconds)`.
  constructor(name, room, listener) {
    this.#name = name;
    this.#room = room;
    this.#listener = listener;
  }

  async connect() {
    this.#drop();
    const attempt = this.#attempt;
    this.#listener.state('connecting');
    try {
      const token = await fetchToken(this.#name);
      if (attempt === this.#attempt) this.#open(token);
    } catch (trouble) {
      if (attempt === this.#attempt) this.#failed(trouble);
    }
  }

  // What is sent while the connection is not ready is dropped: `ready()` is the time to send it again.
  send(data) {
    if (this.#ready !== null) this.#socket.send(data);
  }

  // Something changed for the better, like the network: finds out at once what has come of it.
  wake() {
    if (this.#waiting !== null) this.connect();
    else this.#ping();
  }

  // A page that nobody looks at sends no pings, as browsers hold its timers back.
  watch(visible) {
    this.#visible = visible;
    if (visible) this.wake();
  }

  leave() {
    this.#drop();
  }

  #open(token) {
    const socket = new WebSocket(this.#address('ws'), ['chat', `token.${token}`]);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code }) => this.#ended(code, token);
    this.#socket = socket;
    this.#expectLife();
  }

  #address(protocol) {
    const address = new URL('/ws', location.href.replace(/^http/, protocol));
    address.searchParams.set('room', this.#room);
    if (this.#last !== null) address.searchParams.set('after', this.#last);
    return address;
  }

  #receive(data) {
    this.#endPatience();
    const message = typeof data === 'string' ? JSON.parse(data) : decode(data);
    if (message.id) this.#last = message.id;
    this.#hear(message);
    if (this.#socket && this.#ready === null) this.#expectLife(); // more has to come
  }

  #hear(message) {
    switch (message.type) {
      case 'welcome': return this.#welcomed(message);
      case 'ready': return this.#becomeReady();
      case 'pong': return this.#listener.trip(Math.max(0, performance.now() - message.at));
      default: return this.#listener.told(message);
    }
  }

  // Before a server closes with 1012 it tells everything, so nothing was missed whatever it has kept.
  #welcomed(message) {
    this.#listener.welcome(message, !message.complete && !this.#restarted);
  }

  #becomeReady() {
    this.#ready = performance.now();
    this.#restarted = false;
    this.#pings = setInterval(() => this.#visible && this.#ping(), PING_EVERY);
    this.#listener.state('ready');
    this.#listener.ready();
    this.#ping();
  }

  #ping() {
    if (this.#ready === null) return;
    this.send(JSON.stringify({ type: 'ping', at: Math.floor(performance.now()) }));
    this.#expectLife();
  }

  // Anything that comes is a sign of life: the answer to a ping may be behind much else.
  #expectLife() {
    this.#patience ??= setTimeout(() => this.#ended(), PATIENCE);
  }

  #endPatience() {
    clearTimeout(this.#patience);
    this.#patience = null;
  }

  // `token` is that of a WebSocket which the other side ended.
  #ended(code, token) {
    if (this.#ready !== null && performance.now() - this.#ready > STEADY) this.#failures = 0;
    this.#restarted ||= code === RESTARTED;
    if (this.#ready === null && token) return this.#refused(token);
    const why = this.#ready === null ? 'No answer' : 'Connection lost';
    this.#drop();
    this.#again(why);
  }

  // A browser does not tell the page why, so the page asks. Meanwhile it may have been told to leave.
  async #refused(token) {
    this.#drop();
    const attempt = this.#attempt;
    try {
      await askWhy(this.#address('http'), token);
      if (attempt === this.#attempt) this.#again('WebSocket refused');
    } catch (trouble) {
      if (attempt === this.#attempt) this.#failed(trouble);
    }
  }

  #failed(trouble) {
    if (trouble instanceof Refusal) this.#listener.turnedAway(trouble.message);
    else this.#again(trouble instanceof Trouble ? `Not let in: ${trouble.message}` : 'Server not reachable');
  }

  // Backoff with full jitter, so that those who lost the same server do not come back at once.
  #again(why) {
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures++);
    const wait = Math.random() * longest;
    this.#waiting = setTimeout(() => this.connect(), wait);
    this.#listener.state('waiting', why);
  }

  // Gives up whatever is under way. A dead socket would take its time to close, so it is let alone.
  #drop() {
    this.#attempt++;
    if (this.#socket) {
      this.#socket.onmessage = this.#socket.onclose = null;
      this.#socket.close(1000);
    }
    this.#socket = this.#ready = null;
    this.#endPatience();
    clearInterval(this.#pings);
    clearTimeout(this.#waiting);
    this.#waiting = null;
  }
}

// What the server says is wrong.
class Trouble extends Error {}

// Trying again does not change it.
class Refusal extends Trouble {}

// With an earlier token one stays the same to the server, also when the page is loaded again.
async function fetchToken(name) {
  const earlier = rememberedToken();
  const answer = await fetch('/token', {
    method: 'POST',
    body: name,
    headers: earlier ? { Authorization: `Bearer ${earlier}` } : {},
    cache: 'no-store',
    signal: AbortSignal.timeout(PATIENCE),
  });
  const words = (await answer.text()).trim();
  if (answer.ok) return rememberToken(words);
  if (answer.status === 400) throw new Refusal(`The server does not take this name: ${words}`);
  if (answer.status === 401 || answer.status === 403) throw new Refusal(`The server refuses this page: ${words}`);
  throw trouble(answer, words);
}

// Fails with what would be wrong with a WebSocket. A token that became too old is not: the next is new.
async function askWhy(address, token) {
  const answer = await fetch(address, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}` },
    cache: 'no-store',
    signal: AbortSignal.timeout(PATIENCE),
  });
  const words = (await answer.text()).trim();
  if (answer.ok) return;
  if (answer.status === 400 || answer.status === 403) throw new Refusal(`The server refuses this: ${words}`);
  throw trouble(answer, words);
}

// What a proxy says may be a page of its own.
function trouble(answer, words) {
  const isText = answer.headers.get('Content-Type')?.startsWith('text/plain');
  return new Trouble(isText && words ? words : `status ${answer.status}`);
}

let lastToken = null;

// A browser may forbid the page to keep anything.
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
    // Then one is somebody new when the page is loaded again.
  }
  return token;
}
