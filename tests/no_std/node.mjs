// Lets Node be the other side of the module for WebAssembly:
//
//   node --experimental-websocket node.mjs FILE.wasm
//
// First the module plays client and server itself. Then it is a server whose sockets Node has, for Node's
// own WebSocket, and for a client of these lines that compresses with Node's zlib.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

const { instance } = await WebAssembly.instantiate(readFileSync(process.argv[2]), {});
const module = instance.exports;

assert.equal(module.conversation_is_right(0), 1);
assert.equal(module.conversation_is_right(1), 1);
console.log('right, plain and compressed');

const server = createServer((socket) => {
  const connection = module.open();
  socket.on('data', (bytes) => {
    while (bytes.length > 0) {
      const room = module.space_len(connection);
      const part = bytes.subarray(0, room);
      new Uint8Array(module.memory.buffer, module.space(connection), room).set(part);
      module.receive(connection, part.length);
      bytes = bytes.subarray(part.length);
    }
    for (let len; (len = module.output_len(connection)) > 0; module.written(connection, len)) {
      socket.write(new Uint8Array(module.memory.buffer, module.output(connection), len).slice());
    }
    if (module.has_ended(connection)) socket.end();
  });
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const { port } = server.address();

const text = 'Es grüßt euch: 世界, 🌍! '.repeat(3000);
const data = randomBytes(70_000);

await talkAsNode();
console.log("right, with Node's WebSocket");
await talkCompressed();
console.log("right, with Node's zlib");
server.close();

async function talkAsNode() {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  socket.binaryType = 'arraybuffer';
  const heard = [];
  await new Promise((closed, failed) => {
    socket.onerror = failed;
    socket.onopen = () => [text, data, ''].forEach((message) => socket.send(message));
    socket.onmessage = (event) => {
      heard.push(event.data);
      if (heard.length === 3) socket.close(1000, 'done');
    };
    socket.onclose = (event) => {
      assert.deepEqual([event.code, event.wasClean], [1000, true]);
      closed();
    };
  });
  assert.equal(heard[0], text);
  assert.deepEqual(Buffer.from(heard[1]), data);
  assert.equal(heard[2], '');
}

async function talkCompressed() {
  const key = randomBytes(16).toString('base64');
  const accepted = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  const socket = connect(port, '127.0.0.1');
  const received = [];
  socket.on('data', (bytes) => received.push(bytes));
  socket.write(
    `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n` +
      'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n\r\n',
  );
  // RFC 7692 §7.2.1: without the four bytes at the end of what is flushed.
  const deflated = deflateRawSync(text, { finishFlush: 2 }).subarray(0, -4);
  socket.write(frame(0xc1, deflated));
  socket.write(frame(0x88, Buffer.from([0x03, 0xe8])));
  await new Promise((ended, failed) => socket.on('end', ended).on('error', failed));

  const bytes = Buffer.concat(received);
  const end = bytes.indexOf('\r\n\r\n') + 4;
  const head = bytes.subarray(0, end).toString();
  assert.match(head, /^HTTP\/1\.1 101 /);
  assert.ok(head.includes(accepted.digest('base64')), head);
  assert.match(head, /permessage-deflate; server_no_context_takeover/);
  const frames = [...unmaskedFrames(bytes.subarray(end))];
  assert.deepEqual(frames.map(([first]) => first), [0xc1, 0x88]);
  const tail = Buffer.from([0, 0, 0xff, 0xff]);
  const inflated = inflateRawSync(Buffer.concat([frames[0][1], tail]), { finishFlush: 2 });
  assert.equal(inflated.toString(), text);
  assert.deepEqual(frames[1][1], Buffer.from([0x03, 0xe8]));
}

/** A masked frame of at most 65,535 bytes. */
function frame(first, payload) {
  const key = randomBytes(4);
  const header =
    payload.length < 126
      ? [first, 0x80 | payload.length]
      : [first, 0xfe, payload.length >> 8, payload.length & 0xff];
  const masked = payload.map((byte, at) => byte ^ key[at % 4]);
  return Buffer.concat([Buffer.from(header), key, masked]);
}

/** The first byte and the payload of frames of at most 65,535 bytes. */
function* unmaskedFrames(bytes) {
  while (bytes.length > 0) {
    const short = bytes[1] < 126;
    const [start, len] = short ? [2, bytes[1]] : [4, bytes.readUInt16BE(2)];
    yield [bytes[0], bytes.subarray(start, start + len)];
    bytes = bytes.subarray(start + len);
  }
}
