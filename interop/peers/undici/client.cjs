'use strict';
// undici as a client, by the browsers' interface. It always offers compression.

const fs = require('node:fs');
const { Agent, WebSocket } = require('undici');
const { OverWebSocket } = require('../shared/matrix_connection.cjs');
const { run } = require('../shared/matrix_client.cjs');

const authority = process.env.INTEROP_CA;
const dispatcher = new Agent({ connect: { ca: authority && fs.readFileSync(authority) } });

run((url, protocols) => new OverWebSocket(new WebSocket(url, { protocols, dispatcher })).opened());
