// Chromium as a phone and as a desk have it, with everything written down that a page does beside showing itself.

import { chromium } from 'playwright-core';

// No door to the outside: the machine's own browser, told to ask nobody for anything by itself.
export const FLAGS = [
  '--disable-background-networking', '--disable-component-update', '--disable-gpu', '--disable-quic', '--disable-sync', '--no-first-run',
  // The tests run as root in containers, where Chromium's own sandbox does not start.
  '--no-sandbox',
];

export const executable = process.env.CHROMIUM ?? '/usr/bin/chromium';

export function launch() {
  return chromium.launch({ executablePath: executable, args: FLAGS });
}

// A page of a browser context, and a list that grows by one sentence for each thing that should not happen.
export async function watched(browser, origin, options = {}) {
  const context = await browser.newContext({ viewport: { width: 360, height: 640 }, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on('console', (message) => {
    // What a page of status 404 is, the browser tells as an error of its own.
    const isOwnStatus = /Failed to load resource.*status of 4\d\d/.test(message.text());
    if (['error', 'warning'].includes(message.type()) && !isOwnStatus) wrong.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => wrong.push(`script error: ${error.message}`));
  page.on('dialog', (dialog) => { wrong.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:' && url.origin !== origin) wrong.push(`a request to ${url.origin}`);
  });
  return { context, page, wrong };
}

// What the Rust side handed over: `{"origin": "http://127.0.0.1:…", "pages": [{"name", "path", "status"}], …}`.
export async function given() {
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  return JSON.parse(text);
}

// Says what is wrong, and ends with 1 if anything is.
export function end(failures, done) {
  for (const failure of failures) console.log(`WRONG ${failure}`);
  console.log(`${done} checks, ${failures.length} wrong`);
  process.exit(failures.length === 0 ? 0 : 1);
}
