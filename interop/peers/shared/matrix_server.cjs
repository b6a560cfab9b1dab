'use strict';
// What every server program for Node and its like does, whatever it speaks with.

const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const { FRAGMENTS, REFUSAL, Absent, Closed } = require('./matrix_connection.cjs');

/** Sends messages back and obeys commands, until the connection ends. */
async function serve(connection) {
  try {
    for (;;) await answer(connection, await connection.receive());
  } catch (error) {
    if (!(error instanceof Closed)) console.error(error);
  }
}

async function answer(connection, message) {
  if (typeof message !== 'string' || !message.startsWith('!')) return connection.send(message);
  try {
    return await obey(connection, message);
  } catch (error) {
    if (error instanceof Absent) return connection.send('absent');
    throw error;
  }
}

async function obey(connection, command) {
  const [name, code, ...reason] = command.split(' ');
  switch (name) {
    case '!close': return connection.close(code && Number(code), reason.join(' '));
    case '!fragments': return connection.sendFragments([FRAGMENTS.slice(0, 3), FRAGMENTS.slice(3, 5), FRAGMENTS.slice(5)]);
    case '!drop': return connection.drop();
    case '!ping':
      await connection.ping();
      return connection.send('ponged');
    default: return connection.send('absent');
  }
}

/** A server of Node's, with TLS if that is wanted, which refuses requests that ask for no WebSocket. */
function httpServer() {
  const { INTEROP_CERTIFICATE: cert, INTEROP_KEY: key } = process.env;
  return key ? https.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) }) : http.createServer();
}

/** Listens, and says where. */
function listen(server) {
  const scheme = process.env.INTEROP_KEY ? 'wss' : 'ws';
  server.listen(0, '127.0.0.1', () => console.log(`listening on ${scheme}://127.0.0.1:${server.address().port}`));
}

/** Answers a request to upgrade with a refusal, by hand. */
function refuse(socket) {
  socket.end(`HTTP/1.1 401 Unauthorized\r\nContent-Length: ${REFUSAL.length}\r\nConnection: close\r\n\r\n${REFUSAL}`);
}

module.exports = { serve, httpServer, listen, refuse };
