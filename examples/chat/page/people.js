// The list of the people in the room.
import { make } from './messages.js';

const list = document.getElementById('names');
const title = document.getElementById('people-title');
const panel = document.getElementById('people');
const toggle = document.getElementById('show-people');

let people = new Set();

toggle.addEventListener('click', () => {
  const open = panel.classList.toggle('open');
  toggle.setAttribute('aria-expanded', open);
});

export function setPeople(names) {
  people = new Set(names);
  draw();
}

// Adds a name, and returns whether it was missing.
export function addPerson(name) {
  const isNew = !people.has(name);
  people.add(name);
  draw();
  return isNew;
}

// Removes a name, and returns whether it was there.
export function removePerson(name) {
  const wasThere = people.delete(name);
  draw();
  return wasThere;
}

function draw() {
  const names = [...people].sort((a, b) => a.localeCompare(b));
  list.replaceChildren(...names.map((name) => make('li', '', name)));
  title.textContent = `Here: ${names.length}`;
  toggle.textContent = `${names.length} here`;
}
