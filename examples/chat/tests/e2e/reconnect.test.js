// Connections end in the midst of a talk, and nothing is lost or doubled.
'use strict';
const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { Person, assertAllOnceInOrder, openBrowser, talkThrough } = require('./support/person.js');
const { Chat, eventually } = require('./support/process.js');
const { Relay } = require('./support/relay.js');

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser.close());

test('the server is restarted', async (t) => {
  const chat = await Chat.start(t);
  const ada = await Person.enter(browser, chat.url, 'Ada');
  const grace = await Person.enter(browser, chat.url, 'Grace');
  await talkThrough(ada, grace, () => chat.restart());
  await assertNothingIsMissing(ada, grace);
});

test('the network goes away for more than newcomers are told', async (t) => {
  const { chat, relay, ada, grace } = await meet(t);
  const edith = await Person.enter(browser, chat.url, 'Edith');
  const talking = Promise.all([ada, grace, edith].map((person) => person.talk(35)));
  await ada.hears('Grace 3');
  await ada.context.setOffline(true);
  await relay.cut();
  await ada.page.waitForSelector('#connection[data-state=waiting]');
  await talking;
  assert.ok(await ada.waiting() > 0);
  const missed = 105 - (await ada.told()).length - (await ada.waiting());
  assert.ok(missed > 50, `only ${missed} were missed`);
  await relay.mend();
  await ada.context.setOffline(false);
  const told = await ada.heard(105);
  assertAllOnceInOrder(told, ['Ada', 'Grace', 'Edith'], 35);
  assert.deepEqual(await grace.heard(105), told);
  await assertNothingIsMissing(ada, grace);
});

test('a message arrived, but not the word that it did', async (t) => {
  const { relay, ada, grace } = await meet(t);
  await sayUnheard(relay, ada, grace);
  assert.equal(await ada.waiting(), 3);
  await grace.talk(2);
  await relay.cut();
  await relay.mend();
  const told = await ada.heard(5);
  assert.deepEqual(told, ['Ada: Ada 1', 'Ada: Ada 2', 'Ada: Ada 3', 'Grace: Grace 1', 'Grace: Grace 2']);
  assert.deepEqual(await grace.heard(5), told);
  await assertNothingIsMissing(ada, grace);
});

test('the server is killed, and has forgotten what it told', async (t) => {
  const { chat, relay, ada, grace } = await meet(t);
  await sayUnheard(relay, ada, grace);
  await chat.restart('SIGKILL');
  await grace.say('Grace 1');
  assertAllOnceInOrder((await ada.heard(4)).filter((line) => !line.startsWith('Grace')), ['Ada'], 3);
  await ada.say('done');
  await grace.hears('done');
  assertAllOnceInOrder((await grace.told()).filter((line) => /Ada \d/.test(line)), ['Ada'], 3);
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

test('attempts are made after longer and longer times, and at once when there is a reason', async (t) => {
  const chat = await Chat.start(t);
  const relay = await Relay.start(t, chat.url);
  const ada = await Person.arrive(browser, relay.url, { fakeClock: true });
  // The longest that chance allows.
  await ada.page.evaluate(() => { Math.random = () => 1; });
  await ada.enter('Ada');
  await ada.page.clock.pauseAt(Date.now() + 60_000);
  let attempts = 0;
  ada.page.on('requestfailed', () => attempts++);
  await relay.cut();
  await ada.page.waitForSelector('#connection[data-state=waiting]');
  for (const [failed, wait] of [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000].entries()) {
    await ada.page.clock.runFor(wait - 1);
    assert.equal(attempts, failed, `before ${wait} ms`);
    await ada.page.clock.runFor(1);
    await eventually(() => assert.equal(attempts, failed + 1, `after ${wait} ms`));
  }
  for (const reason of ['online', 'visibilitychange']) {
    await relay.cut();
    await ada.page.waitForSelector('#connection[data-state=waiting]');
    await relay.mend();
    await ada.page.evaluate((reason) => document.dispatchEvent(new Event(reason, { bubbles: true })), reason);
    await ada.isReady();
  }
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

// Between one of the two and the server is a network that can break.
async function meet(t) {
  const chat = await Chat.start(t);
  const relay = await Relay.start(t, chat.url);
  const ada = await Person.enter(browser, relay.url, 'Ada');
  const grace = await Person.enter(browser, chat.url, 'Grace');
  return { chat, relay, ada, grace };
}

// Says something that arrives, but is never told that it did.
async function sayUnheard(relay, ada, grace) {
  relay.silenceServer();
  await ada.talk(3);
  await grace.heard(3);
}

async function assertNothingIsMissing(...people) {
  for (const person of people) {
    const notes = await person.notes();
    assert.ok(!notes.some((note) => note.includes('missing')), notes.join(', '));
  }
}
