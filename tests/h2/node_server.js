// A server of WebSockets over HTTP/2 without TLS, made of Node's own `http2`. Prints its port, echoes
// messages, and ends with its standard input.
'use strict';

const http2 = require('http2');

const { NGHTTP2_CANCEL, NGHTTP2_HTTP_1_1_REQUIRED, NGHTTP2_REFUSED_STREAM } = http2.constants;

function frame(opcode, payload) {
  if (payload.length > 0xffff) {
    const head = Buffer.alloc(10);
    head[0] = 0x80 | opcode;
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(payload.length), 2);
    return Buffer.concat([head, payload]);
  }
  const head = payload.length < 126
    ? Buffer.from([0x80 | opcode, payload.length])
    : Buffer.from([0x80 | opcode, 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([head, payload]);
}

// Takes a whole frame out of the bytes, which are masked.
function parse(bytes) {
  if (bytes.length < 2) return null;
  let [len, at] = [bytes[1] & 0x7f, 2];
  if (len === 126) [len, at] = [bytes.length < 4 ? Infinity : bytes.readUInt16BE(2), 4];
  else if (len === 127) [len, at] = [bytes.length < 10 ? Infinity : Number(bytes.readBigUInt64BE(2)), 10];
  if (bytes.length < at + 4 + len) return null;
  const key = bytes.subarray(at, at + 4);
  const payload = Buffer.from(bytes.subarray(at + 4, at + 4 + len));
  for (let i = 0; i < len; i++) payload[i] ^= key[i & 3];
  return { opcode: bytes[0] & 15, payload, rest: bytes.subarray(at + 4 + len) };
}

function echo(stream) {
  let bytes = Buffer.alloc(0);
  stream.on('data', (data) => {
    bytes = Buffer.concat([bytes, data]);
    for (let found; (found = parse(bytes)); bytes = found.rest) {
      if (found.opcode === 8) {
        stream.end(frame(8, found.payload));
        return;
      }
      if (found.opcode === 1 && found.payload.toString() === 'cancel') stream.close(NGHTTP2_CANCEL);
      else if (found.opcode === 9) stream.write(frame(10, found.payload));
      else stream.write(frame(found.opcode, found.payload));
    }
  });
}

const server = http2.createServer({ settings: { enableConnectProtocol: true } });
server.on('stream', (stream, headers) => {
  stream.on('error', () => {});
  if (headers[':method'] !== 'CONNECT' || headers[':protocol'] !== 'websocket') {
    stream.respond({ ':status': 501 }, { endStream: true });
    return;
  }
  switch (headers[':path']) {
    case '/echo':
      stream.respond({ ':status': 200, 'sec-websocket-protocol': headers['sec-websocket-protocol'] });
      echo(stream);
      break;
    case '/busy': stream.close(NGHTTP2_REFUSED_STREAM); break;
    case '/old': stream.close(NGHTTP2_HTTP_1_1_REQUIRED); break;
    default:
      stream.respond({ ':status': 404, 'content-type': 'text/plain' });
      stream.end('not here\n');
  }
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
