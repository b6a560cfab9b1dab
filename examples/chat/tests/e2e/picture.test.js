// Sending pictures, in all the ways to choose one.
'use strict';
const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { Person, openBrowser } = require('./support/person.js');
const { Chat } = require('./support/process.js');
const { noise } = require('./support/png.js');

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser.close());

test('a picture from a file', async (t) => {
  const { ada, grace } = await twoPeople(t);
  await ada.page.setInputFiles('#file', { name: 'a.png', mimeType: 'image/png', buffer: noise(96, 64) });
  await describe(ada, 'A field of dots');
  for (const person of [ada, grace]) {
    const picture = await shown(person);
    assert.deepEqual([picture.width, picture.height, picture.alt], [96, 64, 'A field of dots']);
  }
});

// The server would refuse more than 256 KiB.
test('a large picture is made smaller, and keeps its shape', async (t) => {
  const { ada, grace } = await twoPeople(t);
  await ada.page.setInputFiles('#file', { name: 'a.png', mimeType: 'image/png', buffer: noise(900, 600) });
  await describe(ada, '');
  const picture = await shown(grace);
  assert.ok(picture.width < 900 && picture.width >= 320, `${picture.width} wide`);
  assert.equal(picture.height, Math.round((picture.width * 600) / 900));
  assert.equal(picture.alt, 'Picture from Ada, not described');
});

test('pictures that are pasted and dropped', async (t) => {
  const { ada, grace } = await twoPeople(t);
  await give(ada, '#text', 'paste', noise(40, 30));
  await describe(ada, 'pasted');
  assert.equal((await shown(grace, 'pasted')).width, 40);
  await give(ada, '#scroll', 'drop', noise(50, 30));
  await describe(ada, 'dropped');
  assert.equal((await shown(grace, 'dropped')).width, 50);
});

test('a file that is not a picture is refused with a notice', async (t) => {
  const { ada } = await twoPeople(t);
  const file = { name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('no picture') };
  await ada.page.setInputFiles('#file', file);
  await ada.page.locator('#notice', { hasText: 'no picture' }).waitFor();
  assert.equal(await ada.page.locator('#describe').isVisible(), false);
});

async function twoPeople(t) {
  const { url } = await Chat.start(t);
  const people = await Promise.all(['Ada', 'Grace'].map((name) => Person.enter(browser, url, name)));
  return { ada: people[0], grace: people[1] };
}

async function describe({ page }, alt) {
  await page.fill('#alt', alt);
  await page.press('#alt', 'Enter');
}

// The picture that was received, once it is loaded, with its real size instead of the size on
// screen.
async function shown({ page, errors }, alt) {
  const image = page.locator(alt ? `#received .picture img[alt="${alt}"]` : '#received .picture img');
  await image.waitFor();
  assert.deepEqual(errors, []);
  return image.evaluate(async (shown) => {
    await shown.decode();
    return { width: shown.naturalWidth, height: shown.naturalHeight, alt: shown.alt };
  });
}

// Pastes a picture into an element, or drops it there.
async function give({ page }, selector, kind, png) {
  await page.locator(selector).evaluate((element, { kind, png }) => {
    const bytes = Uint8Array.from(atob(png), (byte) => byte.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], 'a.png', { type: 'image/png' }));
    const options = { bubbles: true, cancelable: true, clipboardData: data, dataTransfer: data };
    element.dispatchEvent(kind === 'paste' ? new ClipboardEvent(kind, options) : new DragEvent(kind, options));
  }, { kind, png: png.toString('base64') });
}
