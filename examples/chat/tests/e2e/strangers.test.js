// Who may not enter, and what a page must not be able to do.
'use strict';
const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const { after, before, test } = require('node:test');
const { Person, openBrowser } = require('./support/person.js');
const { Chat } = require('./support/process.js');

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser.close());

test('a page of a foreign origin is refused, even with a token', async (t) => {
  const { url } = await Chat.start(t);
  const foreign = await serveForeignPage(t);
  const page = await browser.newPage();
  const token = await tokenFor(url, 'Ada');
  await page.goto(foreign);
  assert.equal(await page.evaluate(connect, [url, token]), 'refused');
  // The same from the right origin succeeds, so the origin was the reason.
  await page.goto(url);
  assert.equal(await page.evaluate(connect, [url, token]), 'welcome');
});

test('a page of a foreign origin gets no token', async (t) => {
  const { url } = await Chat.start(t);
  const page = await browser.newPage();
  await page.goto(await serveForeignPage(t));
  const ask = (url) => fetch(`${url}/token`, { method: 'POST', body: 'Ada' }).then((answer) => answer.text());
  await assert.rejects(page.evaluate(ask, url), /Failed to fetch/);
});

test('the page cannot be put into a frame', async (t) => {
  const { url } = await Chat.start(t);
  const page = await browser.newPage();
  await page.goto(await serveForeignPage(t));
  const frame = await page.evaluate((url) => new Promise((done) => {
    const frame = document.createElement('iframe');
    frame.src = url;
    frame.onload = () => done(frame.contentDocument === null ? 'blocked or foreign' : 'empty');
    document.body.append(frame);
  }), url);
  assert.equal(frame, 'blocked or foreign');
  assert.ok(page.frames().every((frame) => !frame.url().startsWith(url)));
});

test('each reason to refuse a request has its status', async (t) => {
  const { url } = await Chat.start(t);
  const other = await Chat.start(t);
  const token = await tokenFor(url, 'Ada');
  const forged = token.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'));
  const cases = [
    [101, { token }],
    [101, { token, origin: url }],
    [403, { token, origin: 'https://example.com' }],
    [403, { token, origin: 'null' }],
    [403, { token, origin: url.replace('http:', 'https:') + '.example' }],
    [401, { token: forged }],
    [401, { token: await tokenFor(other.url, 'Ada') }],
    [401, { token: '' }],
    [400, { token, query: '?room=no/room' }],
    [400, { token, query: `?room=${'x'.repeat(33)}` }],
    [400, { token, query: '?room=lobby&after=yesterday' }],
    [400, { token, query: '' }],
  ];
  for (const [status, request] of cases) {
    assert.equal(await statusOf(url, request), status, JSON.stringify(request));
  }
});

test('a16: a page that is refused for good shows why, and does not try again', async (t) => {
  const { url } = await Chat.start(t, '--origin', 'https://chat.example.com');
  const ada = await Person.open(browser, url);
  let attempts = 0;
  ada.page.on('websocket', () => attempts++);
  await ada.page.fill('#name', 'Ada');
  await ada.page.press('#name', 'Enter');
  await ada.page.locator('#trouble', { hasText: 'a page of another origin' }).waitFor();
  await ada.page.waitForTimeout(1_500); // the second attempt would be made by then
  assert.equal(attempts, 1);
  assert.equal(await ada.focused, 'name');
});

test('a16: a page that is refused for now shows why, and tries again', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.open(browser, url);
  const full = { status: 503, contentType: 'text/plain', body: 'too many rooms' };
  await ada.page.routeWebSocket(/ws/, (socket) => socket.close());
  await ada.page.route('**/ws?*', (route) => route.fulfill(full));
  await ada.page.fill('#name', 'Ada');
  await ada.page.press('#name', 'Enter');
  await ada.page.locator('#state', { hasText: 'Not let in: too many rooms, trying again…' }).waitFor();
});

test('names that are empty, too long or not one line are refused', async (t) => {
  const { url } = await Chat.start(t);
  for (const name of ['', '   ', 'x'.repeat(33), 'two\nlines']) {
    const answer = await fetch(`${url}/token`, { method: 'POST', body: name });
    assert.equal(answer.status, 400, name);
  }
});

test('the page loads nothing from elsewhere and runs nothing inline', async (t) => {
  const { url } = await Chat.start(t);
  const { page } = await Person.open(browser, url);
  const violation = page.evaluate(() => new Promise((done) => {
    document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective));
    const script = document.createElement('script');
    script.textContent = 'document.title = "inline"';
    document.body.append(script);
  }));
  assert.equal(await violation, 'script-src-elem');
  assert.equal(await page.title(), 'Chat');
});

async function serveForeignPage(t) {
  const server = http.createServer((_, response) => response.end('<!doctype html><title>Foreign</title>'));
  server.listen(0, '127.0.0.1');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

// Gets a token as any client can that is not a browser.
async function tokenFor(url, name) {
  const answer = await fetch(`${url}/token`, { method: 'POST', body: name });
  assert.equal(answer.status, 200);
  return answer.text();
}

// Runs in a page: opens a WebSocket, and returns the type of the first message, or 'refused'.
function connect([url, token]) {
  return new Promise((done) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?room=lobby`, ['chat', `token.${token}`]);
    socket.onmessage = ({ data }) => done(JSON.parse(data).type);
    socket.onerror = () => done('refused');
  });
}

async function statusOf(url, { token, origin, query = '?room=lobby' }) {
  const request = http.request(`${url}/ws${query}`, {
    agent: false,
    headers: {
      'Connection': 'Upgrade',
      'Upgrade': 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      'Sec-WebSocket-Protocol': token ? `chat, token.${token}` : 'chat',
      ...(origin && { Origin: origin }),
    },
  });
  request.end();
  const [response] = await Promise.race([once(request, 'response'), once(request, 'upgrade')]);
  request.destroy();
  return response.statusCode;
}
