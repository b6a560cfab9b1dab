'use strict';
// faye-websocket as a client.

const fs = require('node:fs');
const { Client } = require('faye-websocket');
const { run } = require('../shared/matrix_client.cjs');
const { OnFaye, options } = require('./connection.cjs');

const authority = process.env.INTEROP_CA;
const tls = { ca: authority && fs.readFileSync(authority) };

run((url, protocols) => new OnFaye(new Client(url, protocols, { ...options, tls })).opened());
