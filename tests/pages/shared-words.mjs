// The data block of each lot's page, read by a JSON-LD processor of others: each word of schema.org that it uses exists and belongs
// to what it is said of, and nothing had to be fetched to understand it.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import jsonld from 'jsonld';
import { given, end, launch, watched } from './chromium.mjs';

const SCHEMA = 'https://schema.org/';
const GS1 = 'https://ref.gs1.org/voc/';
const TYPE = '@type';

// Which types a property belongs to, and which types are kinds of which.
const domains = new Map();
const above = new Map();
const quads = readFileSync(createRequire(import.meta.url).resolve('@vocabulary/schema').replace(/index\.js$/, 'schema.nq'), 'utf8');
const put = (map, key, value) => map.set(key, [...(map.get(key) ?? []), value]);
const known = new Set();
for (const line of quads.split('\n')) {
  const [subject, predicate, object] = [...line.matchAll(/<([^>]*)>/g)].map(([, iri]) => iri.replace('http://schema.org/', SCHEMA));
  if (!object) { if (subject) known.add(subject); continue; }
  known.add(subject);
  if (predicate === `${SCHEMA}domainIncludes`) put(domains, subject, object);
  if (predicate.endsWith('#subClassOf')) put(above, subject, object);
}
const kindsOf = (type) => [type, ...(above.get(type) ?? []).flatMap(kindsOf)];

const failures = [];
let properties = 0;

function check(node, where) {
  if (Array.isArray(node)) return node.forEach((one) => check(one, where));
  // Texts, numbers and days are no things.
  if (typeof node !== 'object' || node === null || '@value' in node) return undefined;
  const types = node[TYPE] ?? [];
  for (const type of types) {
    if (type.startsWith(SCHEMA) && !known.has(type)) failures.push(`${where}: no type ${type}`);
  }
  const kinds = new Set(types.flatMap(kindsOf));
  for (const [property, value] of Object.entries(node)) {
    if (property.startsWith('@')) continue;
    properties += 1;
    if (property.startsWith(SCHEMA)) {
      if (!(domains.get(property) ?? []).some((domain) => kinds.has(domain))) {
        failures.push(`${where}: ${property} is no property of ${types.join(', ')}`);
      }
    } else if (!property.startsWith(GS1)) {
      failures.push(`${where}: ${property} is of no vocabulary`);
    }
    check(value, where);
  }
  return undefined;
}

const { origin, pages } = await given();
const browser = await launch();
const { page, wrong } = await watched(browser, origin);
let documents = 0;
for (const { name, path, linked } of pages) {
  if (!linked) continue;
  await page.goto(origin + path);
  const text = await page.locator('script[type="application/ld+json"]').textContent();
  const nothing = (url) => { throw new Error(`it asks for ${url}`); };
  try {
    const expanded = await jsonld.expand(JSON.parse(text), { documentLoader: nothing });
    check(expanded, name);
    const quads = await jsonld.toRDF(expanded, { format: 'application/n-quads' });
    if (!quads.includes(`<${GS1}hasBatchLotNumber>`)) failures.push(`${name}: no batch number`);
    if (!quads.includes(`<${SCHEMA}Product>`)) failures.push(`${name}: no product`);
    documents += 1;
  } catch (error) {
    failures.push(`${name}: ${error.message}`);
  }
}
wrong.forEach((what) => failures.push(what));
await browser.close();
if (documents === 0) failures.push('no page had a data block');
console.log(`${documents} documents`);
end(failures, properties);
