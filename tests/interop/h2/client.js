'use strict';
// Node's http2 as the client of our server: client.js SERVER NOT_ADVERTISING AUTHORITY EXAMPLE CERT KEY
//
// SERVER and NOT_ADVERTISING are URLs of server/, AUTHORITY a file to trust, EXAMPLE the program http2.
// Frames are written here byte by byte, so that streams can be ended and reset between any two.

const { spawn } = require('child_process');
const crypto = require('crypto');
const { once } = require('events');
const fs = require('fs');
const http2 = require('http2');

const [url, notAdvertising, authority, example, ...identity] = process.argv.slice(2);
const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR, NGHTTP2_PROTOCOL_ERROR } = http2.constants;
const TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;
const timeout = 20_000;

async function main() {
  const session = await connect(url);
  await check('the server says that Extended CONNECT is welcome', () => equal(session.remoteSettings.enableConnectProtocol, true));
  await check('the answer has 200 and no headers of HTTP/1.1', () => answered(session));
  for (const size of [0, 125, 126, 65536, 1 << 20]) await check(`${size} bytes of text and binary`, () => echoes(session, size));
  await check('fragments, with pings between', () => fragments(session));
  await check('a frame in DATA frames of one byte', () => byteByByte(session));
  await check('100 sockets on one connection', () => manySockets(session));
  await check('closed by the client', () => closedByClient(session));
  await check('closed by the server', () => closedByServer(session));
  for (const [name, act, ending] of ends) await check(name, () => endsWith(session, act, ending));
  for (const [name, headers, status] of refusals) await check(`refused: ${name}`, () => refused(session, headers, status));
  await check('after all of it, the connection is there', () => echoes(session, 10));
  await check('a connection that breaks', brokenConnection);
  session.close();
  await check('a server that does not say so resets the stream', notWelcome);
  await check('the example over TLS, until it is interrupted', () => theExample('https', ['--tls', ...identity]));
  await check('the example over h2c, until it is interrupted', () => theExample('http', []));
  process.exit();
}

async function check(name, test) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error('timed out')), timeout)));
  await Promise.race([(async () => test())(), late]).then(
    () => console.log(`ok ${name}`),
    (error) => console.log(`FAILED ${name}: ${error.message}`));
  clearTimeout(timer);
}

function equal(found, wanted) {
  if (found !== wanted) throw new Error(`'${found}' instead of '${wanted}'`);
}

async function connect(url) {
  const session = http2.connect(url, { ca: fs.readFileSync(authority) });
  session.on('error', () => {});
  await once(session, 'remoteSettings');
  return session;
}

let count = 0;

// A stream with a WebSocket on it. Frames are read one at a time, by `next`.
class Socket {
  static async open(session, wishes = [], headers = {}) {
    const id = `node${count++}`;
    const socket = new Socket(session, `/ws?${[`id=${id}`, ...wishes].join('&')}`, headers);
    socket.id = id;
    const [answer] = await once(socket.stream, 'response');
    socket.headers = answer;
    return socket;
  }

  constructor(session, path, headers) {
    const request = { ':method': 'CONNECT', ':protocol': 'websocket', ':path': path, 'sec-websocket-version': '13', ...headers };
    for (const name of Object.keys(request)) if (request[name] === null) delete request[name];
    this.session = session;
    this.stream = session.request(request, { endStream: false });
    this.stream.on('error', () => {});
    this.frames = framesOf(this.stream);
  }

  send(opcode, payload, fin = true) {
    this.stream.write(encode(opcode, Buffer.from(payload), fin));
  }

  async next() {
    return (await this.frames.next()).value;
  }

  // Sends a Close frame, and waits for that of the server and the end of its half of the stream.
  async close(code = 1000) {
    this.send(CLOSE, [code >> 8, code & 255]);
    const { opcode, payload } = await this.next();
    equal(`${opcode} ${payload.readUInt16BE()}`, `${CLOSE} ${code}`);
    equal(await this.next(), undefined);
    this.stream.end();
    equal(await this.seen(), `HTTP/2.0 closed, the peer said ${code} "", we said ${code} ""`);
  }

  seen() {
    return fetchText(this.session, `/seen?${this.id}`);
  }
}

function encode(opcode, payload, fin) {
  const length = payload.length;
  const head = length < 126 ? [length] : length < 65536 ? [126, length >> 8, length & 255] : [127, 0, 0, 0, 0, ...bytesOf(length)];
  head[0] |= 128;
  const mask = crypto.randomBytes(4);
  return Buffer.concat([Buffer.from([(fin ? 128 : 0) | opcode, ...head]), mask, payload.map((byte, at) => byte ^ mask[at & 3])]);
}

const bytesOf = (number) => [24, 16, 8, 0].map((shift) => (number >> shift) & 255);

async function* framesOf(stream) {
  let data = Buffer.alloc(0);
  for await (const piece of stream) {
    data = Buffer.concat([data, piece]);
    for (let frame; (frame = decode(data)); data = data.subarray(frame.end)) yield frame;
  }
}

function decode(data) {
  if (data.length < 2) return undefined;
  const short = data[1] & 127;
  const start = { 126: 4, 127: 10 }[short] ?? 2;
  if (data.length < start) return undefined;
  const end = start + (start === 2 ? short : start === 4 ? data.readUInt16BE(2) : data.readUInt32BE(6));
  return data.length < end ? undefined : { opcode: data[0] & 15, payload: data.subarray(start, end), end };
}

async function fetchText(session, path) {
  const stream = session.request({ ':path': path });
  let text = '';
  for await (const piece of stream.setEncoding('utf8')) text += piece;
  return text;
}

async function answered(session) {
  const socket = await Socket.open(session, [], { 'sec-websocket-protocol': 'http1.1, h2' });
  equal(socket.headers[':status'], 200);
  equal(socket.headers['sec-websocket-protocol'], 'h2');
  for (const name of ['connection', 'upgrade', 'sec-websocket-accept']) equal(socket.headers[name], undefined);
  await socket.close();
}

async function comesBack(socket, opcode, payload) {
  socket.send(opcode, payload);
  const frame = await socket.next();
  if (frame.opcode !== opcode || !frame.payload.equals(Buffer.from(payload))) throw new Error('the answer differs');
}

async function echoes(session, size) {
  const socket = await Socket.open(session);
  await comesBack(socket, TEXT, 'x'.repeat(size));
  await comesBack(socket, BINARY, crypto.randomBytes(size));
  await socket.close();
}

async function fragments(session) {
  const socket = await Socket.open(session);
  socket.send(TEXT, 'one ', false);
  socket.send(PING, 'p');
  socket.send(0, 'two ', false);
  socket.send(0, 'three');
  equal((await socket.next()).opcode, PONG);
  equal(String((await socket.next()).payload), 'one two three');
  await socket.close();
}

async function byteByByte(session) {
  const socket = await Socket.open(session);
  for (const byte of encode(TEXT, Buffer.from('byte by byte'), true)) {
    await new Promise((resolve) => socket.stream.write(Buffer.from([byte]), resolve));
  }
  equal(String((await socket.next()).payload), 'byte by byte');
  await socket.close();
}

// One less than the server's limit, for the requests beside them.
async function manySockets(session) {
  const sockets = await Promise.all(Array.from({ length: 99 }, () => Socket.open(session)));
  await Promise.all(sockets.map((socket, at) => comesBack(socket, TEXT, `${at}`)));
  await Promise.all(sockets.map((socket) => socket.close()));
}

async function closedByClient(session) {
  const socket = await Socket.open(session);
  await socket.close(4999);
  await closed(socket.stream);
  equal(socket.stream.rstCode, NGHTTP2_NO_ERROR);
}

async function closedByServer(session) {
  const socket = await Socket.open(session, ['close=4001']);
  await comesBack(socket, TEXT, 'hello');
  equal(String((await socket.next()).payload.subarray(2)), 'enough');
  socket.send(CLOSE, [4001 >> 8, 4001 & 255]);
  equal(await socket.next(), undefined);
  equal(await socket.seen(), 'HTTP/2.0 closed, the peer said 4001 "", we said 4001 "enough"');
}

async function closed(stream) {
  if (!stream.closed) await new Promise((resolve) => stream.on('close', resolve));
}

const closeFrame = (socket) => socket.send(CLOSE, [3, 232]);
const cancel = (socket) => socket.stream.close(NGHTTP2_CANCEL);
// Node resets at once, before what it has to write: so this waits until that has left.
const written = (socket) => fetchText(socket.session, '/connections');

// What a client does without the exchange of Close frames, and how the server says that it ended. hyper
// shows a reset with CANCEL as an end.
const ends = [
  ['the stream ends without a Close frame', (socket) => socket.stream.end(), 'the peer ended the stream without a Close frame'],
  ['the stream is reset without a Close frame', cancel, 'the peer ended the stream without a Close frame'],
  ['the stream is reset inside a message', async (socket) => {
    socket.send(TEXT, 'begun', false);
    await written(socket);
    cancel(socket);
  }, 'the peer ended the stream inside a message'],
  ['the stream is reset after both Close frames', async (socket) => {
    closeFrame(socket);
    await socket.next();
    cancel(socket);
  }, 'closed, the peer said 1000 "", we said 1000 ""'],
  ['the stream is reset after the Close frame of the client', async (socket) => {
    closeFrame(socket);
    await written(socket);
    cancel(socket);
  }, 'closed, the peer said 1000 "", we said 1000 ""'],
  ['the stream ends together with the Close frame', (socket) => {
    closeFrame(socket);
    socket.stream.end();
  }, 'closed, the peer said 1000 "", we said 1000 ""'],
];

async function endsWith(session, act, ending) {
  const socket = await Socket.open(session);
  await comesBack(socket, TEXT, 'hello');
  await act(socket);
  equal(await socket.seen(), `HTTP/2.0 ${ending}`);
}

// A header that is null is left out.
const refusals = [
  ['an origin that is not ours', { origin: 'https://example.com' }, 403],
  ['another protocol', { ':protocol': 'connect-udp' }, 501],
  ['no version', { 'sec-websocket-version': null }, 400],
  ['another version', { 'sec-websocket-version': '12' }, 400],
  ['a list of subprotocols that is none', { 'sec-websocket-protocol': 'a b' }, 400],
];

async function refused(session, headers, status) {
  const socket = await Socket.open(session, [], headers);
  equal(socket.headers[':status'], status);
  socket.stream.end();
}

async function brokenConnection() {
  const [session, other] = [await connect(url), await connect(url)];
  const sockets = await Promise.all(Array.from({ length: 4 }, () => Socket.open(session)));
  await Promise.all(sockets.map((socket) => comesBack(socket, TEXT, 'hello')));
  session.destroy();
  for (const socket of sockets) {
    const seen = await fetchText(other, `/seen?${socket.id}`);
    if (!/broken pipe|without a Close frame/.test(seen)) throw new Error(seen);
  }
  other.close();
}

async function notWelcome() {
  const session = await connect(notAdvertising);
  equal(session.remoteSettings.enableConnectProtocol, false);
  const { stream } = new Socket(session, '/ws', {});
  await closed(stream);
  equal(stream.rstCode, NGHTTP2_PROTOCOL_ERROR);
  session.close();
}

// Its WebSockets are closed with 1001, each clean, and then it ends.
async function theExample(scheme, options) {
  const server = spawn(example, ['--listen', '127.0.0.1:0', ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const lines = require('readline').createInterface({ input: server.stdout })[Symbol.asyncIterator]();
    const { value } = await lines.next();
    equal(value.replace(/\d+$/, ''), `listening on ${scheme}://127.0.0.1:`);
    const session = await connect(value.slice('listening on '.length));
    const sockets = await Promise.all(Array.from({ length: 4 }, () => Socket.open(session)));
    await Promise.all(sockets.map((socket) => comesBack(socket, BINARY, 'hello')));
    server.kill('SIGINT');
    for (const socket of sockets) {
      const { opcode, payload } = await socket.next();
      equal(`${opcode} ${payload.readUInt16BE()}`, `${CLOSE} 1001`);
      socket.send(CLOSE, payload);
      equal(await socket.next(), undefined);
      socket.stream.end();
    }
    equal((await lines.next()).value, 'ShutdownSummary { clean: 4, aborted: 0 }');
    equal((await once(server, 'exit'))[0], 0);
  } finally {
    server.kill();
  }
}

main();
