'use strict';
// The package websocket as a server.

const { server: Server } = require('websocket');
const { httpServer, listen, refuse, serve } = require('../shared/matrix_server.cjs');
const { OnWebsocket, sizes } = require('./connection.cjs');

const plain = httpServer();
const server = new Server({ httpServer: plain, ...sizes });
server.on('request', (request) => {
  if (request.resource === '/refusal') return refuse(request.socket);
  const chosen = request.requestedProtocols.includes('chat') ? 'chat' : null;
  return serve(new OnWebsocket(request.accept(chosen, request.origin)));
});
listen(plain);
