// A server on Node ws for our wscat to talk with; wscat_peer.py, its twin, says what each path does.
'use strict';
const { createServer } = require('node:http');
const { WebSocketServer } = require('ws');

const lifetime = 60_000;

const greetings = {
  '/headers': (ws, request) => ws.send(`${request.headers['x-first']} ${request.headers['x-second']}`),
  '/subprotocol': (ws, request) => ws.send(`${ws.protocol} of ${request.headers['sec-websocket-protocol']}`),
  '/ping': (ws) => ws.on('pong', (data) => ws.send(`${data}` === 'are you there?' ? 'ponged' : 'wrong pong'))
    .ping('are you there?'),
  '/leave': (ws) => { ws.send('bye'); ws.close(1001, 'restart'); },
  '/drop': (ws) => ws.send('bye', () => ws.terminate()),
};

const sockets = new WebSocketServer({
  noServer: true,
  handleProtocols: (offered) => (offered.has('superchat') ? 'superchat' : false),
});
const server = createServer();

server.on('upgrade', (request, socket, head) => {
  if (request.url === '/refuse') {
    socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 21\r\nConnection: close\r\n\r\nnot without a ticket\n');
  } else {
    sockets.handleUpgrade(request, socket, head, (ws) => handle(ws, request));
  }
});

function handle(ws, request) {
  const path = request.url;
  ws.on('error', () => {});
  ws.on('message', (data, binary) => {
    if (path === '/kind') ws.send(`${binary ? 'binary' : 'text'} ${data.length}`);
    else ws.send(data, { binary });
  });
  ws.on('close', (code) => console.log(`closed ${path} ${code === 1006 ? 'without a Close frame' : code}`));
  greetings[path]?.(ws, request);
}

server.listen(0, '127.0.0.1', () => console.log(`listening on ws://127.0.0.1:${server.address().port}`));
setTimeout(() => process.exit(1), lifetime);
