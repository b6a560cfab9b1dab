'use strict';
// faye-websocket as a server.

const WebSocket = require('faye-websocket');
const { httpServer, listen, refuse, serve } = require('../shared/matrix_server.cjs');
const { OnFaye, options } = require('./connection.cjs');

const server = httpServer();
server.on('upgrade', (request, stream, head) => {
  if (request.url === '/refusal') return refuse(stream);
  const connection = new OnFaye(new WebSocket(request, stream, head, ['chat'], options));
  connection.drop = async () => { stream.destroy(); };
  return serve(connection);
});
listen(server);
