// A person who uses the page.
'use strict';
const assert = require('node:assert/strict');
const { chromium } = require('playwright-core');
const { eventually } = require('./process.js');

// As root, Chromium runs only without its sandbox. That is safe, as it loads only our own page.
async function openBrowser() {
  const flags = process.getuid() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: process.env.E2E_CHROMIUM, args: flags });
}

class Person {
  // Opens the page, which shows the entrance. Errors of the page are collected in `errors`.
  static async open(browser, url, { room = 'lobby', fakeClock = false, ...options } = {}) {
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
    const person = await Person.open(browser, url, options);
    await person.enter(name);
    return person;
  }

  async enter(name) {
    this.name = name;
    await this.page.fill('#name', name);
    await this.page.press('#name', 'Enter');
    await this.waitUntilReady();
  }

  async waitUntilReady() {
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

  // Sends `count` messages, with time in between for others to send theirs.
  async talk(count, from = 1) {
    for (let number = from; number < from + count; number++) {
      await this.say(`${this.name} ${number}`);
      await this.page.waitForTimeout(20);
    }
  }

  async waitForMessage(text) {
    await this.page.locator('#received .text', { hasText: text }).first().waitFor();
  }

  async waitForNote(note) {
    await this.page.locator('#received .note', { hasText: note }).first().waitFor();
  }

  // The messages that were received, as 'NAME: TEXT'. Those still being sent are not among them.
  messages() {
    return this.page.$$eval('#received .message .text', (texts) =>
      texts.map((text) => `${text.closest('li').dataset.from}: ${text.textContent}`));
  }

  notes() {
    return this.page.$$eval('#received .note:not(.day)', (notes) => notes.map((note) => note.textContent));
  }

  people() {
    return this.page.$$eval('#names li', (names) => names.map((name) => name.textContent));
  }

  pendingCount() {
    return this.page.$$eval('#pending li', (items) => items.length);
  }

  // Waits until at least `count` messages were received and none is still being sent. Returns all
  // that were received.
  async waitForMessages(count) {
    await eventually(async () => {
      const messages = await this.messages();
      assert.ok(messages.length >= count, `${this.name} received ${messages.length} of ${count}: ${messages.join(', ')}`);
      assert.equal(await this.pendingCount(), 0, `${this.name} has messages that are still being sent`);
    });
    assert.deepEqual(this.errors, []);
    return this.messages();
  }

  get focused() {
    return this.page.evaluate(() => document.activeElement.id);
  }
}

// Checks that these are `count` messages of each person, each once and in the order of sending.
function assertAllOnceInOrder(messages, names, count) {
  assert.equal(messages.length, names.length * count);
  for (const name of names) {
    const own = messages.filter((line) => line.startsWith(`${name}: `));
    const sent = Array.from({ length: count }, (_, at) => `${name}: ${name} ${at + 1}`);
    assert.deepEqual(own, sent);
  }
}

// Two people talk, `disrupt` runs meanwhile, and both still receive everything.
async function talkThrough(ada, grace, disrupt) {
  const talking = Promise.all([ada.talk(20), grace.talk(20)]);
  await ada.waitForMessage('Grace 8');
  await disrupt();
  await talking;
  const messages = await ada.waitForMessages(40);
  assertAllOnceInOrder(messages, ['Ada', 'Grace'], 20);
  assert.deepEqual(await grace.waitForMessages(40), messages);
}

module.exports = { Person, assertAllOnceInOrder, openBrowser, talkThrough };
