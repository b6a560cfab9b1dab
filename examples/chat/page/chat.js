// The page: entering a room, showing what happens there, and leaving it.
import { compose } from './composer.js';
import { Connection } from './connection.js';
import { Conversation } from './conversation.js';
import { Messages } from './messages.js';
import { addPerson, removePerson, setPeople } from './people.js';
import { encode as encodePicture } from './picture.js';

const element = (id) => document.getElementById(id);
const NOTICE_TIME = 8_000; // milliseconds
const STATES = { connecting: 'Connecting…', ready: 'Connected' };

const messages = new Messages();
let visit = null; // { name, you, room, connection, conversation } while in a room
let noticeTimer = null;

element('name').value = rememberedName();
element('room-name').value = roomFromAddress();
element('enter').addEventListener('submit', (event) => {
  event.preventDefault();
  enter(element('name').value.trim(), element('room-name').value);
});
element('leave').addEventListener('click', () => leave());
window.addEventListener('online', () => visit?.connection.checkNow());
document.addEventListener('visibilitychange', () => visit?.connection.setVisible(!document.hidden));
compose({ sendText, sendPicture, showNotice });

function roomFromAddress() {
  const room = new URLSearchParams(location.search).get('room') ?? location.hash.slice(1);
  return room || 'lobby';
}

// The browser may forbid the page to store anything.
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
    // Then the page asks for the name again next time.
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
  showOnly('room');
  element('text').focus();
  visit.connection.connect();
}

function leave(why = '') {
  visit.connection.close();
  visit = null;
  messages.clear();
  element('describe').close();
  document.title = 'Chat';
  showOnly('entrance');
  element('trouble').textContent = why;
  element('name').focus();
}

function showOnly(part) {
  for (const id of ['entrance', 'room']) element(id).hidden = id !== part;
}

function listener({ conversation }) {
  return {
    state: showState,
    latency: showLatency,
    refused: leave,
    welcome(message, missed) {
      visit.name = message.name;
      visit.you = message.you;
      setPeople(message.here);
      if (missed) messages.addNote('Some messages may be missing here.');
    },
    ready() {
      messages.startReadingOut();
      for (const data of conversation.pending()) visit.connection.send(data);
    },
    received: (message) => handle(conversation, message),
  };
}

function handle(conversation, message) {
  switch (message.type) {
    case 'said':
    case 'pictured':
      messages.removePending(message.key);
      if (conversation.noteReceived(message)) messages.add({ ...message, own: message.by === visit.you });
      break;
    case 'joined':
      if (addPerson(message.name)) messages.addNote(`${message.name} joined`);
      break;
    case 'left':
      if (removePerson(message.name)) messages.addNote(`${message.name} left`);
      break;
    case 'refused':
      conversation.noteRefused(message.key);
      messages.showRefusal(message.key, message.why);
      showNotice(`A message was not sent: ${message.why}`);
      break;
  }
}

function sendText(text) {
  send({ text }, (key) => JSON.stringify({ type: 'say', key, text }));
}

function sendPicture(alt, blob) {
  send({ alt, blob }, (key) => encodePicture({ key, alt }, blob));
}

function send(message, encode) {
  const { conversation, connection, name, you } = visit;
  const { key, data } = conversation.add(encode);
  messages.addPending({ ...message, key, from: name, by: you });
  connection.send(data);
}

// Text that stays the same is not set again, because screen readers would read it out again.
function showState(state, why = '') {
  const { dataset } = element('connection');
  const isRetry = state === 'connecting' && dataset.state === 'waiting';
  if (state !== 'ready') element('latency').hidden = true;
  if (isRetry) return;
  dataset.state = state;
  const words = STATES[state] ?? `${why}, trying again…`;
  if (element('state').textContent !== words) element('state').textContent = words;
}

function showLatency(milliseconds) {
  element('latency').hidden = false;
  element('latency').textContent = `${Math.max(1, Math.round(milliseconds))} ms`;
}

function showNotice(text) {
  clearTimeout(noticeTimer);
  element('notice').textContent = text;
  noticeTimer = setTimeout(() => element('notice').replaceChildren(), NOTICE_TIME);
}
