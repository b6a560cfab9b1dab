// Two people talk.
'use strict';
const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { Person, assertAllOnceInOrder, openBrowser } = require('./support/person.js');
const { Chat, eventually } = require('./support/process.js');

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser.close());

test('everybody is told the same, in the same order', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.enter(browser, url, 'Ada');
  const grace = await Person.enter(browser, url, 'Grace');
  await Promise.all([ada.talk(15), grace.talk(15)]);
  const told = await ada.heard(30);
  assertAllOnceInOrder(told, ['Ada', 'Grace'], 15);
  assert.deepEqual(await grace.heard(30), told);
});

test('who comes and who leaves', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.enter(browser, url, 'Ada');
  const grace = await Person.enter(browser, url, 'Grace');
  await ada.reads('Grace joined');
  assert.deepEqual(await ada.here(), ['Ada', 'Grace']);
  assert.deepEqual(await grace.here(), ['Ada', 'Grace']);
  await grace.leave();
  await ada.reads('Grace left');
  assert.deepEqual(await ada.here(), ['Ada']);
});

test('who comes in is told the last 50 messages, and other rooms are told nothing', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.enter(browser, url, 'Ada');
  const edith = await Person.enter(browser, url, 'Edith');
  const elsewhere = await Person.enter(browser, url, 'Hedy', { room: 'garden' });
  await Promise.all([ada.talk(28), edith.talk(27)]);
  const told = await ada.heard(55);
  const grace = await Person.enter(browser, url, 'Grace');
  assert.deepEqual(await grace.heard(50), told.slice(-50));
  assert.deepEqual(await elsewhere.told(), []);
});

test('what is said is shown as it is, and never taken for markup', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.enter(browser, url, '<b>Ada</b>');
  const grace = await Person.enter(browser, url, 'Grace');
  const text = '<img src=x onerror="document.title=1">\n  {"two": "lines"} & שלום';
  await ada.say(text);
  assert.deepEqual(await grace.heard(1), [`<b>Ada</b>: ${text}`]);
  assert.equal(await grace.page.locator('#log img, #log b, #names b').count(), 0);
});

test('Shift+Enter begins a line, and nothing but spaces is not sent', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.enter(browser, url, 'Ada');
  await ada.say('  ');
  await ada.page.keyboard.type('one');
  await ada.page.keyboard.press('Shift+Enter');
  await ada.page.keyboard.type('two');
  await ada.page.keyboard.press('Enter');
  assert.deepEqual(await ada.heard(1), ['Ada: one\ntwo']);
});

test('a name that the server does not take is explained', async (t) => {
  const { url } = await Chat.start(t);
  const nobody = await Person.arrive(browser, url);
  await nobody.page.fill('#name', '   ');
  await nobody.page.press('#name', 'Enter');
  await nobody.page.locator('#trouble', { hasText: 'does not take this name' }).waitFor();
  assert.equal(await nobody.focused, 'name');
  await nobody.enter('Ada');
  await nobody.say('hello');
  await nobody.hears('hello');
});

test('a name is remembered, and a room may be in the address', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.enter(browser, url, 'Ada');
  await ada.page.goto('about:blank');
  await ada.page.goto(`${url}/#garden`);
  assert.equal(await ada.page.inputValue('#name'), 'Ada');
  assert.equal(await ada.page.inputValue('#room-name'), 'garden');
});

test('after a reload, own messages are still known as such', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.enter(browser, url, 'Ada');
  const namesake = await Person.enter(browser, url, 'Ada');
  await ada.say('hello');
  await ada.heard(1);
  await ada.page.reload();
  await ada.enter('Ada');
  await ada.heard(1);
  assert.equal(await ada.page.locator('#received .own').count(), 1);
  assert.equal(await namesake.page.locator('#received .own').count(), 0);
});

test('a16: what a namesake says is never shown as one\'s own', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.enter(browser, url, 'Ada');
  const namesake = await Person.enter(browser, url, 'Ada');
  await ada.say('hello');
  await namesake.heard(1);
  // All that others are told of her key.
  const key = await namesake.page.locator('#received .message').getAttribute('data-key');
  await namesake.page.evaluate(sayAs, ['Ada', `${key.split('-')[0]}-forged`, 'pay Eve']);
  await ada.hears('pay Eve');
  assert.deepEqual(await ada.page.locator('#received .own .text').allTextContents(), ['hello']);
  const forged = ada.page.locator('#received .message', { hasText: 'pay Eve' });
  assert.equal(await forged.locator('.who').isVisible(), true);
  assert.equal(await forged.locator('.who').textContent(), 'Ada');
});

test('a browser that keeps nothing for the page is enough', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.arrive(browser, url);
  await ada.page.addInitScript(() => {
    for (const storage of ['localStorage', 'sessionStorage']) {
      Object.defineProperty(window, storage, { get() { throw new DOMException('no', 'SecurityError'); } });
    }
  });
  await ada.page.reload();
  await ada.enter('Ada');
  await ada.say('hello');
  assert.deepEqual(await ada.heard(1), ['Ada: hello']);
});

test('who reads what was said before is not moved by what is said now', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.enter(browser, url, 'Ada', { viewport: { width: 400, height: 500 } });
  const grace = await Person.enter(browser, url, 'Grace');
  await grace.talk(20);
  await ada.heard(20);
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

// In a page, but not as the page does it.
async function sayAs([name, key, text]) {
  const token = await (await fetch('/token', { method: 'POST', body: name })).text();
  const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/ws?room=lobby`, ['chat', `token.${token}`]);
  socket.onmessage = ({ data }) => {
    if (JSON.parse(data).type === 'ready') socket.send(JSON.stringify({ type: 'say', key, text }));
  };
}
