// The Data Food Consortium's own connector reads our feed: every product has its stock and its price. A feed without
// dfc-b:referencedBy, as some platforms write it, shows what that costs.
//
// usage: node dfc.mjs DFC_JSONLD LISTINGS_JSON
import { readFileSync } from 'node:fs';
import { Connector } from '@datafoodconsortium/connector';

const [file, listingsFile] = process.argv.slice(2);
const text = readFileSync(file, 'utf8');
const { items } = JSON.parse(readFileSync(listingsFile, 'utf8'));
globalThis.fetch = (url) => { throw new Error(`it asks for ${url}`); };

async function products(json) {
  const connector = new Connector();
  const all = await connector.import(json);
  return all.filter((one) => one.getSemanticType?.()?.endsWith('#SuppliedProduct') || one.getSemanticType?.() === 'dfc-b:SuppliedProduct');
}

const failures = [];
const found = await products(text);
if (found.length !== items.length) failures.push(`${found.length} products of ${items.length}`);
const wanted = new Map(items.map((item) => [item.event_id, item.shown]));
for (const product of found) {
  const event = /Bản ghi ([0-9a-f]{64})/.exec(product.getDescription())?.[1];
  const shown = wanted.get(event);
  if (!shown) { failures.push(`${product.getSemanticId()}: no record`); continue; }
  const catalogItems = await product.getCatalogItems();
  if (catalogItems.length !== 1) { failures.push(`${event}: ${catalogItems.length} catalogue items`); continue; }
  const stock = Number(catalogItems[0].getStockLimitation());
  if (stock !== shown.stock.value) failures.push(`${event}: stock ${stock}, not ${shown.stock.value}`);
  const [offer] = await catalogItems[0].getOfferers();
  const price = Number((await offer?.getPrice())?.getQuantityValue());
  if (price !== shown.price_vnd) failures.push(`${event}: price ${price}, not ${shown.price_vnd}`);
}

// The other way round: without the link there is no catalogue item, so no price and no stock.
const cut = JSON.parse(text);
cut['@graph'].forEach((node) => delete node['dfc-b:referencedBy']);
for (const product of await products(JSON.stringify(cut))) {
  if ((await product.getCatalogItems()).length !== 0) failures.push('the link is not what counts');
}

failures.forEach((failure) => console.error(failure));
console.log(`${found.length} products read by the consortium's connector`);
process.exit(failures.length ? 1 : 0);
