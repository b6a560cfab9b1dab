'use strict';
// ws as a client.

const fs = require('node:fs');
const WebSocket = require('ws');
const { Refused } = require('../shared/matrix_connection.cjs');
const { run } = require('../shared/matrix_client.cjs');
const { OnWs, perMessageDeflate } = require('./connection.cjs');

const authority = process.env.INTEROP_CA;
const options = {
  ca: authority && fs.readFileSync(authority),
  maxPayload: 64 << 20,
  perMessageDeflate: perMessageDeflate() ?? false,
};

function refusal(response, reject) {
  const parts = [];
  response.on('data', (part) => parts.push(part));
  response.on('end', () => reject(new Refused(response.statusCode, Buffer.concat(parts).toString())));
}

run((url, subprotocols) => new Promise((resolve, reject) => {
  const socket = new WebSocket(url, subprotocols, options);
  const connection = new OnWs(socket);
  socket.on('open', () => {
    connection.subprotocol = socket.protocol;
    resolve(connection);
  });
  socket.on('unexpected-response', (_, response) => refusal(response, reject));
  socket.on('error', reject);
}));
