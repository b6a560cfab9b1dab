// Two instances behind a load balancer, one of which is killed or restarted.
'use strict';
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { mkdtempSync, rmSync } = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { Person, openBrowser, talkThrough } = require('./support/person.js');
const { Chat, connects, eventually, freePort, startAndWait } = require('./support/process.js');

const PROXY = path.join(__dirname, '../../proxy/haproxy.cfg');

// Debian installs HAProxy where only root looks for programs.
process.env.PATH += ':/usr/sbin';
const missing = ['redis-server', 'haproxy'].filter((program) => !isInstalled(program));
const skip = process.env.E2E_CLUSTER === 'no' && missing.length > 0 && `no ${missing.join(', ')} here`;

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser.close());

test('one of two instances is killed', { skip }, async (t) => {
  const { url, instances } = await startCluster(t);
  const ada = await Person.enter(browser, url, 'Ada');
  const grace = await Person.enter(browser, url, 'Grace');
  await spread(url, instances, grace);
  await talkThrough(ada, grace, () => instances[0].stop('SIGKILL'));
  // The messages may all have arrived before the instance was killed, so its person may still have
  // to reconnect.
  await eventually(async () => assert.equal(await openWebSockets(instances[1]), 2));
  for (const person of [ada, grace]) {
    assert.deepEqual((await person.notes()).filter((note) => note.includes('missing')), []);
    await eventually(async () => assert.deepEqual(await person.people(), ['Ada', 'Grace']));
  }
});

test('one of two instances is restarted, and the load balancer sends nobody there', { skip }, async (t) => {
  const { url, instances } = await startCluster(t);
  const ada = await Person.enter(browser, url, 'Ada');
  const grace = await Person.enter(browser, url, 'Grace');
  await spread(url, instances, grace);
  await talkThrough(ada, grace, () => instances[1].restart());
});

async function startCluster(t) {
  const redis = await startRedis(t);
  const instances = await Promise.all([1, 2].map(() => Chat.start(t, '--redis', redis)));
  const listen = `127.0.0.1:${await freePort()}`;
  const [one, two] = instances.map(({ url }) => new URL(url).host);
  const env = { CHAT_LISTEN: listen, CHAT_1: one, CHAT_2: two };
  const url = `http://${listen}`;
  await startAndWait(t, ['haproxy', '-db', '-f', PROXY], env, async () => {
    assert.equal((await fetch(`${url}/health`)).status, 200);
  });
  return { url, instances };
}

async function startRedis(t) {
  const port = await freePort();
  const directory = mkdtempSync(path.join(os.tmpdir(), 'chat-redis-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const options = ['--bind', '127.0.0.1', '--port', port, '--save', '', '--appendonly', 'no', '--dir', directory];
  await startAndWait(t, ['redis-server', ...options], {}, () => connects(port));
  return `redis://127.0.0.1:${port}`;
}

// Lets a person leave and enter again until each instance has one of the two. The load balancer
// takes the instances in turn, so one more request in between changes the instance.
async function spread(url, instances, person) {
  for (let tries = 0; tries < 10; tries++) {
    if ((await Promise.all(instances.map(openWebSockets))).every((count) => count === 1)) return;
    await person.leave();
    await fetch(`${url}/health`);
    await person.enter(person.name);
  }
  assert.fail('everybody is on the same instance');
}

// How many WebSockets an instance has.
async function openWebSockets(chat) {
  const metrics = await (await fetch(chat.metrics)).text();
  return Number(/^chat_connections (\d+)$/m.exec(metrics)[1]);
}

function isInstalled(program) {
  try {
    return Boolean(execFileSync('which', [program]));
  } catch {
    return false;
  }
}
