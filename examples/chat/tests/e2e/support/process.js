// Programs that a test starts and stops.
'use strict';
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const net = require('node:net');
const { createInterface } = require('node:readline');
const { setTimeout: sleep } = require('node:timers/promises');

// Programs are killed even if a test does not end properly.
const running = new Set();
process.once('exit', () => running.forEach((program) => program.kill('SIGKILL')));

// The server under test.
class Chat {
  static async start(t, ...args) {
    const chat = new Chat();
    chat.args = args;
    t.after(() => chat.stop('SIGKILL'));
    await chat.begin(0);
    return chat;
  }

  // Stops the process, by default as for an update, and starts a new one on the same port.
  async restart(signal = 'SIGTERM') {
    await this.stop(signal);
    await this.begin(new URL(this.url).port);
  }

  // Port 0 takes a free one.
  async begin(port) {
    const command = process.env.E2E_CHAT.split(' ');
    this.process = start([...command, '--listen', `127.0.0.1:${port}`, '--metrics', '127.0.0.1:0', ...this.args]);
    const [first, second] = await firstLines(this.process, 2);
    this.url = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(first)?.[1];
    this.metrics = /^metrics on (http:\/\/127\.0\.0\.1:\d+\/metrics)$/.exec(second)?.[1];
    if (!this.url || !this.metrics) throw new Error(`the chat printed '${first}' and '${second}'`);
  }

  stop(signal) {
    return stop(this.process, signal);
  }
}

// Starts a program, and waits until `ready()` does not fail.
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

// An error that ends the attempts of `eventually`.
class Fatal extends Error {}

// Repeats `attempt()` until it does not fail, or gives up after some time, in milliseconds.
async function eventually(attempt, timeout = 10_000) {
  const end = Date.now() + timeout;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof Fatal || Date.now() > end) throw error;
      await sleep(25);
    }
  }
}

// A port that is free now. Another program may take it before the test does, but that is rare.
async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

// Fails if nothing listens on the port.
async function connects(port) {
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
}

module.exports = { Chat, connects, eventually, freePort, startAndWait };
