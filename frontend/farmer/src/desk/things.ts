/** What the co-operative has: plots, products, lots, papers, offers, as the ledger tells its own devices. */

import { type Quantity, toEpcis } from "../core/quantity.ts";
import { done, type Database, type Entry, type KnownSubject } from "../core/store.ts";
import { type Json, measured, object, objects, prose, quantity, some, string, strings, whole } from "./json.ts";
import { either, named } from "./words.ts";

export const KINDS = ["plot", "product", "lot", "certificate", "listing"] as const;
export type ThingKind = (typeof KINDS)[number];

export interface Thing {
  readonly uri: string;
  readonly kind: string;
  readonly salt?: string;
  readonly newest?: string;
  readonly status: string;
  readonly state: Json;
  readonly path?: string;
}

export const readThing = (value: unknown): Thing | undefined => {
  const one = object(value);
  const uri = string(one["uri"]);
  if (uri === undefined) return undefined;
  return {
    uri,
    kind: string(one["kind"]) ?? "other",
    status: string(one["status"]) ?? "",
    state: object(one["state"]),
    ...some("salt", string(one["salt"])),
    ...some("newest", string(one["newest"])),
    ...some("path", string(one["path"])),
  };
};

const last = (uri: string): string => decoded(uri.slice(uri.lastIndexOf("/") + 1));

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** What it is called: a card's name, a lot's number. */
export function nameOf(thing: Thing | undefined, uri = ""): string {
  if (thing === undefined) return last(uri);
  const { state, kind } = thing;
  if (kind === "lot") return string(state["number"]) ?? last(thing.uri);
  if (kind === "plot") return string(state["nguon:code"]) ?? last(thing.uri);
  if (kind === "certificate") return [named("scheme", string(state["nguon:scheme"]) ?? ""), string(state["nguon:number"])].filter((one) => one !== undefined && one !== "").join(" · ");
  if (kind === "listing") return either(prose(state["nguon:title"])) || last(thing.uri);
  return either(prose(state["nguon:name"])) || string(state["nguon:code"]) || last(thing.uri);
}

export interface LotView {
  readonly thing: Thing;
  readonly uri: string;
  readonly number: string;
  readonly product?: string;
  readonly status: string;
  readonly made?: Quantity;
  /** What we ourselves still have. */
  readonly left?: Quantity;
  readonly day?: string;
  readonly bestBefore?: string;
  readonly findings: readonly Json[];
  readonly mayBeOffered: boolean;
  readonly plots: readonly string[];
  readonly maker?: string;
}

/** A status comes as a word, or as an object with one key (`recalled` carries its reason). */
const word = (status: unknown): string => string(status) ?? Object.keys(object(status))[0] ?? "";

export function readLot(thing: Thing): LotView {
  const { state } = thing;
  const balance = object(state["balance"]);
  const holding = object(state["holding"]);
  const unit = balance["unit"];
  const left = quantity(holding["left"] ?? balance["left"], unit);
  return {
    thing,
    uri: thing.uri,
    number: nameOf(thing),
    status: thing.status || word(state["status"]),
    findings: objects(state["findings"]),
    mayBeOffered: state["may_be_offered"] === true,
    plots: strings(state["plots"]),
    ...some("product", string(state["product"])),
    ...some("made", quantity(balance["made"], unit)),
    ...some("left", left),
    ...some("day", string(state["produced_on"]) ?? string(state["harvest_from"])),
    ...some("bestBefore", string(state["best_before"])),
    ...some("maker", string(state["maker"])),
  };
}

/** Ranges of label numbers as the read models keep them. */
export const readRanges = (value: unknown): { first: number; last: number }[] =>
  objects(value).flatMap((one) => {
    const [first, end] = [whole(one["first"]), whole(one["last"])];
    return first === undefined || end === undefined || first > end ? [] : [{ first, last: end }];
  });

/** A card's texts and numbers as a form shows them. */
export function cardValues(state: Json): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [key, value] of Object.entries(state)) {
    const name = key.replace(/^(?:nguon|gs1):/, "");
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") values[name] = String(value);
    else if (Array.isArray(value) && value.every((one) => typeof one === "string")) values[name] = value.join("\n");
    else {
      const found = measured(value);
      if (found !== undefined) Object.assign(values, { [name]: decimalComma(found.value), [`${name}Uom`]: found.uom });
      const text = prose(value);
      if (text.vi !== undefined) values[name] = text.vi;
      if (text.en !== undefined) values[`${name}En`] = text.en;
    }
  }
  return values;
}

/** `12,5` for a form's field. Three places get a zero more: `1,234` could be read as a thousand. */
export const decimalComma = (decimal: string): string => decimal.replace(".", ",").replace(/^([1-9][0-9]{0,2},[0-9]{3})$/, "$10");

export const typed = (amount: Quantity): string => decimalComma(toEpcis(amount).decimal);

/** Keeps salts and newest records for signing. The newest is our own as long as the server has not seen it. */
export async function keep(db: Database, organisation: string, things: readonly Thing[]): Promise<void> {
  const entries = await db.all<Entry>("outbox");
  const unsent = new Set(entries.filter((one) => one.state.at === "phone" || one.state.at === "held").map((one) => one.event));
  await db.write(["subjects"], async (of) => {
    for (const { uri, kind, salt, newest, status, path, state } of things) {
      const known = await done(of("subjects").get([organisation, uri]) as IDBRequest<KnownSubject | undefined>);
      const isOwn = known?.newest !== undefined && unsent.has(known.newest) && (salt === undefined || known.salt === salt);
      of("subjects").put({
        ...some("usedMs", known?.usedMs),
        organisation,
        uri,
        kind,
        ...some("salt", salt ?? known?.salt),
        ...some("newest", isOwn ? known?.newest : newest),
        status,
        ...some("path", path),
        state,
      } satisfies KnownSubject);
    }
  });
}
