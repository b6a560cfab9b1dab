// The list of messages: first those received, then those that the reader is still sending. It
// follows new messages while the reader is at the end.

const MAX_ITEMS = 1_000; // messages and notes
const HUES = 6; // how many chat.css has
const NEAR_END = 60; // pixels that still count as the end
const GROUP_INTERVAL = 5 * 60_000; // milliseconds between messages that are shown under one name

export class Messages {
  #scroll = document.getElementById('scroll');
  #log = document.getElementById('log');
  #received = document.getElementById('received');
  #pending = document.getElementById('pending');
  #newer = document.getElementById('newer');
  #atEnd = true;
  #lastTop = 0;
  #day = '';
  #pendingItems = new Map(); // list items, by key

  constructor() {
    this.#scroll.addEventListener('scroll', () => this.#handleScroll(), { passive: true });
    this.#newer.addEventListener('click', () => this.#showNewest());
    const follow = new ResizeObserver(() => this.#atEnd && this.#scrollToEnd());
    for (const element of [this.#scroll, this.#log, this.#pending]) follow.observe(element);
  }

  // Shows a message of the reader as being sent.
  addPending(message) {
    const item = makeItem({ ...message, own: true, at: Date.now() });
    item.classList.add('waiting');
    item.querySelector('.by').append(make('span', 'delivery', 'Sending…'));
    this.#pendingItems.set(message.key, item);
    this.#pending.append(item);
    this.#scrollToEnd();
  }

  // Shows a message that was received.
  add(message) {
    this.#append(makeItem(message), message);
  }

  // Removes the message that is shown as being sent under this key, if there is one.
  removePending(key) {
    const item = this.#pendingItems.get(key);
    this.#pendingItems.delete(key);
    if (item) removeItem(item);
  }

  // Shows that a message of the reader was refused.
  showRefusal(key, why) {
    const item = this.#pendingItems.get(key);
    if (!item) return;
    this.#pendingItems.delete(key);
    item.classList.replace('waiting', 'refused');
    item.querySelector('.delivery').textContent = `Not sent: ${why}`;
    this.#append(item);
  }

  // Shows an event that is not a message.
  addNote(text) {
    this.#append(make('li', 'note', text));
  }

  // Lets screen readers read out new messages from now on. The messages before are history.
  startReadingOut() {
    this.#log.setAttribute('aria-live', 'polite');
  }

  clear() {
    for (const item of this.#scroll.querySelectorAll('li')) removeItem(item);
    this.#received.replaceChildren();
    this.#pending.replaceChildren();
    this.#pendingItems.clear();
    this.#day = '';
    this.#atEnd = true;
    this.#newer.hidden = true;
    this.#log.setAttribute('aria-live', 'off');
  }

  #append(item, message) {
    if (message) this.#beginDay(new Date(message.at));
    if (message && belongsUnder(this.#received.lastElementChild, item)) item.classList.add('more');
    this.#received.append(item);
    while (this.#received.childElementCount > MAX_ITEMS) removeItem(this.#received.firstElementChild);
    if (this.#atEnd) this.#scrollToEnd();
    else if (message) this.#newer.hidden = false;
  }

  #beginDay(date) {
    const day = date.toLocaleDateString(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
    if (day !== this.#day) this.#received.append(make('li', 'note day', day));
    this.#day = day;
  }

  // The reader leaves the end only by scrolling up. Being away from the end is not enough, as the
  // list may have grown since the scroll that this event reports.
  #handleScroll() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroll;
    const near = scrollHeight - scrollTop - clientHeight < NEAR_END;
    if (near || scrollTop < this.#lastTop) this.#atEnd = near;
    if (near) this.#newer.hidden = true;
    this.#lastTop = scrollTop;
  }

  #scrollToEnd() {
    this.#atEnd = true;
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }

  #showNewest() {
    this.#scrollToEnd();
    this.#newer.hidden = true;
    this.#scroll.focus();
  }
}

function makeItem(message) {
  const item = make('li', `message hue-${hue(message.from)}`);
  item.classList.toggle('own', message.own);
  item.dataset.from = message.from;
  item.dataset.by = message.by;
  item.dataset.at = message.at;
  item.dataset.key = message.key;
  const byline = make('p', 'by');
  byline.append(make('span', 'who', message.own ? 'You' : message.from), makeTime(message.at));
  const content = message.blob ? makePicture(message) : make('p', 'text', message.text);
  content.dir = 'auto';
  item.append(byline, content);
  return item;
}

function makeTime(at) {
  const date = new Date(at);
  const time = make('time', '', date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' }));
  time.dateTime = date.toISOString();
  time.title = date.toLocaleString();
  return time;
}

function makePicture(message) {
  const figure = make('figure', 'picture');
  const image = document.createElement('img');
  image.src = URL.createObjectURL(message.blob);
  image.alt = message.alt || `Picture from ${message.from}, not described`;
  figure.append(image);
  if (message.alt) figure.append(makeCaption(message.alt));
  return figure;
}

// Hidden from screen readers, which read out the same words as the `alt` of the picture.
function makeCaption(alt) {
  const caption = make('figcaption', 'quiet', alt);
  caption.setAttribute('aria-hidden', 'true');
  return caption;
}

// Whether a message is shown under the name of the item before it.
function belongsUnder(before, item) {
  const { from, by, at } = before?.dataset ?? {};
  return from === item.dataset.from && by === item.dataset.by && item.dataset.at - at < GROUP_INTERVAL;
}

function removeItem(item) {
  const image = item.querySelector('img');
  if (image) URL.revokeObjectURL(image.src);
  item.remove();
}

function hue(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return sum % HUES;
}

export function make(tag, className, text = '') {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}
