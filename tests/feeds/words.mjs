// Every word of the schema.org feed is one of schema.org's or GS1's, and stands on a type that it belongs to.
//
// usage: node words.mjs SCHEMA_ORG_JSONLD LISTINGS_JSON
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import jsonld from 'jsonld';

const SCHEMA = 'https://schema.org/';
const GS1 = 'https://ref.gs1.org/voc/';
const TYPE = '@type';
const require = createRequire(import.meta.url);
const file = (name, quads) => readFileSync(require.resolve(name).replace(/index\.js$/, quads), 'utf8');

const domains = new Map();
const above = new Map();
const known = new Set();
const put = (map, key, value) => map.set(key, [...(map.get(key) ?? []), value]);
const modern = (iri) => iri.replace('http://schema.org/', SCHEMA).replace('https://gs1.org/voc/', GS1);
for (const quads of [file('@vocabulary/schema', 'schema.nq'), file('@vocabulary/gs1', 'gs1.nq')]) {
  for (const line of quads.split('\n')) {
    const [subject, predicate, object] = [...line.matchAll(/<([^>]*)>/g)].map(([, iri]) => modern(iri));
    if (!subject) continue;
    known.add(subject);
    if (!object) continue;
    if (predicate === `${SCHEMA}domainIncludes`) put(domains, subject, object);
    if (predicate.endsWith('#subClassOf')) put(above, subject, object);
  }
}
const kindsOf = (type, seen = new Set()) => {
  if (!seen.has(type)) {
    seen.add(type);
    (above.get(type) ?? []).forEach((one) => kindsOf(one, seen));
  }
  return seen;
};

const failures = [];
let properties = 0;
function check(node, where) {
  if (Array.isArray(node)) { node.forEach((one) => check(one, where)); return; }
  if (typeof node !== 'object' || node === null || '@value' in node) return;
  const types = node[TYPE] ?? [];
  types.filter((type) => !known.has(type)).forEach((type) => failures.push(`${where}: no type ${type}`));
  const kinds = new Set(types.flatMap((type) => [...kindsOf(type)]));
  for (const [property, value] of Object.entries(node)) {
    if (property.startsWith('@')) continue;
    properties += 1;
    if (!known.has(property)) failures.push(`${where}: no word ${property}`);
    else if (property.startsWith(SCHEMA) && !(domains.get(property) ?? []).some((domain) => kinds.has(domain))) {
      failures.push(`${where}: ${property} is no property of ${types.join(', ')}`);
    }
    check(value, where);
  }
}

const [feed, listings] = process.argv.slice(2);
const { items } = JSON.parse(readFileSync(listings, 'utf8'));
const nothing = (url) => { throw new Error(`it asks for ${url}`); };
const expanded = await jsonld.expand(JSON.parse(readFileSync(feed, 'utf8')), { documentLoader: nothing });
check(expanded, 'feed');
const offers = expanded.flatMap((product) => product[`${SCHEMA}offers`] ?? []);
if (expanded.length !== items.length || offers.length !== items.length) failures.push(`${offers.length} offers of ${items.length}`);
const shown = new Map(items.map((item) => [item.listing, item.shown]));
for (const offer of offers) {
  const price = offer[`${SCHEMA}price`]?.[0]?.['@value'];
  if (price !== String(shown.get(offer['@id'])?.price_vnd)) failures.push(`${offer['@id']}: price ${price}`);
  const availability = offer[`${SCHEMA}availability`]?.[0];
  const iri = availability?.['@id'] ?? availability?.['@value'];
  if (!known.has(iri)) failures.push(`${offer['@id']}: availability ${iri}`);
}
// The check itself: a word that nobody has is seen.
const before = failures.length;
check([{ [TYPE]: [`${SCHEMA}Product`], [`${SCHEMA}harvestDate`]: [{ '@value': '2026-01-01' }] }], 'trial');
if (failures.length === before) failures.push('a made-up word was not seen');
else failures.length = before;

failures.slice(0, 20).forEach((failure) => console.error(failure));
console.log(`${properties} words of ${expanded.length} products are schema.org's or GS1's`);
process.exit(failures.length ? 1 : 0);
