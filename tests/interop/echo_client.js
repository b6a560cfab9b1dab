// Node ws as the client of our servers: echo_client.js ECHO_URL SERVER_URL [CA]
'use strict';
const assert = require('node:assert');
const { once } = require('node:events');
const { readFileSync } = require('node:fs');
const { WebSocket } = require('ws');

const [echo, server, authority] = process.argv.slice(2);
const tls = authority ? { ca: readFileSync(authority) } : {};
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
  await check('fragments from the server, pings between them', fragmentsCome);
  await check('no subprotocol when none is offered', noSubprotocol);
  await check('a subprotocol chosen from those offered', subprotocol);
  await check('close with 1000', () => closes(1000, ''));
  await check('close with 3001 and a reason', () => closes(3001, 'enough'));
  await check('the server closes first, with 1001', serverCloses);
  await check('the server closes with 1007 over text that is not UTF-8', badText);
  await check('the server drops the connection', serverDrops);
  await check('refused with 401 and a body', refused);
  await check('redirected', redirected);
}

async function check(name, test) {
  const sockets = [];
  start = (url, subprotocols = [], options = {}) => {
    const ws = new WebSocket(url, subprotocols, { ...tls, ...options });
    sockets.push(ws);
    return ws;
  };
  open = async (...how) => {
    const ws = start(...how);
    ws.received = queue(ws);
    ws.on('close', (...how) => { ws.last = how; });
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

let start;
let open;

// The messages, none of which may come before somebody waits for it.
function queue(ws) {
  const messages = [];
  let wake = () => {};
  ws.on('message', (data, binary) => { messages.push([data, binary]); wake(); });
  return async () => {
    while (messages.length === 0) await new Promise((resolve) => { wake = resolve; });
    return messages.shift();
  };
}

async function receives(ws, wanted) {
  const [data, binary] = await ws.received();
  assert.strictEqual(binary, typeof wanted !== 'string', 'kind of the message');
  assert.ok(data.equals(Buffer.from(wanted)), `got ${data.length} bytes which differ from those sent`);
}

async function echoes(message) {
  const ws = await open(echo);
  ws.send(message);
  await receives(ws, message);
}

async function fragmentsEcho(fragments) {
  const ws = await open(echo);
  fragments.forEach((fragment, i) => {
    ws.send(fragment, { fin: i === fragments.length - 1 });
    ws.ping();
  });
  await receives(ws, typeof fragments[0] === 'string' ? fragments.join('') : Buffer.concat(fragments));
}

async function ping() {
  const ws = await open(echo);
  ws.ping('are you there?');
  const [data] = await once(ws, 'pong');
  assert.strictEqual(data.toString(), 'are you there?');
}

async function noSubprotocol() {
  const ws = await open(echo);
  const [response] = await ws.upgraded;
  assert.strictEqual(response.headers['sec-websocket-protocol'], undefined);
}

async function fragmentsCome() {
  const ws = await open(`${server}/fragments`);
  await receives(ws, `κόσμε${'x'.repeat(70_000)}`);
  await receives(ws, 'ponged');
}

async function subprotocol() {
  const ws = await open(`${server}/subprotocol`, ['chat', 'superchat']);
  assert.strictEqual(ws.protocol, 'superchat');
  await receives(ws, 'superchat of chat, superchat');
}

async function closes(code, reason) {
  const ws = await open(echo);
  ws.close(code, reason);
  await closed(ws, code);
}

async function closed(ws, code, reason) {
  const [received, why] = ws.readyState === WebSocket.CLOSED ? ws.last : await once(ws, 'close');
  assert.strictEqual(received, code);
  if (reason !== undefined) assert.strictEqual(`${why}`, reason);
}

async function serverCloses() {
  const ws = await open(`${server}/leave`);
  await receives(ws, 'bye');
  await closed(ws, 1001, 'restart');
}

async function badText() {
  const ws = await open(echo);
  ws.send(Buffer.from([0xff]), { binary: false });
  await closed(ws, 1007);
}

async function serverDrops() {
  const ws = await open(`${server}/drop`);
  await receives(ws, 'bye');
  await closed(ws, 1006); // ws tells so of an end without a Close frame
}

async function refused() {
  const { status, headers, body } = await answer(`${server}/refuse`);
  assert.deepStrictEqual([status, headers['www-authenticate']], [401, 'Ticket']);
  assert.strictEqual(body, 'not without a ticket\n');
}

async function redirected() {
  const { status, headers } = await answer(`${server}/redirect`);
  assert.deepStrictEqual([status, headers.location], [302, '/leave']);
}

async function answer(url) {
  const [, response] = await once(start(url), 'unexpected-response');
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  return { status: response.statusCode, headers: response.headers, body };
}

module.exports = { check, receives, open: (...how) => open(...how) };
if (require.main === module) main();
