// Somebody at a page.
'use strict';
const assert = require('node:assert/strict');
const { chromium } = require('playwright-core');
const { eventually } = require('./process.js');

// As root, Chromium runs only without its sandbox; it loads nothing here but our own page.
async function openBrowser() {
  const flags = process.getuid() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: process.env.E2E_CHROMIUM, args: flags });
}

class Person {
  // At the entrance, nothing typed yet. Whatever the page complains of goes to `errors`.
  static async arrive(browser, url, { room = 'lobby', fakeClock = false, ...options } = {}) {
    const person = new Person();
    person.context = await browser.newContext({ locale: 'en-GB', ...options });
    person.context.setDefaultTimeout(15_000);
    person.page = await person.context.newPage();
    person.errors = [];
    person.page.on('pageerror', (error) => person.errors.push(error.stack));
    if (fakeClock) await person.page.clock.install();
    await person.page.goto(`${url}/?room=${room}`);
    return person;
  }

  static async enter(browser, url, name, options) {
    const person = await Person.arrive(browser, url, options);
    await person.enter(name);
    return person;
  }

  async enter(name) {
    this.name = name;
    await this.page.fill('#name', name);
    await this.page.press('#name', 'Enter');
    await this.isReady();
  }

  async isReady() {
    await this.page.waitForSelector('#connection[data-state=ready]');
  }

  async leave() {
    await this.page.click('#leave');
    await this.page.waitForSelector('#entrance');
  }

  async say(text) {
    await this.page.focus('#text');
    await this.page.keyboard.insertText(text);
    await this.page.keyboard.press('Enter');
  }

  // Says many things, one after the other, with time for others to say something between.
  async talk(count, from = 1) {
    for (let number = from; number < from + count; number++) {
      await this.say(`${this.name} ${number}`);
      await this.page.waitForTimeout(20);
    }
  }

  async hears(text) {
    await this.page.locator('#received .text', { hasText: text }).first().waitFor();
  }

  async reads(note) {
    await this.page.locator('#received .note', { hasText: note }).first().waitFor();
  }

  // What was told, as 'NAME: TEXT', without what waits to be sent.
  told() {
    return this.page.$$eval('#received .message .text', (texts) =>
      texts.map((text) => `${text.closest('li').dataset.from}: ${text.textContent}`));
  }

  notes() {
    return this.page.$$eval('#received .note:not(.day)', (notes) => notes.map((note) => note.textContent));
  }

  here() {
    return this.page.$$eval('#names li', (names) => names.map((name) => name.textContent));
  }

  waiting() {
    return this.page.$$eval('#pending li', (items) => items.length);
  }

  // When nothing waits any more and so much was told, exactly that was.
  async heard(count) {
    await eventually(async () => {
      const told = await this.told();
      assert.ok(told.length >= count, `${this.name} was told ${told.length} of ${count}: ${told.join(', ')}`);
      assert.equal(await this.waiting(), 0, `${this.name} waits`);
    });
    assert.deepEqual(this.errors, []);
    return this.told();
  }

  get focused() {
    return this.page.evaluate(() => document.activeElement.id);
  }
}

// What `count` messages of each of them have to be, each in the order in which it was said.
function assertAllOnceInOrder(told, names, count) {
  assert.equal(told.length, names.length * count);
  for (const name of names) {
    const own = told.filter((line) => line.startsWith(`${name}: `));
    const said = Array.from({ length: count }, (_, at) => `${name}: ${name} ${at + 1}`);
    assert.deepEqual(own, said);
  }
}

// Two talk, there is trouble in the midst of it, and both are told everything all the same.
async function talkThrough(ada, grace, trouble) {
  const talking = Promise.all([ada.talk(20), grace.talk(20)]);
  await ada.hears('Grace 8');
  await trouble();
  await talking;
  const told = await ada.heard(40);
  assertAllOnceInOrder(told, ['Ada', 'Grace'], 20);
  assert.deepEqual(await grace.heard(40), told);
}

module.exports = { Person, assertAllOnceInOrder, openBrowser, talkThrough };
