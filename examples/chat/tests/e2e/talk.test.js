// Two people talk.
'use strict';
const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { Person, assertAllOnceInOrder, openBrowser } = require('./support/person.js');
const { Chat, eventually } = require('./support/process.js');

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser.close());

test('everybody receives the same messages in the same order', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.enter(browser, url, 'Ada');
  const grace = await Person.enter(browser, url, 'Grace');
  await Promise.all([ada.talk(15), grace.talk(15)]);
  const messages = await ada.waitForMessages(30);
  assertAllOnceInOrder(messages, ['Ada', 'Grace'], 15);
  assert.deepEqual(await grace.waitForMessages(30), messages);
});

test('the page shows who joins and who leaves', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.enter(browser, url, 'Ada');
  const grace = await Person.enter(browser, url, 'Grace');
  await ada.waitForNote('Grace joined');
  assert.deepEqual(await ada.people(), ['Ada', 'Grace']);
  assert.deepEqual(await grace.people(), ['Ada', 'Grace']);
  await grace.leave();
  await ada.waitForNote('Grace left');
  assert.deepEqual(await ada.people(), ['Ada']);
});

test('newcomers receive the last 50 messages, and other rooms receive nothing', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.enter(browser, url, 'Ada');
  const edith = await Person.enter(browser, url, 'Edith');
  const elsewhere = await Person.enter(browser, url, 'Hedy', { room: 'garden' });
  await Promise.all([ada.talk(28), edith.talk(27)]);
  const messages = await ada.waitForMessages(55);
  const grace = await Person.enter(browser, url, 'Grace');
  assert.deepEqual(await grace.waitForMessages(50), messages.slice(-50));
  assert.deepEqual(await elsewhere.messages(), []);
});

test('messages are shown as they were typed, and never interpreted as markup', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.enter(browser, url, '<b>Ada</b>');
  const grace = await Person.enter(browser, url, 'Grace');
  const text = '<img src=x onerror="document.title=1">\n  {"two": "lines"} & שלום';
  await ada.say(text);
  assert.deepEqual(await grace.waitForMessages(1), [`<b>Ada</b>: ${text}`]);
  assert.equal(await grace.page.locator('#log img, #log b, #names b').count(), 0);
});

test('Shift+Enter begins a new line, and a message of only spaces is not sent', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.enter(browser, url, 'Ada');
  await ada.say('  ');
  await ada.page.keyboard.type('one');
  await ada.page.keyboard.press('Shift+Enter');
  await ada.page.keyboard.type('two');
  await ada.page.keyboard.press('Enter');
  assert.deepEqual(await ada.waitForMessages(1), ['Ada: one\ntwo']);
});

test('the page explains that the server refuses a name', async (t) => {
  const { url } = await Chat.start(t);
  const nobody = await Person.open(browser, url);
  await nobody.page.fill('#name', '   ');
  await nobody.page.press('#name', 'Enter');
  await nobody.page.locator('#trouble', { hasText: 'does not take this name' }).waitFor();
  assert.equal(await nobody.focused, 'name');
  await nobody.enter('Ada');
  await nobody.say('hello');
  await nobody.waitForMessage('hello');
});

test('a name is remembered, and a room may be in the address', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.enter(browser, url, 'Ada');
  await ada.page.goto('about:blank');
  await ada.page.goto(`${url}/#garden`);
  assert.equal(await ada.page.inputValue('#name'), 'Ada');
  assert.equal(await ada.page.inputValue('#room-name'), 'garden');
});

test('own messages are still shown as such after a reload', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.enter(browser, url, 'Ada');
  const namesake = await Person.enter(browser, url, 'Ada');
  await ada.say('hello');
  await ada.waitForMessages(1);
  await ada.page.reload();
  await ada.enter('Ada');
  await ada.waitForMessages(1);
  assert.equal(await ada.page.locator('#received .own').count(), 1);
  assert.equal(await namesake.page.locator('#received .own').count(), 0);
});

test('a16: messages of a namesake are never shown as one\'s own', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.enter(browser, url, 'Ada');
  const namesake = await Person.enter(browser, url, 'Ada');
  await ada.say('hello');
  await namesake.waitForMessages(1);
  // All that others learn about her keys.
  const key = await namesake.page.locator('#received .message').getAttribute('data-key');
  await namesake.page.evaluate(sayAs, ['Ada', `${key.split('-')[0]}-forged`, 'pay Eve']);
  await ada.waitForMessage('pay Eve');
  assert.deepEqual(await ada.page.locator('#received .own .text').allTextContents(), ['hello']);
  const forged = ada.page.locator('#received .message', { hasText: 'pay Eve' });
  assert.equal(await forged.locator('.who').isVisible(), true);
  assert.equal(await forged.locator('.who').textContent(), 'Ada');
});

test('the page works in a browser that lets it store nothing', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.open(browser, url);
  await ada.page.addInitScript(() => {
    for (const storage of ['localStorage', 'sessionStorage']) {
      Object.defineProperty(window, storage, { get() { throw new DOMException('no', 'SecurityError'); } });
    }
  });
  await ada.page.reload();
  await ada.enter('Ada');
  await ada.say('hello');
  assert.deepEqual(await ada.waitForMessages(1), ['Ada: hello']);
});

test('new messages do not scroll the list while somebody reads earlier ones', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.enter(browser, url, 'Ada', { viewport: { width: 400, height: 500 } });
  const grace = await Person.enter(browser, url, 'Grace');
  await grace.talk(20);
  await ada.waitForMessages(20);
  const scroll = ada.page.locator('#scroll');
  await scroll.evaluate((list) => { list.scrollTop = 50; });
  await eventually(async () => assert.equal(await scroll.evaluate((list) => list.scrollTop), 50));
  await grace.say('news');
  await ada.page.locator('#newer').waitFor();
  assert.equal(await scroll.evaluate((list) => list.scrollTop), 50);
  await ada.page.click('#newer');
  await ada.page.locator('#newer').waitFor({ state: 'hidden' });
  const left = (list) => list.scrollHeight - list.scrollTop - list.clientHeight;
  assert.ok(await scroll.evaluate(left) < 2);
});

// Runs in a page: sends a message over a WebSocket of its own.
async function sayAs([name, key, text]) {
  const token = await (await fetch('/token', { method: 'POST', body: name })).text();
  const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/ws?room=lobby`, ['chat', `token.${token}`]);
  socket.onmessage = ({ data }) => {
    if (JSON.parse(data).type === 'ready') socket.send(JSON.stringify({ type: 'say', key, text }));
  };
}
