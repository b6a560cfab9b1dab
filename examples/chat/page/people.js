// Who is here.
import { make } from './messages.js';

const list = document.getElementById('names');
const title = document.getElementById('people-title');
const panel = document.getElementById('people');
const toggle = document.getElementById('show-people');

let here = new Set();

toggle.addEventListener('click', () => {
  const open = panel.classList.toggle('open');
  toggle.setAttribute('aria-expanded', open);
});

export function setPeople(names) {
  here = new Set(names);
  draw();
}

// Whether this is news.
export function joined(name) {
  const news = !here.has(name);
  here.add(name);
  draw();
  return news;
}

export function left(name) {
  const news = here.delete(name);
  draw();
  return news;
}

function draw() {
  const names = [...here].sort((a, b) => a.localeCompare(b));
  list.replaceChildren(...names.map((name) => make('li', '', name)));
  title.textContent = `Here: ${names.length}`;
  toggle.textContent = `${names.length} here`;
}
