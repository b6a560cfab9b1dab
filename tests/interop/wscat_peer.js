// A server on Node ws for our wscat to talk with: wscat_peer.js [CERT KEY]
// wscat_peer.py, its twin, says what it prints and what each path does.
'use strict';
const { readFileSync } = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const { WebSocketServer } = require('ws');

const lifetime = 60_000;
const [cert, key] = process.argv.slice(2).map((name) => readFileSync(name));

const greetings = {
  '/headers': (ws, request) => ws.send(`${request.headers['x-first']} ${request.headers['x-second']}`),
  '/subprotocol': (ws, request) => ws.send(`${ws.protocol} of ${request.headers['sec-websocket-protocol']}`),
  '/ping': (ws) => ws.on('pong', (data) => ws.send(`${data}` === 'are you there?' ? 'ponged' : 'wrong pong'))
    .ping('are you there?'),
  '/fragments': (ws) => {
    const fragments = ['frag', '', 'mented ', 'κόσμε'];
    // A newer ping may be answered alone (§5.5.3).
    ws.on('pong', (data) => { if (`${data}` === `${fragments.length - 1}`) ws.send('ponged'); });
    fragments.forEach((fragment, i) => {
      ws.send(fragment, { fin: i === fragments.length - 1 });
      ws.ping(`${i}`);
    });
  },
  '/deflate': (ws, request) => ws.send(request.agreed?.split(': ')[1] ?? 'no extension'),
  '/leave': (ws) => { ws.send('bye'); ws.close(1001, 'restart'); },
  '/drop': (ws) => ws.send('bye', () => ws.terminate()),
};

const refusals = {
  '/refuse': ['401 Unauthorized', 'not without a ticket\n'],
  '/redirect': ['302 Found\r\nLocation: /elsewhere', 'over there\n'],
};

function sockets(perMessageDeflate) {
  const handleProtocols = (offered) => (offered.has('superchat') ? 'superchat' : false);
  return new WebSocketServer({ noServer: true, maxPayload: 0, handleProtocols, perMessageDeflate });
}

// Its names for the parameters are the same in camel case.
function options(query) {
  const result = { threshold: 0 };
  for (const [name, value] of query) {
    result[name.replace(/_./g, ([, letter]) => letter.toUpperCase())] = value ? Number(value) : true;
  }
  return result;
}

const ordinary = sockets(true);
const server = cert ? https.createServer({ cert, key }) : http.createServer();

server.on('upgrade', (request, socket, head) => {
  const [path, query] = request.url.split('?');
  if (path === '/deflate') {
    sockets(options(new URLSearchParams(query)))
      .on('headers', (headers) => { request.agreed = headers.find((line) => /^sec-websocket-ext/i.test(line)); })
      .handleUpgrade(request, socket, head, (ws) => handle(ws, request));
  } else if (request.url in refusals) {
    const [status, body] = refusals[request.url];
    socket.end(`HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
  } else {
    ordinary.handleUpgrade(request, socket, head, (ws) => handle(ws, request));
  }
});

function handle(ws, request) {
  const path = request.url.split('?')[0];
  ws.on('error', () => {});
  ws.on('message', (data, binary) => {
    if (path === '/kind') ws.send(`${binary ? 'binary' : 'text'} ${data.length}`);
    else if (`${data}` === 'how many bytes?') ws.send(`${request.socket.bytesRead}`);
    else ws.send(data, { binary });
  });
  ws.on('close', (code) => console.log(`closed ${path} ${code === 1006 ? 'without a Close frame' : code}`));
  greetings[path]?.(ws, request);
}

server.listen(0, '127.0.0.1', () =>
  console.log(`listening on ${cert ? 'wss' : 'ws'}://127.0.0.1:${server.address().port}`));
setTimeout(() => process.exit(1), lifetime);
