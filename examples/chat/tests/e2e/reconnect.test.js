// Connections end during a conversation, and no message is lost or duplicated.
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

test('the network goes away for more messages than newcomers receive', async (t) => {
  // So many that more than 50 are left when the network goes away, even if that takes a while.
  const EACH = 50;
  const { chat, relay, ada, grace } = await meet(t);
  const edith = await Person.enter(browser, chat.url, 'Edith');
  const talking = Promise.all([ada, grace, edith].map((person) => person.talk(EACH)));
  await ada.waitForMessage('Grace 3');
  await ada.context.setOffline(true);
  await relay.cut();
  await ada.page.waitForSelector('#connection[data-state=waiting]');
  await talking;
  assert.ok(await ada.pendingCount() > 0);
  const missed = 3 * EACH - (await ada.messages()).length - (await ada.pendingCount());
  assert.ok(missed > 50, `only ${missed} were missed`);
  await relay.mend();
  await ada.context.setOffline(false);
  const messages = await ada.waitForMessages(3 * EACH);
  assertAllOnceInOrder(messages, ['Ada', 'Grace', 'Edith'], EACH);
  assert.deepEqual(await grace.waitForMessages(3 * EACH), messages);
  await assertNothingIsMissing(ada, grace);
});

test('messages arrived, but their confirmation did not', async (t) => {
  const { relay, ada, grace } = await meet(t);
  await talkUnconfirmed(relay, ada, grace);
  assert.equal(await ada.pendingCount(), 3);
  await grace.talk(2);
  await relay.cut();
  await relay.mend();
  const messages = await ada.waitForMessages(5);
  assert.deepEqual(messages, ['Ada: Ada 1', 'Ada: Ada 2', 'Ada: Ada 3', 'Grace: Grace 1', 'Grace: Grace 2']);
  assert.deepEqual(await grace.waitForMessages(5), messages);
  await assertNothingIsMissing(ada, grace);
});

test('the server is killed, and has lost its history', async (t) => {
  const { chat, relay, ada, grace } = await meet(t);
  await talkUnconfirmed(relay, ada, grace);
  await chat.restart('SIGKILL');
  await grace.say('Grace 1');
  assertAllOnceInOrder((await ada.waitForMessages(4)).filter((line) => !line.startsWith('Grace')), ['Ada'], 3);
  await ada.say('done');
  await grace.waitForMessage('done');
  assertAllOnceInOrder((await grace.messages()).filter((line) => /Ada \d/.test(line)), ['Ada'], 3);
});

test('a connection that died silently is given up', async (t) => {
  const chat = await Chat.start(t);
  const relay = await Relay.start(t, chat.url);
  const ada = await Person.enter(browser, relay.url, 'Ada', { fakeClock: true });
  const grace = await Person.enter(browser, chat.url, 'Grace');
  relay.silenceBoth();
  await ada.say('Ada 1');
  await grace.say('Grace 1');
  await grace.waitForMessages(1);
  await ada.page.clock.fastForward(5_000); // to the ping
  await ada.page.clock.fastForward(10_000); // to the end of the wait for an answer
  await ada.page.waitForSelector('#connection[data-state=waiting]');
  await ada.page.clock.fastForward(500); // the first delay is at most this long
  const messages = await ada.waitForMessages(2);
  assert.deepEqual(messages, ['Grace: Grace 1', 'Ada: Ada 1']);
  assert.deepEqual(await grace.waitForMessages(2), messages);
});

test('attempts are made after longer and longer delays, and at once when there is a reason', async (t) => {
  const chat = await Chat.start(t);
  const relay = await Relay.start(t, chat.url);
  const ada = await Person.open(browser, relay.url, { fakeClock: true });
  // Takes the longest delay that the jitter allows.
  await ada.page.evaluate(() => { Math.random = () => 1; });
  await ada.enter('Ada');
  await ada.page.clock.pauseAt(Date.now() + 60_000);
  let attempts = 0;
  ada.page.on('requestfailed', () => attempts++);
  await relay.cut();
  await ada.page.waitForSelector('#connection[data-state=waiting]');
  for (const [failed, delay] of [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000].entries()) {
    await ada.page.clock.runFor(delay - 1);
    assert.equal(attempts, failed, `before ${delay} ms`);
    await ada.page.clock.runFor(1);
    await eventually(() => assert.equal(attempts, failed + 1, `after ${delay} ms`));
  }
  for (const reason of ['online', 'visibilitychange']) {
    await relay.cut();
    await ada.page.waitForSelector('#connection[data-state=waiting]');
    await relay.mend();
    await ada.page.evaluate((reason) => document.dispatchEvent(new Event(reason, { bubbles: true })), reason);
    await ada.waitUntilReady();
  }
});

test('the page says that messages may be missing after the server lost its history', async (t) => {
  const chat = await Chat.start(t);
  const relay = await Relay.start(t, chat.url);
  const ada = await Person.enter(browser, relay.url, 'Ada');
  await ada.say('before');
  await ada.waitForMessages(1);
  await relay.cut();
  // Nobody is connected, so nobody gets the close code 1012, after which nothing would be missing.
  await chat.restart();
  await relay.mend();
  await ada.waitForNote('Some messages may be missing here.');
  await ada.say('after');
  assert.deepEqual(await ada.waitForMessages(2), ['Ada: before', 'Ada: after']);
});

// Two people enter. The network between Ada and the server can break.
async function meet(t) {
  const chat = await Chat.start(t);
  const relay = await Relay.start(t, chat.url);
  const ada = await Person.enter(browser, relay.url, 'Ada');
  const grace = await Person.enter(browser, chat.url, 'Grace');
  return { chat, relay, ada, grace };
}

// Ada sends messages that arrive, but the server cannot confirm them to her.
async function talkUnconfirmed(relay, ada, grace) {
  relay.silenceServer();
  await ada.talk(3);
  await grace.waitForMessages(3);
}

async function assertNothingIsMissing(...people) {
  for (const person of people) {
    const notes = await person.notes();
    assert.ok(!notes.some((note) => note.includes('missing')), notes.join(', '));
  }
}
