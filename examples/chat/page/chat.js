// The page: coming in, the room while one is in it, and leaving.
import { compose } from './composer.js';
import { Connection } from './connection.js';
import { Conversation } from './conversation.js';
import { Messages } from './messages.js';
import { joined, left, setPeople } from './people.js';
import { encode } from './picture.js';

const element = (id) => document.getElementById(id);
const NOTICE_STAYS = 8_000; // milliseconds
const STATES = { connecting: 'Connecting…', ready: 'Connected' };

const messages = new Messages();
let visit = null; // { name, you, room, connection, conversation } while in a room
let noticeEnds = null;

element('name').value = rememberedName();
element('room-name').value = roomFromAddress();
element('enter').addEventListener('submit', (event) => {
  event.preventDefault();
  enter(element('name').value.trim(), element('room-name').value);
});
element('leave').addEventListener('click', () => leave());
window.addEventListener('online', () => visit?.connection.wake());
document.addEventListener('visibilitychange', () => visit?.connection.watch(!document.hidden));
compose({ say, show, complain: notice });

function roomFromAddress() {
  const asked = new URLSearchParams(location.search).get('room') ?? location.hash.slice(1);
  return asked || 'lobby';
}

// A browser may forbid the page to keep anything.
function rememberedName() {
  try {
    return localStorage.getItem('name') ?? '';
  } catch {
    return '';
  }
}

function rememberName(name) {
  try {
    localStorage.setItem('name', name);
  } catch {
    // Then it is asked for again.
  }
}

function enter(name, room) {
  rememberName(name);
  history.replaceState(null, '', `/?room=${room}`);
  visit = { name, room, conversation: new Conversation() };
  visit.connection = new Connection(name, room, listener(visit));
  element('trouble').textContent = '';
  element('title').textContent = `#${room}`;
  document.title = `#${room} · Chat`;
  element('connection').dataset.state = '';
  setPeople([]);
  swap(true);
  element('text').focus();
  visit.connection.connect();
}

function leave(why = '') {
  visit.connection.leave();
  visit = null;
  messages.clear();
  element('describe').close();
  document.title = 'Chat';
  swap(false);
  element('trouble').textContent = why;
  element('name').focus();
}

function swap(inside) {
  element('entrance').hidden = inside;
  element('room').hidden = !inside;
}

function listener({ conversation }) {
  return {
    state: showState,
    trip: showTrip,
    turnedAway: leave,
    welcome(message, missed) {
      visit.name = message.name;
      visit.you = message.you;
      setPeople(message.here);
      if (missed) messages.note('Some messages may be missing here.');
    },
    ready() {
      messages.readOut();
      for (const data of conversation.pending()) visit.connection.send(data);
    },
    told: (message) => told(conversation, message),
  };
}

function told(conversation, message) {
  switch (message.type) {
    case 'said':
    case 'pictured':
      if (conversation.told(message)) messages.tell({ ...message, own: message.by === visit.you });
      else messages.settle(message.key);
      break;
    case 'joined':
      if (joined(message.name)) messages.note(`${message.name} joined`);
      break;
    case 'left':
      if (left(message.name)) messages.note(`${message.name} left`);
      break;
    case 'refused':
      conversation.refused(message.key);
      messages.refuse(message.key, message.why);
      notice(`A message was not sent: ${message.why}`);
      break;
  }
}

function say(text) {
  send({ text }, (key) => JSON.stringify({ type: 'say', key, text }));
}

function show(alt, blob) {
  send({ alt, blob }, (key) => encode({ key, alt }, blob));
}

function send(message, encode) {
  const { conversation, connection, name, you } = visit;
  const { key, data } = conversation.add(encode);
  messages.wait({ ...message, key, from: name, by: you });
  connection.send(data);
}

// What did not change is not written anew, as it would be read out again.
function showState(state, why = '') {
  const { dataset } = element('connection');
  const retried = state === 'connecting' && dataset.state === 'waiting';
  if (state !== 'ready') element('trip').hidden = true;
  if (retried) return;
  dataset.state = state;
  const words = STATES[state] ?? `${why}, trying again…`;
  if (element('state').textContent !== words) element('state').textContent = words;
}

function showTrip(milliseconds) {
  element('trip').hidden = false;
  element('trip').textContent = `${Math.max(1, Math.round(milliseconds))} ms`;
}

function notice(text) {
  clearTimeout(noticeEnds);
  element('notice').textContent = text;
  noticeEnds = setTimeout(() => element('notice').replaceChildren(), NOTICE_STAYS);
}
