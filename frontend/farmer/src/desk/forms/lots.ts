/** What happens to lots: made of others, moved, sold, destroyed, their labels, and what of it was wrong. Forms become events. */

import { at as moment, shortDay, vietnamDay } from "../../core/calendar.ts";
import { type Act, ACT } from "../../core/draft.ts";
import { type Amount, type EventFacts, eventUrn, type LotFacts, type PlainStep, type WrittenFacts } from "../../core/facts.ts";
import { type Quantity, typedQuantity } from "../../core/quantity.ts";
import { eventTime } from "../../core/calendar.ts";
import { object, objects, some, string } from "../json.ts";
import { type Context, type Draft, Given, ownUri, type Read, slug, tidy, type Values } from "./given.ts";

/** A product as a lot's name needs it. */
export interface ProductName {
  readonly uri: string;
  readonly code: string;
  readonly gtin?: string;
  readonly shelfLifeDays?: number;
}

/** A lot that somebody chose or scanned. */
export interface LotName {
  readonly uri: string;
  readonly number: string;
  readonly left?: Quantity;
  /** The salt that came with it, of somebody else's. */
  readonly salt?: string;
  readonly maker?: string;
}

/** Lots of one form, at most: a record has 255 subjects. */
const LOTS_MAX = 120;

export const lotUri = (origin: string, product: ProductName, number: string): string =>
  product.gtin === undefined ? `https://${origin}/p/${product.code}/l/${number}` : `https://id.gs1.org/01/${product.gtin.padStart(14, "0")}/10/${number}`;

/** A number for a new lot: the day, and the first letter that no lot of that day has. */
export function freshNumber(day: string, taken: ReadonlySet<string>): string {
  for (const letter of "ABCDEFGHJKLMNPQRSTUVWXYZ") if (!taken.has(`${shortDay(day)}-${letter}`)) return `${shortDay(day)}-${letter}`;
  let more = 2;
  while (taken.has(`${shortDay(day)}-A${more}`)) more += 1;
  return `${shortDay(day)}-A${more}`;
}

/** GS1 allows more signs (General Specifications, figure 7.11-1); those that an address would have to escape are left out. */
const isLotNumber = (number: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,19}$/.test(number);

/** Lines of `uri ⇥ amount ⇥ unit`, as the field of several lots keeps them. */
export const packLines = (lines: readonly (readonly [string, string, string])[]): string => lines.map((line) => line.join("\t")).join("\n");

/** Reads the lots of a field with how much of each; an empty amount is the whole lot where that is allowed. */
function amounts(given: Given, name: string, known: ReadonlyMap<string, LotName>, mayBeWhole = false): Amount[] {
  const lines = (given.values[name] ?? "").split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0) given.fault(name, "lots.choose");
  if (lines.length > LOTS_MAX) given.fault(name, "fault.many", { max: LOTS_MAX });
  return lines.slice(0, LOTS_MAX).flatMap((line): Amount[] => {
    const [uri = "", typed = "", uom = ""] = line.split("\t");
    const lot = known.get(uri);
    if (lot === undefined) {
      given.fault(name, "lots.unknown", { lot: uri.slice(-40) });
      return [];
    }
    if (typed.trim() === "" && mayBeWhole) return [{ uri }];
    const quantity = amount(typed, uom);
    if (quantity === undefined) given.fault(name, /^[0-9]{1,3}(?:[.,][0-9]{3})+$/.test(typed.trim()) && !typed.trim().startsWith("0") ? "lots.ambiguous" : "lots.quantity", { lot: lot.number, text: typed });
    return quantity === undefined ? [] : [{ uri, quantity }];
  });
}

const amount = (typed: string, uom: string): Quantity | undefined => {
  if (/^[0-9]{1,3}(?:[.,][0-9]{3})+$/.test(typed.trim()) && !typed.trim().startsWith("0")) return undefined;
  const found = typedQuantity(typed, uom === "" ? undefined : uom);
  return found === undefined || found.amount === 0n ? undefined : found;
};

const salts = (lots: readonly Amount[], known: ReadonlyMap<string, LotName>): Record<string, string> =>
  Object.fromEntries(lots.flatMap(({ uri }) => (known.get(uri)?.salt === undefined ? [] : [[uri, known.get(uri)?.salt as string]])));

/** When it happened: now, or a day and hour that are not in the future. */
function time(given: Given, context: Context): number {
  const day = given.optionalDay("day");
  if (day === undefined) return context.nowMs;
  const hour = /^[0-2][0-9]:[0-5][0-9]$/.test(given.values["hour"] ?? "") ? (given.values["hour"] ?? "") : "12:00";
  const ms = day === vietnamDay(context.nowMs) && (given.values["hour"] ?? "") === "" ? context.nowMs : moment(day, hour);
  if (ms > context.nowMs + 60_000) given.fault("day", "fault.future");
  return ms;
}

// Made of others.

export const MAKINGS = ["pack", "process", "blend", "split"] as const;
export type Making = (typeof MAKINGS)[number];
const STEP_OF: Readonly<Record<Making, PlainStep>> = { pack: "packing", process: "processing", blend: "processing", split: "sorting" };

export function readMaking(making: Making, values: Values, context: Context, known: { readonly lots: ReadonlyMap<string, LotName>; readonly products: ReadonlyMap<string, ProductName>; readonly taken: ReadonlySet<string> }): Read<Draft> {
  const given = new Given(values);
  const inputs = amounts(given, "inputs", known.lots);
  if (making === "blend" && inputs.length === 1) given.fault("inputs", "lots.two");
  if (making === "split" && inputs.length > 1) given.fault("inputs", "lots.one");
  const outputs: (Amount & { readonly product: ProductName; readonly number: string })[] = [];
  const lines = making === "split" ? (values["outputs"] ?? "").split("\n").filter((line) => line.trim() !== "") : [[values["product"] ?? "", values["number"] ?? "", values["made"] ?? "", values["madeUom"] ?? ""].join("\t")];
  const field = making === "split" ? "outputs" : "product";
  if (lines.length === 0 || (making === "split" && lines.length < 2)) given.fault(field, "lots.parts");
  if (lines.length > LOTS_MAX) given.fault(field, "fault.many", { max: LOTS_MAX });
  for (const line of lines.slice(0, LOTS_MAX)) {
    const [productUri = "", typedNumber = "", typed = "", uom = ""] = line.split("\t");
    const number = typedNumber.trim();
    const product = known.products.get(productUri);
    if (product === undefined) given.fault(field, "lots.product");
    if (!isLotNumber(number)) given.fault(making === "split" ? "outputs" : "number", "lots.number", { number: number.slice(0, 24) });
    const quantity = amount(typed, uom);
    if (quantity === undefined) given.fault(making === "split" ? "outputs" : "made", "lots.made", { number: number.slice(0, 24) });
    if (product === undefined || quantity === undefined) continue;
    const uri = lotUri(context.origin, product, number);
    if (known.taken.has(uri) || outputs.some((one) => one.uri === uri)) given.fault(making === "split" ? "outputs" : "number", "lots.taken", { number });
    outputs.push({ uri, quantity, product, number });
  }
  const timeMs = time(given, context);
  const producedOn = given.optionalDay("producedOn") ?? vietnamDay(timeMs);
  const bestBefore = given.optionalDay("bestBefore");
  if (bestBefore !== undefined && bestBefore < producedOn) given.fault("bestBefore", "lots.backwards");
  const certificates = given.many("certificates", 20);
  const note = given.optionalProse("note", 500);
  return given.read(() => {
    const [first] = outputs;
    const oneProduct = outputs.every((one) => one.product.uri === first?.product.uri) ? first?.product.uri : undefined;
    const lot: LotFacts = {
      ...(outputs.length === 1 ? some("number", first?.number) : {}),
      ...some("bestBefore", bestBefore),
      countryOfOrigin: "VN",
      producedOn,
      ...some("product", oneProduct),
    };
    const facts: EventFacts = {
      kind: "event",
      timeMs,
      what: { type: "TransformationEvent", inputs, outputs: outputs.map(({ uri, quantity }) => ({ uri, ...some("quantity", quantity) })) },
      step: { key: STEP_OF[making] },
      lot,
      ...(certificates.length === 0 ? {} : { certificates }),
      ...some("note", note),
    };
    const names = inputs.map((one) => known.lots.get(one.uri)?.number ?? "").slice(0, 3).join(", ");
    return { facts, salts: salts(inputs, known.lots), summary: { step: STEP_OF[making], timeMs, what: `${names}${inputs.length > 3 ? "…" : ""} → ${outputs.map((one) => one.number).join(", ")}` } };
  });
}

// Moved, sold, gone.

export const MOVES = ["ship", "receive", "sell", "destroy", "return", "cool", "store"] as const;
export type Move = (typeof MOVES)[number];
const MOVE_STEP: Readonly<Record<Move, PlainStep>> = { ship: "shipping", receive: "receiving", sell: "selling", destroy: "destroying", return: "returning", cool: "cooling", store: "storing" };

export function readMove(move: Move, values: Values, context: Context, known: { readonly lots: ReadonlyMap<string, LotName>; readonly organisations: ReadonlyMap<string, string> }): Read<Draft> {
  const given = new Given(values);
  const lots = amounts(given, "lots", known.lots, move === "cool" || move === "store");
  const timeMs = time(given, context);
  const note = given.optionalProse("note", 500);
  let destination: string | undefined;
  let source: string | undefined;
  if (move === "ship") {
    source = context.organisationUri;
    const typed = given.text("to", 160);
    // Somebody of the ledger by name or id; whoever is not in it gets a name of the seller's own.
    const found = [...known.organisations].find(([id, name]) => typed === id || typed === name || typed === `urn:nguon:org:${id}`);
    destination = found !== undefined ? `urn:nguon:org:${found[0]}` : slug(typed) === "" ? undefined : ownUri(context, "buyer", slug(typed, 60));
    if (typed !== "" && destination === undefined) given.fault("to", "fault.code");
  }
  if (move === "receive") {
    destination = context.organisationUri;
    const makers = new Set(lots.map((one) => known.lots.get(one.uri)?.maker).filter((one) => one !== undefined && one !== context.organisation));
    const [maker] = makers;
    if (makers.size === 1 && maker !== undefined) source = `urn:nguon:org:${maker}`;
  }
  const paper = given.optional("paper", 60);
  const labels = ranges(given, "labels");
  if (labels !== undefined && (move !== "ship" && move !== "sell")) given.fault("labels", "labels.notthere");
  if (labels !== undefined && lots.length !== 1) given.fault("labels", "labels.onelot");
  return given.read(() => {
    const facts: EventFacts = {
      kind: "event",
      timeMs,
      what: { type: "ObjectEvent", action: "OBSERVE", objects: lots },
      step: { key: MOVE_STEP[move] },
      ...(paper === undefined ? {} : { papers: [{ type: move === "receive" ? "recadv" : "desadv", uri: ownUri(context, "paper", slug(paper, 60)) }] }),
      ...some("source", source),
      ...some("destination", destination),
      ...some("labels", labels),
      ...some("note", note),
    };
    const names = lots.map((one) => known.lots.get(one.uri)?.number ?? "");
    return { facts, salts: salts(lots, known.lots), summary: { step: MOVE_STEP[move], timeMs, what: `${names.slice(0, 3).join(", ")}${names.length > 3 ? "…" : ""}` } };
  });
}

// Labels.

const LABEL_MAX = 33_554_431;
const RANGES_MAX = 200;

export interface Range {
  readonly first: number;
  readonly last: number;
}

/** `1-500, 510`. */
function ranges(given: Given, name: string): Range[] | undefined {
  const typed = tidy(given.values[name] ?? "");
  if (typed === "") return undefined;
  const all = typed.split(/[,;]+/).map((part) => part.trim()).filter((part) => part !== "");
  const read = all.map((part): Range | undefined => {
    const [, first = "", last = first] = /^([0-9]{1,8})(?:\s*[-–—]\s*([0-9]{1,8}))?$/.exec(part) ?? [];
    const range = { first: Number(first), last: Number(last) };
    return first !== "" && range.first >= 1 && range.first <= range.last && range.last <= LABEL_MAX ? range : undefined;
  });
  if (read.some((one) => one === undefined)) given.fault(name, "labels.ranges");
  if (read.length > RANGES_MAX) given.fault(name, "fault.many", { max: RANGES_MAX });
  const sorted = (read.filter((one) => one !== undefined) as Range[]).sort((a, b) => a.first - b.first);
  if (sorted.some((one, at) => at > 0 && one.first <= (sorted[at - 1]?.last ?? 0))) given.fault(name, "labels.twice");
  return sorted;
}

export const countOf = (all: readonly Range[]): number => all.reduce((sum, one) => sum + one.last - one.first + 1, 0);
export const shownRanges = (all: readonly Range[]): string => all.map((one) => (one.first === one.last ? String(one.first) : `${one.first}–${one.last}`)).join(", ");
export const contains = (all: readonly Range[], one: Range): boolean => {
  let next = one.first;
  for (const range of all) if (range.first <= next && next <= range.last) next = range.last + 1;
  return next > one.last;
};
export const touches = (all: readonly Range[], one: Range): boolean => all.some((range) => range.first <= one.last && one.first <= range.last);

export const LABELLINGS = ["print", "activate", "void"] as const;
export type Labelling = (typeof LABELLINGS)[number];
const LABEL_STEP: Readonly<Record<Labelling, PlainStep>> = { print: "encoding", activate: "commissioning", void: "decommissioning" };

export interface LabelledLot extends LotName {
  readonly printed: readonly Range[];
  readonly active: readonly Range[];
  readonly void: readonly Range[];
  readonly product?: string;
  readonly bestBefore?: string;
}

export function readLabels(labelling: Labelling, values: Values, context: Context, lot: LabelledLot): Read<Draft> {
  const given = new Given(values);
  const read = ranges(given, "labels");
  if (read === undefined || read.length === 0) given.fault("labels", "fault.missing");
  const all = read ?? [];
  if (labelling === "print" && all.some((one) => touches(lot.printed, one))) given.fault("labels", "labels.printed");
  if (labelling !== "print" && !all.every((one) => contains(lot.printed, one))) given.fault("labels", "labels.notprinted");
  if (all.some((one) => touches(lot.void, one))) given.fault("labels", "labels.isvoid");
  const note = given.optionalProse("note", 500);
  const timeMs = context.nowMs;
  return given.read(() => {
    const facts: EventFacts = {
      kind: "event",
      timeMs,
      what: { type: "ObjectEvent", action: "OBSERVE", objects: [{ uri: lot.uri, quantity: { amount: BigInt(countOf(all)), unit: "piece" } }] },
      step: { key: LABEL_STEP[labelling] },
      ...(labelling === "print" ? { lot: { number: lot.number, ...some("bestBefore", lot.bestBefore), ...some("product", lot.product) } } : {}),
      labels: all,
      ...some("note", note),
    };
    return { facts, summary: { step: LABEL_STEP[labelling], timeMs, lot: lot.number, what: shownRanges(all) } };
  });
}

// What was wrong.

/** A record of one's own, as `GET /api/v1/records/…` gives it. */
export interface LoggedEvent {
  readonly event: string;
  readonly act: Act;
  /** The public section's text. */
  readonly json: string;
}

/** Numbers with more digits could come out as others. */
const DIGITS_MAX = 15;

/**
 * The same event once more, declared wrong (EPCIS 2.0, section 7.4.1.4): step and things stay, so that taking back needs the same right as
 * saying. Nothing if it is no event, or one whose numbers would not survive.
 */
export function correction(logged: LoggedEvent, reason: "did_not_occur" | "incorrect_data", context: Context, note?: string): Draft | undefined {
  let document: Record<string, unknown>;
  try {
    document = { ...object(JSON.parse(logged.json)) };
  } catch {
    return undefined;
  }
  if (!/Event$/.test(string(document["type"]) ?? "") || document["errorDeclaration"] !== undefined) return undefined;
  if ((logged.json.match(/(?<![0-9A-Za-z"_.-])-?[0-9]+(?:\.[0-9]+)?/g) ?? []).some((number) => number.replace(/[^0-9]/g, "").length > DIGITS_MAX)) return undefined;
  const named = objects(document["nguon:subjects"]).flatMap((one) => {
    const [uri, salt] = [string(one["uri"]), string(one["salt"])];
    return uri === undefined || salt === undefined ? [] : [{ uri, salt }];
  });
  delete document["nguon:subjects"];
  // What went with it was said once; a declaration says only that it was wrong.
  delete document["nguon:photos"];
  document["eventID"] = string(document["eventID"]) ?? eventUrn(logged.event);
  document["errorDeclaration"] = { declarationTime: eventTime(context.nowMs), reason };
  if (note !== undefined && note !== "") document["nguon:note"] = [{ "@value": tidy(note), "@language": "vi" }];
  const facts: WrittenFacts = { kind: "written", json: JSON.stringify(document), subjects: named.map((one) => one.uri), act: logged.act };
  return {
    facts,
    act: logged.act,
    salts: Object.fromEntries(named.map((one) => [one.uri, one.salt])),
    summary: { step: "correction", timeMs: context.nowMs, what: eventUrn(logged.event).slice(-64, -52) },
  };
}

export const isAct = (word: unknown): word is Act => typeof word === "string" && word in ACT;
