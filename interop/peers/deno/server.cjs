'use strict';
// Deno as a server.

const { OverWebSocket, REFUSAL } = require('../shared/matrix_connection.cjs');
const { serve } = require('../shared/matrix_server.cjs');

const key = Deno.env.get('INTEROP_KEY');
const options = {
  hostname: '127.0.0.1',
  port: 0,
  onListen: ({ port }) => console.log(`listening on ${key ? 'wss' : 'ws'}://127.0.0.1:${port}`),
  ...key && { key: Deno.readTextFileSync(key), cert: Deno.readTextFileSync(Deno.env.get('INTEROP_CERTIFICATE')) },
};

Deno.serve(options, (request) => {
  if (new URL(request.url).pathname === '/refusal') return new Response(REFUSAL, { status: 401 });
  const offered = request.headers.get('sec-websocket-protocol') ?? '';
  const protocol = offered.split(/, */).includes('chat') ? 'chat' : undefined;
  const { socket, response } = Deno.upgradeWebSocket(request, { protocol, idleTimeout: 0 });
  serve(new OverWebSocket(socket));
  return response;
});
