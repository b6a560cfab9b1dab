// The list of messages: what was told, behind it what waits, and where the reader is in it.

const KEPT = 1_000; // lines
const HUES = 6; // as many as chat.css has
const NEAR_END = 60; // pixels
const TOGETHER = 5 * 60_000; // milliseconds between messages that stand under one name

export class Messages {
  #scroll = document.getElementById('scroll');
  #log = document.getElementById('log');
  #told = document.getElementById('told');
  #pending = document.getElementById('pending');
  #newer = document.getElementById('newer');
  #atEnd = true;
  #top = 0;
  #day = '';
  #items = new Map(); // of pending messages, by key

  constructor() {
    this.#scroll.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.#newer.addEventListener('click', () => this.#followNewer());
    const follow = new ResizeObserver(() => this.#atEnd && this.#toEnd());
    for (const element of [this.#scroll, this.#log, this.#pending]) follow.observe(element);
  }

  // An own message, until it is told.
  wait(message) {
    const item = makeItem({ ...message, at: Date.now() }, true);
    item.classList.add('waiting');
    item.querySelector('.by').append(make('span', 'fate', 'Sending…'));
    this.#items.set(message.key, item);
    this.#pending.append(item);
    this.#toEnd();
  }

  tell(message) {
    this.settle(message.key);
    this.#append(makeItem(message, message.own), message);
  }

  // What waited does so no longer.
  settle(key) {
    const item = this.#items.get(key);
    this.#items.delete(key);
    if (item) forget(item);
  }

  refuse(key, why) {
    const item = this.#items.get(key);
    if (!item) return;
    this.#items.delete(key);
    item.classList.replace('waiting', 'refused');
    item.querySelector('.fate').textContent = `Not sent: ${why}`;
    this.#append(item);
  }

  // Something that happened and nobody said.
  note(text) {
    this.#append(make('li', 'note', text));
  }

  // What comes in before was said long ago and is not to be read out.
  readOut() {
    this.#log.setAttribute('aria-live', 'polite');
  }

  clear() {
    for (const item of this.#scroll.querySelectorAll('li')) forget(item);
    this.#told.replaceChildren();
    this.#pending.replaceChildren();
    this.#items.clear();
    this.#day = '';
    this.#atEnd = true;
    this.#newer.hidden = true;
    this.#log.setAttribute('aria-live', 'off');
  }

  #append(item, message) {
    if (message) this.#beginDay(new Date(message.at));
    if (message && standsUnder(this.#told.lastElementChild, item)) item.classList.add('more');
    this.#told.append(item);
    while (this.#told.childElementCount > KEPT) forget(this.#told.firstElementChild);
    if (this.#atEnd) this.#toEnd();
    else if (message) this.#newer.hidden = false;
  }

  #beginDay(date) {
    const day = date.toLocaleDateString(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
    if (day !== this.#day) this.#told.append(make('li', 'note day', day));
    this.#day = day;
  }

  // Only who scrolls up leaves the end: the list also grows between a scroll and its event.
  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroll;
    const near = scrollHeight - scrollTop - clientHeight < NEAR_END;
    if (near || scrollTop < this.#top) this.#atEnd = near;
    if (near) this.#newer.hidden = true;
    this.#top = scrollTop;
  }

  #toEnd() {
    this.#atEnd = true;
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }

  #followNewer() {
    this.#toEnd();
    this.#newer.hidden = true;
    this.#scroll.focus();
  }
}

function makeItem(message, own) {
  const item = make('li', `message hue-${hue(message.from)}`);
  item.classList.toggle('own', own);
  item.dataset.from = message.from;
  item.dataset.by = message.by;
  item.dataset.at = message.at;
  item.dataset.key = message.key;
  const by = make('p', 'by');
  by.append(make('span', 'who', own ? 'You' : message.from), makeTime(message.at));
  const what = message.blob ? makePicture(message) : make('p', 'text', message.text);
  what.dir = 'auto';
  item.append(by, what);
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
  if (message.alt) figure.append(captionOf(message.alt));
  return figure;
}

// The same words as the picture's `alt`, so they are read out only once.
function captionOf(alt) {
  const caption = make('figcaption', 'quiet', alt);
  caption.setAttribute('aria-hidden', 'true');
  return caption;
}

function standsUnder(before, item) {
  const { from, by, at } = before?.dataset ?? {};
  return from === item.dataset.from && by === item.dataset.by && item.dataset.at - at < TOGETHER;
}

function forget(item) {
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
