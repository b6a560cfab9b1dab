'use strict';
// ws as a server.

const { WebSocketServer } = require('ws');
const { httpServer, listen, refuse, serve } = require('../shared/matrix_server.cjs');
const { OnWs, perMessageDeflate } = require('./connection.cjs');

const server = httpServer();
const sockets = new WebSocketServer({
  noServer: true,
  maxPayload: 64 << 20,
  perMessageDeflate: options(),
  handleProtocols: (offered) => offered.has('chat') && 'chat',
});

/** A server has no opinion on the client's window unless it wants one. */
function options() {
  const wanted = perMessageDeflate();
  if (wanted?.clientMaxWindowBits === true) delete wanted.clientMaxWindowBits;
  return wanted ?? false;
}

server.on('upgrade', (request, stream, head) => {
  if (request.url === '/refusal') return refuse(stream);
  return sockets.handleUpgrade(request, stream, head, (socket) => serve(new OnWs(socket)));
});
listen(server);
