'use strict';
// The package websocket as a client.

const fs = require('node:fs');
const { client: Client } = require('websocket');
const { Refused } = require('../shared/matrix_connection.cjs');
const { run } = require('../shared/matrix_client.cjs');
const { OnWebsocket, sizes } = require('./connection.cjs');

const authority = process.env.INTEROP_CA;
const tlsOptions = { ca: authority && fs.readFileSync(authority) };

run((url, protocols) => new Promise((resolve, reject) => {
  const client = new Client({ ...sizes, tlsOptions });
  client.on('connect', (socket) => resolve(new OnWebsocket(socket)));
  client.on('httpResponse', (response) => reject(new Refused(response.statusCode)));
  client.on('connectFailed', reject);
  client.connect(url, protocols);
}));
