'use strict';
// Deno as a client, which trusts what DENO_CERT or a client of its own names.

const { OverWebSocket } = require('../shared/matrix_connection.cjs');
const { run } = require('../shared/matrix_client.cjs');

const authority = Deno.env.get('INTEROP_CA');
const client = authority && Deno.createHttpClient({ caCerts: [Deno.readTextFileSync(authority)] });

run((url, protocols) => new OverWebSocket(new WebSocket(url, { protocols, client })).opened());
