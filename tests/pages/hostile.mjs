// Pages full of what somebody hopes will run: nothing does, in any language, on any page that shows it.

import { given, end, launch, watched } from './chromium.mjs';

const { origin, pages } = await given();
const browser = await launch();
const failures = [];
let done = 0;

for (const locale of ['vi-VN', 'en-GB', 'zh-CN']) {
  const { context, page, wrong } = await watched(browser, origin, { locale });
  // Whatever runs says so: the texts call this, and alert().
  const ran = [];
  await page.exposeFunction('ran', (what) => { ran.push(what); });
  for (const { name, path, status } of pages) {
    const fail = (what) => failures.push(`${name} (${path}), ${locale}: ${what}`);
    wrong.length = 0;
    const answer = await page.goto(origin + path);
    if (answer.status() !== status) fail(`status ${answer.status()}, not ${status}`);
    await page.waitForTimeout(50);
    const scripts = await page.evaluate(() => [...document.scripts]
      .filter((one) => one.type !== 'application/ld+json' && !(one.src.startsWith(`${location.origin}/assets/`) && !one.textContent)).length);
    if (scripts > 0) fail(`${scripts} scripts in it`);
    const links = await page.evaluate(() => [...document.links].map((link) => link.protocol)
      .filter((protocol) => !['http:', 'https:'].includes(protocol)));
    if (links.length > 0) fail(`links to ${links.join(', ')}`);
    const foreign = await page.evaluate(() => document.querySelectorAll('img[src^="x"], iframe, object, embed, base').length);
    if (foreign > 0) fail('elements of somebody else');
    const turned = await page.evaluate(() => /[\u202a-\u202e\u2066-\u2069]/.test(document.documentElement.outerHTML));
    if (turned) fail('a character that turns the text around it');
    wrong.forEach(fail);
    if (ran.length > 0) fail(`it ran: ${ran.splice(0).join(', ')}`);
    done += 1;
  }
  await context.close();
}
await browser.close();
end(failures, done);
