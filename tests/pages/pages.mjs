// Each kind of page, as each kind of reader has it: nothing is asked of others, nothing complains, nothing sticks out, axe finds
// nothing, and it weighs what it may.

import { createRequire } from 'node:module';
import { brotliCompressSync, constants } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { given, end, launch, watched } from './chromium.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// Bytes: what comes in the first round trip, and all of it.
const DOCUMENT_MAX = 14_000;
const ALL_MAX = 60_000;

// What differs between readers. Axe looks where it can find something new: colours of light and dark, narrow and wide.
const READERS = [
  { name: 'phone, Vietnamese', locale: 'vi-VN', axe: true },
  { name: 'phone, English, dark', locale: 'en-GB', colorScheme: 'dark', axe: true },
  { name: 'phone, without script', locale: 'vi-VN', javaScriptEnabled: false },
  // As wide as a phone of 2010, and a phone with letters twice as large.
  { name: '320 pixels', locale: 'vi-VN', viewport: { width: 320, height: 568 } },
  { name: 'twice as large', locale: 'vi-VN', viewport: { width: 360, height: 640 }, zoom: true },
  { name: 'desk, Chinese', locale: 'zh-CN', viewport: { width: 1280, height: 900 }, axe: true },
  { name: 'desk, dark', locale: 'vi-VN', viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
];

const { origin, pages } = await given();
const browser = await launch();
const failures = [];
let done = 0;
let heaviest = { bytes: 0, name: '' };

for (const { zoom, axe: judged, name: reader, ...options } of READERS) {
  const { context, page, wrong } = await watched(browser, origin, options);
  for (const { name, path, status } of pages) {
    const where = `${name} (${path}), ${reader}`;
    const fail = (what) => failures.push(`${where}: ${what}`);
    wrong.length = 0;
    const sizes = [];
    const weigh = (response) => sizes.push(response.body().then((body) => body.length, () => 0));
    page.on('response', weigh);
    const answer = await page.goto(origin + path, { waitUntil: 'load' });
    page.off('response', weigh);
    if (answer.status() !== status) fail(`status ${answer.status()}, not ${status}`);
    const html = await answer.body();
    const compressed = brotliCompressSync(html, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }).length;
    if (compressed > heaviest.bytes) heaviest = { bytes: compressed, name: where };
    if (compressed > DOCUMENT_MAX) fail(`the document takes ${compressed} bytes, compressed`);
    const rest = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) - html.length;
    if (compressed + rest > ALL_MAX) fail(`everything takes ${compressed + rest} bytes`);
    if (options.javaScriptEnabled !== false) {
      if (zoom) await page.evaluate(() => { document.documentElement.style.fontSize = '225%'; });
      const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      if (content > window) fail(`it is ${content} wide in a window of ${window}`);
      if (judged) {
        await page.evaluate(`${AXE}\n0`);
        // Without the frames that no page has.
        const found = await page.evaluate(() => axe.run({ iframes: false, resultTypes: ['violations'] }));
        for (const violation of found.violations) {
          fail(`axe: ${violation.id}: ${violation.nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`);
        }
      }
    } else {
      const seen = await page.locator('h1').first().innerText();
      if (!seen) fail('nothing to read without script');
    }
    wrong.forEach(fail);
    done += 1;
  }
  await context.close();
}

await browser.close();
console.log(`the largest document: ${heaviest.bytes} bytes, compressed: ${heaviest.name}`);
end(failures, done);
