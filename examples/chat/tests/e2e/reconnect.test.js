// Connections end in the midst of a talk, and nothing is lost or doubled.
'use strict';
const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { Person, assertAllOnceInOrder, openBrowser } = require('./support/person.js');
const { Chat } = require('./support/process.js');
const { Relay } = require('./support/relay.js');

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser.close());

test('the server is restarted', async (t) => {
  const chat = await Chat.start(t);
  const ada = await Person.enter(browser, chat.url, 'Ada');
  const grace = await Person.enter(browser, chat.url, 'Grace');
  const talking = Promise.all([ada.talk(30), grace.talk(30)]);
  await ada.hears('Grace 8');
  await chat.restart();
  await talking;
  const told = await ada.heard(60);
  assertAllOnceInOrder(told, ['Ada', 'Grace'], 30);
  assert.deepEqual(await grace.heard(60), told);
  await assertNothingIsMissing(ada, grace);
});

test('the network goes away and comes back', async (t) => {
  const chat = await Chat.start(t);
  const relay = await Relay.start(t, chat.url);
  const ada = await Person.enter(browser, relay.url, 'Ada');
  const grace = await Person.enter(browser, chat.url, 'Grace');
  const talking = Promise.all([ada.talk(30), grace.talk(30)]);
  await ada.hears('Grace 8');
  await ada.context.setOffline(true);
  await relay.cut();
  await ada.page.waitForSelector('#connection[data-state=waiting]');
  await grace.hears('Grace 20');
  assert.ok(await ada.waiting() > 0);
  await relay.mend();
  await ada.context.setOffline(false);
  await talking;
  const told = await ada.heard(60);
  assertAllOnceInOrder(told, ['Ada', 'Grace'], 30);
  assert.deepEqual(await grace.heard(60), told);
  await assertNothingIsMissing(ada, grace);
});

test('a message arrived, but not the word that it did', async (t) => {
  const chat = await Chat.start(t);
  const relay = await Relay.start(t, chat.url);
  const ada = await Person.enter(browser, relay.url, 'Ada');
  const grace = await Person.enter(browser, chat.url, 'Grace');
  relay.silenceServer();
  await ada.talk(3);
  await grace.heard(3);
  assert.equal(await ada.waiting(), 3);
  await grace.talk(2);
  await relay.cut();
  await relay.mend();
  const told = await ada.heard(5);
  assert.deepEqual(told, ['Ada: Ada 1', 'Ada: Ada 2', 'Ada: Ada 3', 'Grace: Grace 1', 'Grace: Grace 2']);
  assert.deepEqual(await grace.heard(5), told);
  await assertNothingIsMissing(ada, grace);
});

test('a connection that died without a word is given up', async (t) => {
  const chat = await Chat.start(t);
  const relay = await Relay.start(t, chat.url);
  const ada = await Person.enter(browser, relay.url, 'Ada', { fakeClock: true });
  const grace = await Person.enter(browser, chat.url, 'Grace');
  relay.silenceBoth();
  await ada.say('Ada 1');
  await grace.say('Grace 1');
  await grace.heard(1);
  await ada.page.clock.fastForward(5_000); // to the ping
  await ada.page.clock.fastForward(10_000); // to the end of patience
  await ada.page.waitForSelector('#connection[data-state=waiting]');
  await ada.page.clock.fastForward(500); // the first wait is no longer
  const told = await ada.heard(2);
  assert.deepEqual(told, ['Grace: Grace 1', 'Ada: Ada 1']);
  assert.deepEqual(await grace.heard(2), told);
});

test('what is no longer kept is said to be missing', async (t) => {
  const chat = await Chat.start(t);
  const relay = await Relay.start(t, chat.url);
  const ada = await Person.enter(browser, relay.url, 'Ada');
  await ada.say('before');
  await ada.heard(1);
  await relay.cut();
  // With nobody there to be told 1012.
  await chat.restart();
  await relay.mend();
  await ada.reads('Some messages may be missing here.');
  await ada.say('after');
  assert.deepEqual(await ada.heard(2), ['Ada: before', 'Ada: after']);
});

async function assertNothingIsMissing(...people) {
  for (const person of people) {
    const notes = await person.notes();
    assert.ok(!notes.some((note) => note.includes('missing')), notes.join(', '));
  }
}
