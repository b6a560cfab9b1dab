// Using the page with only the keyboard.
'use strict';
const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { Person, openBrowser } = require('./support/person.js');
const { Chat } = require('./support/process.js');
const { noise } = require('./support/png.js');

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser.close());

test('somebody enters, talks, sends pictures and leaves', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.open(browser, url);
  const { keyboard } = ada.page;

  assert.equal(await ada.focused, 'name');
  await keyboard.type('Ada');
  await keyboard.press('Tab');
  assert.equal(await ada.focused, 'room-name');
  await keyboard.press('Tab');
  await keyboard.press('Space');
  await ada.waitUntilReady();

  assert.equal(await ada.focused, 'text');
  await keyboard.type('hello');
  await keyboard.press('Enter');
  assert.equal(await ada.focused, 'text');
  await ada.waitForMessage('hello');
  await keyboard.type('and again');
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  await ada.waitForMessage('and again');

  await choosePicture(ada);
  await keyboard.press('Escape');
  await choosePicture(ada);
  await tabTo(ada, 'cancel-picture');
  await keyboard.press('Space');
  await ada.page.locator('#describe').waitFor({ state: 'hidden' });
  assert.equal(await ada.focused, 'choose');
  assert.equal(await ada.page.locator('.picture').count(), 0);

  await choosePicture(ada);
  await keyboard.type('A field of dots');
  await keyboard.press('Enter');
  await ada.page.locator('#received img[alt="A field of dots"]').waitFor();
  assert.equal(await ada.focused, 'text');

  await tabTo(ada, 'leave', 'Shift+Tab');
  await keyboard.press('Enter');
  await ada.page.waitForSelector('#entrance');
  assert.equal(await ada.focused, 'name');
  assert.deepEqual(ada.errors, []);
});

test('the focus is visible everywhere and trapped nowhere', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.enter(browser, url, 'Ada', { viewport: { width: 360, height: 640 } });
  await ada.page.evaluate(() => document.activeElement.blur());
  const order = ['show-people', 'leave', 'scroll', 'choose', 'text'];
  const stops = [];
  // Once around the page and through the browser's own controls, which have no ID.
  for (let presses = 0; presses < 2 * order.length + 4; presses++) {
    await ada.page.keyboard.press('Tab');
    const id = await ada.focused;
    if (id) stops.push(id);
    if (id) assert.notEqual(await outline(ada), 'none', id);
  }
  const start = stops.indexOf(order[0]);
  assert.deepEqual(stops.slice(start, start + order.length), order);
  assert.ok(stops.filter((id) => id === order[0]).length >= 2, stops.join(', '));
});

test('the list of people opens and closes', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.enter(browser, url, 'Ada', { viewport: { width: 360, height: 640 } });
  const people = ada.page.locator('#people');
  assert.equal(await people.isVisible(), false);
  await tabTo(ada, 'show-people', 'Shift+Tab');
  await ada.page.keyboard.press('Enter');
  await people.waitFor();
  assert.equal(await ada.page.getAttribute('#show-people', 'aria-expanded'), 'true');
  await ada.page.keyboard.press('Space');
  await people.waitFor({ state: 'hidden' });
});

async function choosePicture(person) {
  const chosen = person.page.waitForEvent('filechooser');
  await tabTo(person, 'choose', 'Shift+Tab');
  await person.page.keyboard.press('Enter');
  await (await chosen).setFiles({ name: 'a.png', mimeType: 'image/png', buffer: noise(40, 30) });
  await person.page.locator('#describe').waitFor();
  assert.equal(await person.focused, 'alt');
}

async function tabTo(person, id, key = 'Tab') {
  for (let presses = 0; presses < 12; presses++) {
    if ((await person.focused) === id) return;
    await person.page.keyboard.press(key);
  }
  assert.fail(`${key} does not lead to #${id}`);
}

function outline({ page }) {
  return page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
}
