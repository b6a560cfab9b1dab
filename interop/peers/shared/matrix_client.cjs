'use strict';
// What every client program in JavaScript does, whatever it speaks with.

const { FRAGMENTS, REFUSAL, Absent, Closed, Refused } = require('./matrix_connection.cjs');

const UNIT = 'κό σμε😀a漢字!';

/** Tries the cells that the command line names; `open(url, subprotocols)` opens a connection. */
async function run(open) {
  const [url, ...cells] = process.argv.slice(2);
  await tryCells(open, url, cells, console.log);
  process.exit(0);
}

async function tryCells(open, url, cells, print) {
  for (const cell of cells) {
    const [outcome, detail] = await outcomeOf(open, url.replace(/\/$/, ''), cell);
    await print(JSON.stringify({ cell, outcome, detail }));
  }
}

async function outcomeOf(open, url, cell) {
  try {
    await tryCell(open, url, cell);
    return ['passed', ''];
  } catch (error) {
    return error instanceof Absent ? ['absent', ''] : ['failed', String(error.message ?? error).slice(0, 300)];
  }
}

async function tryCell(open, url, cell) {
  const [name, what] = cell.split(':');
  if (name === 'refusal') return refusal(open, `${url}/${cell}`);
  const offered = name === 'subprotocol' ? ['other', 'chat'] : [];
  return CELLS[name](await open(`${url}/${cell}`, offered), what);
}

async function refusal(open, url) {
  try {
    await open(url, []);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    expect([undefined, 401].includes(error.status) && [undefined, REFUSAL].includes(error.body), error);
    return;
  }
  throw new Error('the connection was opened');
}

function expect(condition, instead) {
  if (!condition) throw new Error(`there came ${String(instead).slice(0, 80)}`);
}

function textOf(size) {
  const lengthOf = (text) => new TextEncoder().encode(text).length;
  const times = Math.floor(size / lengthOf(UNIT));
  return UNIT.repeat(times) + '.'.repeat(size - times * lengthOf(UNIT));
}

function binaryOf(size) {
  let state = 0x9e3779b9;
  return Uint8Array.from({ length: size }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  });
}

async function echoes(connection, message) {
  connection.send(message);
  const answer = await connection.receive();
  expect(isSame(answer, message), `${typeof answer} of ${answer.length}: ${String(answer.slice(0, 40))}`);
}

function isSame(answer, message) {
  if (typeof message === 'string') return answer === message;
  return answer instanceof Uint8Array && answer.length === message.length
    && answer.every((byte, place) => byte === message[place]);
}

/** The code and the reason that a cell's name stands for. */
function closing(what) {
  if (what === 'none') return [undefined, ''];
  if (what === 'reason') return [3001, 'enough κόσμε'];
  if (what === 'longest') return [1000, 'r'.repeat(123)];
  return [Number(what), ''];
}

/** The end of the connection, which has to be next. */
async function endOf(connection) {
  try {
    const answer = await connection.receive();
    throw new Error(`there came ${String(answer).slice(0, 80)}`);
  } catch (error) {
    if (error instanceof Closed) return error;
    throw error;
  }
}

const CELLS = {
  async text(connection, what) {
    await echoes(connection, textOf(Number(what)));
    await connection.close(1000, '');
  },
  async binary(connection, what) {
    await echoes(connection, binaryOf(Number(what)));
    await connection.close(1000, '');
  },
  async many(connection) {
    for (let number = 0; number < 100; number += 1) {
      await echoes(connection, `message ${number} `.repeat(number));
    }
    await connection.close(1000, '');
  },
  async 'fragments-sent'(connection) {
    const fragments = ['κό', '', 'σμε', 'x'.repeat(70_000)];
    await connection.sendFragments(fragments);
    const answer = await connection.receive();
    expect(answer === fragments.join(''), answer);
    await connection.close(1000, '');
  },
  async 'fragments-received'(connection) {
    connection.send('!fragments');
    const answer = await connection.receive();
    expect(answer === FRAGMENTS, answer);
    await connection.close(1000, '');
  },
  async 'ping-sent'(connection) {
    await connection.ping();
    await connection.close(1000, '');
  },
  async 'ping-received'(connection) {
    connection.send('!ping');
    const answer = await connection.receive();
    expect(answer === 'ponged', answer);
    await connection.close(1000, '');
  },
  async 'close-sent'(connection, what) {
    await connection.close(...closing(what));
  },
  async 'close-received'(connection, what) {
    const [code, reason] = closing(what);
    connection.send(code === undefined ? '!close' : `!close ${code} ${reason}`.trimEnd());
    const closed = await endOf(connection);
    expect(closed.code === (code ?? 1005) && closed.reason === reason, closed);
  },
  async subprotocol(connection) {
    expect(connection.subprotocol === 'chat', connection.subprotocol);
    await connection.close(1000, '');
  },
  async 'drop-sent'(connection) {
    await echoes(connection, 'bye');
    await connection.drop();
  },
  async 'drop-received'(connection) {
    connection.send('!drop');
    const closed = await endOf(connection);
    expect(closed.code === 1006, closed);
  },
  async idle(connection) {
    await new Promise((resolve) => { setTimeout(resolve, 3000); });
    await echoes(connection, 'awake');
    await connection.close(1000, '');
  },
};

module.exports = { run, tryCells };
