// Looks for accessibility problems with axe in each state of the page, and takes screenshots for
// people to look at.
'use strict';
const assert = require('node:assert/strict');
const { mkdirSync } = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { source } = require('axe-core');
const { Person, openBrowser } = require('./support/person.js');
const { Chat } = require('./support/process.js');
const { Relay } = require('./support/relay.js');

const SCREENSHOTS = path.join(__dirname, 'screenshots');

// The devices and settings that the page is tested with.
const LOOKS = {
  'desktop-light': { viewport: { width: 1200, height: 760 } },
  'desktop-dark': { viewport: { width: 1200, height: 760 }, colorScheme: 'dark' },
  'phone': { viewport: { width: 320, height: 640 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};

let browser;
before(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  browser = await openBrowser();
});
after(() => browser.close());

for (const [look, options] of Object.entries(LOOKS)) {
  test(`no accessibility problems: ${look}`, async (t) => {
    const chat = await Chat.start(t);
    const relay = await Relay.start(t, chat.url);
    const room = 'garden';
    const ada = await Person.open(browser, relay.url, { ...options, reducedMotion: 'reduce', room });
    await inspect(ada, look, 'entrance');

    await ada.enter('Ada');
    const grace = await Person.enter(browser, chat.url, 'Grace', { room });
    const edith = await Person.enter(browser, chat.url, 'Edith of the Long Name in Full', { room });
    await ada.page.locator('#names li').nth(2).waitFor({ state: 'attached' });
    await converse(ada, grace, edith);
    await inspect(ada, look, 'room');

    await ada.page.setInputFiles('#file', await picture(grace));
    await ada.page.locator('#describe').waitFor();
    await inspect(ada, look, 'dialog');
    await ada.page.fill('#alt', 'The chat as Grace sees it');
    await ada.page.press('#alt', 'Enter');
    await ada.page.locator('#received img').waitFor();

    if (options.isMobile) await ada.page.click('#show-people');
    await relay.cut();
    await ada.page.waitForSelector('#connection[data-state=waiting]');
    await ada.say('Is anybody there?');
    await inspect(ada, look, 'lost');
    assert.deepEqual(ada.errors, []);
  });
}

test('new messages are read out by screen readers', async (t) => {
  const { url } = await Chat.start(t);
  const ada = await Person.open(browser, url);
  const log = ada.page.getByRole('log');
  assert.equal(await ada.page.locator('#log').getAttribute('aria-live'), 'off');
  await ada.enter('Ada');
  assert.equal(await log.getAttribute('aria-live'), 'polite');
  await ada.say('hello');
  await log.getByText('hello').waitFor();
  assert.equal(await ada.page.getByRole('status').first().textContent(), 'Connected');
});

async function converse(ada, grace, edith) {
  await ada.say('Good morning! Has anybody watered the tomatoes?');
  await edith.waitForMessage('tomatoes');
  await edith.say('Yes, yesterday evening.');
  await edith.say('The beans too, and the cucumbers by the fence. I tied them up again, as the wind had blown them across the path.');
  await ada.waitForMessage('cucumbers');
  await grace.say('Thank you!');
  await ada.waitForMessage('Thank you');
  await ada.say('Then I only bring the seeds on Saturday:\n– spinach\n– radishes');
  await ada.waitForMessages(5);
}

async function picture(person) {
  const buffer = await person.page.screenshot();
  return { name: 'room.png', mimeType: 'image/png', buffer };
}

async function inspect({ page }, look, state) {
  await page.screenshot({ path: path.join(SCREENSHOTS, `${look}-${state}.png`) });
  const { width, full } = await page.evaluate(() =>
    ({ width: document.documentElement.clientWidth, full: document.documentElement.scrollWidth }));
  assert.ok(full <= width, `${state}: ${full} pixels wide`);
  const violations = await page.evaluate(`${source}; axe.run({ resultTypes: ['violations'] }).then((found) =>
    found.violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html + ' ' + failureSummary)))`);
  assert.deepEqual(violations, [], state);
}
