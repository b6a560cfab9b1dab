// Node ws as the client of our echo server: echo_client.js URL
'use strict';
const assert = require('node:assert');
const { once } = require('node:events');
const { WebSocket } = require('ws');

const url = process.argv[2];
const sizes = [0, 1, 125, 126, 65535, 65536, 1 << 20, 16 << 20];
const greek = 'κόσμε 𝄞 ';
const timeout = 10_000;

async function main() {
  for (const size of sizes) await check(`text of ${size} bytes`, () => echoes('x'.repeat(size)));
  for (const size of sizes) await check(`binary of ${size} bytes`, () => echoes(Buffer.alloc(size, 'pattern')));
  await check('multi-byte text', () => echoes(greek));
  await check('long multi-byte text', () => echoes(greek.repeat(20_000)));
  await check('fragmented text, a ping between the fragments', () => fragmentsEcho(['frag', '', 'mented ', greek]));
  await check('fragmented binary, a ping between the fragments', () =>
    fragmentsEcho([Buffer.alloc(70_000, 1), Buffer.alloc(3, 2), Buffer.alloc(0)]));
  await check('ping answered by pong', ping);
  await check('no subprotocol when none is offered', noSubprotocol);
  await check('close with 1000', () => closes(1000, ''));
  await check('close with 3001 and a reason', () => closes(3001, 'enough'));
}

async function check(name, test) {
  const sockets = [];
  open = async () => {
    const ws = new WebSocket(url);
    sockets.push(ws);
    ws.upgraded = once(ws, 'upgrade');
    ws.upgraded.catch(() => {}); // 'open' fails for the same reason, and that is the one reported
    await once(ws, 'open');
    return ws;
  };
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error('timed out')), timeout); });
  try {
    await Promise.race([test(), late]);
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`FAILED ${name}: ${error.message.slice(0, 200).replace(/\s+/g, ' ')}`);
  }
  clearTimeout(timer);
  for (const ws of sockets) ws.on('error', () => {}).terminate();
}

let open;

async function receives(ws, wanted) {
  const [data, binary] = await once(ws, 'message');
  assert.strictEqual(binary, typeof wanted !== 'string', 'kind of the message');
  assert.ok(data.equals(Buffer.from(wanted)), `got ${data.length} bytes which differ from those sent`);
}

async function echoes(message) {
  const ws = await open();
  ws.send(message);
  await receives(ws, message);
}

async function fragmentsEcho(fragments) {
  const ws = await open();
  fragments.forEach((fragment, i) => {
    ws.send(fragment, { fin: i === fragments.length - 1 });
    ws.ping();
  });
  await receives(ws, typeof fragments[0] === 'string' ? fragments.join('') : Buffer.concat(fragments));
}

async function ping() {
  const ws = await open();
  ws.ping('are you there?');
  const [data] = await once(ws, 'pong');
  assert.strictEqual(data.toString(), 'are you there?');
}

async function noSubprotocol() {
  const ws = await open();
  const [response] = await ws.upgraded;
  assert.strictEqual(response.headers['sec-websocket-protocol'], undefined);
}

async function closes(code, reason) {
  const ws = await open();
  ws.close(code, reason);
  const [received] = await once(ws, 'close');
  assert.strictEqual(received, code);
}

main();
