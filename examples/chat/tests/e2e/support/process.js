// Programs that a test starts, and ends.
'use strict';
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const net = require('node:net');
const { createInterface } = require('node:readline');
const { setTimeout: sleep } = require('node:timers/promises');

// Whatever happens to a test, nothing stays.
const running = new Set();
process.once('exit', () => running.forEach((program) => program.kill('SIGKILL')));

// The server under test, on a port of its own choice unless it is told one.
class Chat {
  static async start(t, ...args) {
    const chat = new Chat();
    chat.args = args;
    t.after(() => chat.stop('SIGKILL'));
    await chat.begin(0);
    return chat;
  }

  // A new process on the port of the old one, which ends as it does for an update.
  async restart(signal = 'SIGTERM') {
    await this.stop(signal);
    await this.begin(new URL(this.url).port);
  }

  async begin(port) {
    const command = process.env.E2E_CHAT.split(' ');
    this.process = start([...command, '--listen', `127.0.0.1:${port}`, '--metrics', '127.0.0.1:0', ...this.args]);
    const [first, second] = await firstLines(this.process, 2);
    this.url = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(first)?.[1];
    this.metrics = /^metrics on (http:\/\/127\.0\.0\.1:\d+\/metrics)$/.exec(second)?.[1];
    if (!this.url || !this.metrics) throw new Error(`the chat said '${first}' and '${second}'`);
  }

  stop(signal) {
    return stop(this.process, signal);
  }
}

// A program that is there when `ready()` does not fail.
async function startAndWait(t, command, env, ready) {
  const program = start(command, env);
  program.stdout.resume();
  t.after(() => stop(program, 'SIGKILL'));
  await eventually(async () => {
    if (program.exitCode !== null) throw new Fatal(`${command[0]} ended with ${program.exitCode}`);
    await ready();
  });
  return program;
}

function start([command, ...args], env = {}) {
  const options = { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } };
  const program = spawn(command, args, options);
  program.once('error', (error) => console.error(`${command}: ${error.message}`));
  running.add(program);
  program.once('exit', () => running.delete(program));
  return program;
}

async function firstLines(program, count) {
  const lines = [];
  for await (const line of createInterface({ input: program.stdout })) {
    if (lines.push(line) === count) break;
  }
  program.stdout.resume();
  return lines;
}

async function stop(program, signal) {
  if (program.exitCode !== null || program.signalCode !== null) return;
  const ended = once(program, 'exit');
  program.kill(signal);
  await ended;
}

class Fatal extends Error {}

// Tries until it does not fail, for a few seconds.
async function eventually(attempt, patience = 10_000) {
  const end = Date.now() + patience;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof Fatal || Date.now() > end) throw error;
      await sleep(25);
    }
  }
}

// Another program may take it before it is used, which is rare enough.
async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function connects(port) {
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
}

module.exports = { Chat, connects, eventually, freePort, startAndWait };
