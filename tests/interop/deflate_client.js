// Node ws as a client that compresses: deflate_client.js ECHO_URL SERVER_URL [CA]
// One connection for each offer; deflate_client.py is its twin on Python websockets.
'use strict';
const assert = require('node:assert');
const { randomBytes } = require('node:crypto');
const { check, open, receives } = require('./echo_client.js');

const echo = process.argv[2];
const neither = 'server_no_context_takeover; client_no_context_takeover';
const bits = [9, 10, 11, 12, 13, 14, 15];
const offers = [
  '',
  'client_max_window_bits',
  ...bits.map((bits) => `server_max_window_bits=${bits}`),
  ...bits.map((bits) => `client_max_window_bits=${bits}`),
  'server_no_context_takeover',
  'client_no_context_takeover',
  neither,
  `${neither}; server_max_window_bits=9; client_max_window_bits=9`,
];
const sizes = [0, 1, 125, 126, 1000, 65535, 65536, 1 << 20];
const long = 'All that is gold does not glitter. '.repeat(2000);

async function main() {
  for (const offer of offers) await check(`offer '${offer}'`, () => compresses(offer));
  await check('declined: a window that our server cannot compress with', () => declined('server_max_window_bits=8'));
  await check('no offer', () => declined());
}

async function connect(offer) {
  const ws = await open(echo, [], { perMessageDeflate: offer === undefined ? false : options(offer) });
  [ws.response] = await ws.upgraded;
  return ws;
}

// Its names for the parameters are the same in camel case.
function options(offer) {
  const result = { clientMaxWindowBits: false, threshold: 0 };
  for (const [name, value] of parts(offer).map((part) => part.split('='))) {
    result[name.replace(/_./g, ([, letter]) => letter.toUpperCase())] = value ? Number(value) : true;
  }
  return result;
}

const parts = (text) => text.split('; ').filter((part) => part !== '');

async function compresses(offer) {
  const ws = await connect(offer);
  const [name, ...agreed] = parts(ws.response.headers['sec-websocket-extensions']);
  assert.strictEqual(name, 'permessage-deflate');
  const unsaid = ['client_max_window_bits', 'client_max_window_bits=15'];
  assert.deepStrictEqual(agreed.sort(), parts(offer).filter((part) => !unsaid.includes(part)).sort());
  await exchange(ws);
  assert.ok(await receivedFor(ws, long) < long.length / 10, 'a long message is short');
  const noise = randomBytes(200);
  await receivedFor(ws, noise);
  assert.strictEqual(await receivedFor(ws, noise) > noise.length, offer.includes('server_no_context_takeover'));
}

async function declined(offer) {
  const ws = await connect(offer);
  assert.strictEqual(ws.response.headers['sec-websocket-extensions'], undefined);
  await exchange(ws);
  assert.ok(await receivedFor(ws, long) > long.length, 'a long message is long');
}

async function exchange(ws) {
  for (const size of sizes) {
    await receivedFor(ws, 'κόσμε 𝄞 '.repeat(size).slice(0, size).toWellFormed());
    await receivedFor(ws, randomBytes(size));
  }
  for (const whole of [Buffer.from(long), randomBytes(70_000)]) {
    for (const [from, to] of [[0, 3], [3, 3], [3, 1000]]) ws.send(whole.subarray(from, to), { fin: false });
    ws.send(whole.subarray(1000));
    await receives(ws, whole);
  }
  const many = Array.from({ length: 50 }, (_, i) => `message ${i} `.repeat(i));
  for (const message of many) ws.send(message);
  for (const message of many) await receives(ws, message);
}

// The bytes that the echo of the message took.
async function receivedFor(ws, message) {
  const before = ws.response.socket.bytesRead;
  ws.send(message);
  await receives(ws, message);
  return ws.response.socket.bytesRead - before;
}

main();
