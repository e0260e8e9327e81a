/** Offers, recalls, explanations, inspections: forms become a listing's card or an event. */

import { at } from "../../core/calendar.ts";
import { type EventFacts, type ListingCard } from "../../core/facts.ts";
import { type Quantity } from "../../core/quantity.ts";
import { some } from "../json.ts";
import { type Context, type Draft, Given, ownUri, type Read, slug, type Values } from "./given.ts";
import { type LotName } from "./lots.ts";

/** Đồng have no smaller unit; more than this for one is a slip of the finger. */
const PRICE_MAX = 10_000_000_000;

export function readListing(values: Values, context: Context, known: { readonly products: ReadonlyMap<string, string>; readonly uri?: string }): Read<Draft> {
  const given = new Given(values);
  const product = given.text("product", 400);
  if (product !== "" && !known.products.has(product)) given.fault("product", "lots.product");
  const title = given.prose("title", 160);
  const price = given.whole("priceDong", 1, PRICE_MAX);
  const per = given.quantity("pricePer");
  const stock = given.quantity("stock");
  const min = given.optionalQuantity("minOrder");
  if (stock.unit !== per.unit) given.fault("stock", "listings.units");
  if (min !== undefined && min.unit !== per.unit) given.fault("minOrder", "listings.units");
  if (min !== undefined && min.unit === stock.unit && min.amount > stock.amount) given.fault("minOrder", "listings.minimum");
  const from = given.day("validFrom");
  const until = given.day("validUntil");
  if (until < from) given.fault("validUntil", "certificates.backwards");
  const lots = given.many("lots", 200);
  return given.read(() => {
    const facts: ListingCard = {
      kind: "listing",
      uri: known.uri ?? ownUri(context, "listing", `${slug(title.vi, 24)}-${context.nowMs.toString(36)}`),
      product,
      ...(lots.length === 0 ? {} : { lots }),
      title,
      priceDong: price,
      pricePer: per,
      vatIncluded: given.yes("vatIncluded"),
      validFromMs: at(from, "00:00"),
      validUntilMs: at(until, "23:59"),
      stock,
      ...some("minOrder", min),
      state: "active",
    };
    return { facts, summary: { step: "listing", timeMs: context.nowMs, what: title.vi } };
  });
}

/** The same offer, withdrawn. */
export const withdrawn = (card: ListingCard, context: Context): Draft => ({
  facts: { ...card, state: "withdrawn" },
  summary: { step: "withdrawn", timeMs: context.nowMs, what: card.title.vi },
});

/** A listing's card as it lies in the ledger, for changing or withdrawing it. */
export function listingOf(uri: string, values: Values): Read<ListingCard> {
  const given = new Given({ ...values, pricePerUom: values["pricePerUom"] ?? "", stockUom: values["stockUom"] ?? "", minOrderUom: values["minOrderUom"] ?? "" });
  const plain = (name: string): Quantity => given.quantity(name);
  const lots = given.many("lots", 250);
  const card: Omit<ListingCard, "uri"> = {
    kind: "listing",
    product: given.text("product", 400),
    title: given.prose("title", 500),
    priceDong: given.whole("priceDong", 0),
    pricePer: plain("pricePer"),
    vatIncluded: values["vatIncluded"] === "true",
    validFromMs: Date.parse(values["validFrom"] ?? ""),
    validUntilMs: Date.parse(values["validUntil"] ?? ""),
    stock: plain("stock"),
    ...some("minOrder", given.optionalQuantity("minOrder")),
    ...(lots.length === 0 ? {} : { lots }),
    state: values["state"] === "withdrawn" ? "withdrawn" : "active",
  };
  if (Number.isNaN(card.validFromMs)) given.fault("validFrom", "fault.day");
  if (Number.isNaN(card.validUntilMs)) given.fault("validUntil", "fault.day");
  return given.read(() => ({ ...card, uri }));
}

const observed = (uris: readonly string[], step: EventFacts["step"], context: Context, more: Partial<EventFacts> = {}): EventFacts => ({
  kind: "event",
  timeMs: context.nowMs,
  what: { type: "ObjectEvent", action: "OBSERVE", objects: uris.map((uri) => ({ uri })) },
  step,
  ...more,
});

const saltsOf = (lots: readonly LotName[]): Record<string, string> => Object.fromEntries(lots.flatMap((one) => (one.salt === undefined ? [] : [[one.uri, one.salt]])));

export const RECALLS = ["recall", "recall_ended"] as const;

/** A recall, or its end. It reaches what was made of the lots by itself. */
export function readRecall(which: (typeof RECALLS)[number], values: Values, context: Context, lots: readonly LotName[]): Read<Draft> {
  const given = new Given(values);
  const reason = given.prose("reason", 500);
  if (reason.vi.length > 0 && reason.vi.length < 8) given.fault("reason", "recalls.short");
  if (lots.length === 0) given.fault("lots", "lots.choose");
  return given.read(() => ({
    facts: observed(lots.map((one) => one.uri), { key: which, reason }, context),
    salts: saltsOf(lots),
    summary: { step: which, timeMs: context.nowMs, lot: lots.map((one) => one.number).join(", "), what: reason.vi },
  }));
}

/** An explanation that stands on the lot's page beside what is explained. */
export function readExplanation(values: Values, context: Context, lot: LotName): Read<Draft> {
  const given = new Given(values);
  const note = given.prose("note", 1_000);
  return given.read(() => ({ facts: observed([lot.uri], { key: "other" }, context, { note }), salts: saltsOf([lot]), summary: { step: "explanation", timeMs: context.nowMs, lot: lot.number, what: note.vi } }));
}

export const RESULTS = ["conformant", "non_conformant", "in_progress"] as const;

/** What an inspector found, at a plot, of a lot. A counter-signature of a lot is an inspection that it passed. */
export function readInspection(values: Values, context: Context, things: readonly LotName[]): Read<Draft> {
  const given = new Given(values);
  const kind = given.one("kind", ["inspecting", "testing"]);
  const result = given.one("result", RESULTS);
  const tested = kind === "testing" ? given.text("tested", 200) : undefined;
  const note = given.optionalProse("note", 1_000);
  if (result === "non_conformant" && note === undefined) given.fault("note", "inspection.why");
  const paper = given.optional("paper", 80);
  const certificates = given.many("certificates", 20);
  if (things.length === 0) given.fault("thing", "inspection.what");
  return given.read(() => {
    const conformant = result === "in_progress" ? undefined : result === "conformant";
    const step: EventFacts["step"] = kind === "inspecting" ? { key: "inspecting", ...some("conformant", conformant) } : { key: "testing", ...some("tested", tested), ...some("conformant", conformant) };
    const facts = observed(things.map((one) => one.uri), step, context, {
      ...(paper === undefined ? {} : { papers: [{ type: "testres", uri: ownUri(context, "paper", slug(paper, 60)) }] }),
      ...(certificates.length === 0 ? {} : { certificates }),
      ...some("note", note),
    });
    return { facts, act: "inspection", salts: saltsOf(things), summary: { step: kind, timeMs: context.nowMs, lot: things.map((one) => one.number).join(", "), what: note?.vi ?? tested ?? "" } };
  });
}
