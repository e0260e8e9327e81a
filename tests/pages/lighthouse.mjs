// Google's Lighthouse on a phone of the middle class with a slow line: accessibility, best practices and search engines without
// reservation, and the first screen and all bytes within the budget. The speed score itself moves with the machine; it is shown
// and not judged.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import lighthouse from 'lighthouse';
import { launch as startChrome } from 'chrome-launcher';
import { executable, FLAGS, end, given } from './chromium.mjs';

const WHOLE = ['accessibility', 'best-practices', 'seo'];
// Milliseconds of a simulated slow line, where a page of this weight takes about a second; and bytes.
const LCP_MAX = 2_500;
const BYTES_MAX = 60_000;

const { origin, pages } = await given();
const failures = [];
let done = 0;
const profile = mkdtempSync(join(tmpdir(), 'nguon-lighthouse-'));
const chrome = await startChrome({
  chromePath: executable,
  chromeFlags: ['--headless=new', ...FLAGS],
  userDataDir: profile,
  logLevel: 'error',
});
try {
  for (const { name, path } of pages) {
    const { lhr } = await lighthouse(origin + path, {
      port: chrome.port,
      logLevel: 'error',
      onlyCategories: ['performance', ...WHOLE],
      // The form for reports asks search engines to stay away.
      skipAudits: path.startsWith('/report') ? ['is-crawlable'] : [],
    });
    if (lhr.runtimeError) failures.push(`${name}: ${lhr.runtimeError.message}`);
    for (const category of WHOLE) {
      const { score, auditRefs } = lhr.categories[category];
      const lost = auditRefs.filter(({ id, weight }) => weight > 0 && lhr.audits[id].score !== null && lhr.audits[id].score < 1);
      if (score !== 1) failures.push(`${name}: ${category} ${score}: ${lost.map(({ id }) => id).join(', ')}`);
    }
    const lcp = Math.round(lhr.audits['largest-contentful-paint'].numericValue);
    const bytes = Math.round(lhr.audits['total-byte-weight'].numericValue);
    console.log(`${name}: performance ${lhr.categories.performance.score}, LCP ${lcp} ms, ${bytes} bytes`);
    if (!(lcp <= LCP_MAX)) failures.push(`${name}: LCP ${lcp} ms`);
    if (!(bytes <= BYTES_MAX)) failures.push(`${name}: ${bytes} bytes`);
    done += 1;
  }
} finally {
  await chrome.kill();
  rmSync(profile, { recursive: true, force: true });
}
end(failures, done);
