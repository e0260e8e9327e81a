/**
 * What a farmer does, as forms, and the facts that come of them. No screen and no network: what is tested here is what is signed.
 */

import { shortDay, vietnamDay } from "../core/calendar.ts";
import { fileDigest } from "../core/digests.ts";
import { type EventFacts, type Photo, type Step } from "../core/facts.ts";
import { type Quantity, shownQuantity, typedQuantity } from "../core/quantity.ts";
import { type Private } from "../core/book.ts";
import { type Role, SECTION } from "../core/draft.ts";
import { whole } from "../core/json.ts";
import { type Told } from "../core/rules.ts";
import { type Summary } from "../core/store.ts";
import { utf8 } from "../../../verifier/src/core/bytes.ts";

export const ACTS = ["plant", "feed", "spray", "harvest", "ship", "water", "waste"] as const;
export type ActKey = (typeof ACTS)[number];

/** The role that each needs. */
export const ROLE_OF: Readonly<Record<ActKey, Role>> = {
  plant: "diary",
  feed: "diary",
  spray: "diary",
  water: "diary",
  waste: "diary",
  harvest: "lot",
  ship: "lot",
};

export const STEP_OF: Readonly<Record<ActKey, string>> = {
  plant: "planting",
  feed: "fertilising",
  spray: "plant_protection",
  water: "irrigation",
  waste: "waste",
  harvest: "harvesting",
  ship: "transporting",
};

/** Something that is applied, as it was entered last. */
export interface Input {
  readonly kind: "feed" | "spray";
  readonly name: string;
  readonly dose?: string;
  readonly active?: string;
  readonly target?: string;
  /** None: not known. */
  readonly phiDays?: number;
  readonly usedMs: number;
}

export interface PlotInfo {
  readonly uri: string;
  readonly code: string;
  readonly name: string;
  readonly areaM2?: number;
  readonly cropCode?: string;
  readonly growingMethod?: string;
}

export interface ProductInfo {
  readonly uri: string;
  readonly code: string;
  readonly name: string;
  readonly gtin?: string;
}

export interface LotInfo {
  readonly uri: string;
  readonly number: string;
  readonly name: string;
  readonly left?: Quantity;
}

/** Everything that can be entered; each act takes its own part of it. */
export interface Form {
  readonly act: ActKey;
  readonly plot?: PlotInfo;
  readonly crop?: { readonly key: string; readonly name: string };
  readonly variety?: string;
  readonly seedOrigin?: string;
  readonly input?: string;
  readonly active?: string;
  readonly dose?: string;
  readonly target?: string;
  /** Whole days; `null` says that nobody knows. */
  readonly phiDays?: number | null;
  readonly water?: string;
  readonly collected?: string;
  readonly product?: ProductInfo;
  readonly lot?: LotInfo;
  /** As it was typed. */
  readonly quantity?: string;
  readonly unit?: "KGM" | "";
  /** `coop`: brought to the own co-operative; `buyer`: sold on. */
  readonly to?: "coop" | "buyer";
  readonly note?: string;
  readonly photos?: readonly Photo[];
  readonly place?: { readonly latitude: number; readonly longitude: number; readonly accuracyM: number };
  readonly forAnother?: { readonly name: string; readonly phone: string };
  /** When it happened, if not just now. */
  readonly timeMs?: number;
}

/** What is still missing, in the order in which it is asked for. */
export type Missing = "plot" | "crop" | "input" | "dose" | "phi" | "product" | "lot" | "quantity" | "collected" | "person";

const text = (value: string | undefined): string | undefined => {
  const trimmed = value === undefined ? "" : whole(value).replace(/[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, " ").trim();
  return trimmed === "" ? undefined : trimmed.slice(0, 500);
};

export function missing(form: Form): Missing | undefined {
  const isOnPlot = form.act !== "ship";
  if (isOnPlot && form.plot === undefined) return "plot";
  if (form.act === "plant" && form.crop === undefined) return "crop";
  if ((form.act === "feed" || form.act === "spray") && text(form.input) === undefined) return "input";
  if (form.act === "feed" && text(form.dose) === undefined) return "dose";
  if (form.act === "spray" && form.phiDays === undefined) return "phi";
  if (form.act === "harvest" && form.product === undefined) return "product";
  if (form.act === "ship" && form.lot === undefined) return "lot";
  if ((form.act === "harvest" || form.act === "ship") && quantityOf(form) === undefined) return "quantity";
  if (form.act === "waste" && text(form.collected) === undefined) return "collected";
  if (form.forAnother !== undefined && text(form.forAnother.name) === undefined) return "person";
  return undefined;
}

export function quantityOf(form: Form): Quantity | undefined {
  const found = typedQuantity(form.quantity ?? "", form.unit === "" ? undefined : "KGM");
  return found === undefined || found.amount === 0n ? undefined : found;
}

/** Letters and digits that may stand in a lot's number (GS1's set, without what has to be escaped in an address). */
const plainCode = (code: string): string => code.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("đ", "d").replaceAll("Đ", "D").replace(/[^A-Za-z0-9-]/g, "");

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/**
 * The number of a lot that this phone harvests: day, plot, and two letters of the key, because two phones without network may harvest
 * one plot on one day, and each must give its lot a salt of its own. At most 20 characters.
 */
export function lotNumber(day: string, plotCode: string, key: string): string {
  const bits = Number.parseInt(key.slice(0, 3), 16);
  const own = `${CROCKFORD[(bits >> 5) & 31]}${CROCKFORD[bits & 31]}`;
  const plain = plainCode(plotCode);
  // A long code ends in a digest, so that two of them that begin alike do not become one lot.
  const code = plain.length <= 10 ? plain || "X" : `${plain.slice(0, 6)}${fileDigest(utf8(plotCode)).slice(0, 4)}`;
  return `${shortDay(day)}-${code}-${own}`;
}

export const lotUri = (origin: string, product: ProductInfo, number: string): string =>
  product.gtin === undefined ? `https://${origin}/p/${product.code}/l/${number}` : `https://id.gs1.org/01/${product.gtin.padStart(14, "0")}/10/${number}`;

/** Whose word it is, and where. */
export interface Context {
  readonly origin: string;
  readonly organisationUri: string;
  readonly key: string;
  readonly nowMs: number;
  readonly language: string;
}

export interface Composed {
  readonly facts: EventFacts;
  readonly private: readonly Private[];
  readonly summary: Summary;
  /** What the plot's diary gets of it. */
  readonly told?: Told;
}

const optional = <Name extends string, T>(name: Name, value: T | undefined): { [_ in Name]?: T } =>
  (value === undefined ? {} : { [name]: value }) as { [_ in Name]?: T };

function stepOf(form: Form): Step {
  switch (form.act) {
    case "plant":
      return { key: "planting", ...optional("crop", form.crop?.key), ...optional("variety", text(form.variety)), ...optional("seedOrigin", text(form.seedOrigin)) };
    case "feed":
      return { key: "fertilising", ...optional("input", text(form.input)), ...optional("dose", text(form.dose)) };
    case "spray":
      return {
        key: "plant_protection",
        ...optional("input", text(form.input)),
        ...optional("activeSubstance", text(form.active)),
        ...optional("dose", text(form.dose)),
        ...optional("target", text(form.target)),
        ...optional("phiDays", form.phiDays ?? undefined),
      };
    case "water":
      return { key: "irrigation", ...optional("water", text(form.water)) };
    case "waste":
      return { key: "waste", ...optional("collected", text(form.collected)) };
    case "harvest":
      return { key: "harvesting" };
    case "ship":
      return { key: form.to === "buyer" ? "shipping" : "transporting" };
  }
}

/** Facts and private sections of a form in which nothing is missing. */
export function compose(form: Form, context: Context): Composed | undefined {
  if (missing(form) !== undefined) return undefined;
  const timeMs = form.timeMs ?? context.nowMs;
  const day = vietnamDay(timeMs);
  const step = stepOf(form);
  const common = {
    kind: "event",
    timeMs,
    step,
    ...optional("forAnother", form.forAnother === undefined ? undefined : true),
    ...optional("note", text(form.note) === undefined ? undefined : { vi: text(form.note) as string }),
    ...optional("photos", form.photos === undefined || form.photos.length === 0 ? undefined : form.photos),
  } as const;
  const quantity = quantityOf(form);
  const { plot, product, lot } = form;
  let facts: EventFacts;
  let lotName: string | undefined;
  let told: Omit<Told, "id" | "order"> | undefined;
  if (form.act === "ship") {
    if (lot === undefined || quantity === undefined) return undefined;
    lotName = lot.number;
    const objects = [{ uri: lot.uri, quantity }];
    facts = { ...common, what: { type: "ObjectEvent", action: "OBSERVE", objects }, ...(form.to === "buyer" ? { source: context.organisationUri } : {}) };
  } else if (plot === undefined) {
    return undefined;
  } else if (form.act === "harvest") {
    if (product === undefined || quantity === undefined) return undefined;
    const number = lotNumber(day, plot.code, context.key);
    const uri = lotUri(context.origin, product, number);
    lotName = number;
    facts = {
      ...common,
      what: { type: "ObjectEvent", action: "ADD", objects: [{ uri, quantity }] },
      place: plot.uri,
      lot: {
        number,
        harvestFrom: day,
        harvestUntil: day,
        countryOfOrigin: "VN",
        ...optional("growingMethod", plot.growingMethod),
        product: product.uri,
        plots: [plot.uri],
      },
    };
    told = { timeMs, step: "harvesting", lots: [{ uri, ...optional("grams", quantity.unit === "gram" ? quantity.amount : undefined) }], from: day, until: day, plots: [plot.uri] };
  } else {
    facts = { ...common, what: { type: "ObjectEvent", action: "OBSERVE", objects: [{ uri: plot.uri }] }, place: plot.uri };
    const applied = step.key === "plant_protection" ? { ...optional("input", step.input ?? step.activeSubstance), ...optional("phiDays", step.phiDays) } : {};
    const planted = step.key === "planting" ? optional("crop", step.crop) : {};
    told = { timeMs, step: step.key, ...applied, ...planted };
  }
  const sections: Private[] = [];
  if (form.forAnother !== undefined) {
    const { name, phone } = form.forAnother;
    const person = { type: "nguon:Person", name: text(name), ...optional("phone", text(phone)), role: "grower" };
    sections.push({ type: SECTION.person, payload: utf8(JSON.stringify(person)) });
  }
  if (form.place !== undefined) sections.push({ type: SECTION.places, payload: utf8(placeOf(form.place)) });
  const shown = [
    form.act === "plant" ? form.crop?.name : form.act === "harvest" ? product?.name : form.act === "ship" ? lot?.number : (text(form.input) ?? text(form.water) ?? text(form.collected)),
    quantity === undefined ? text(form.dose) : shownQuantity(quantity, context.language),
  ];
  const { photos: _photos, ...kept } = form;
  const summary: Summary = {
    step: step.key,
    timeMs,
    ...optional("plot", plot?.uri),
    ...optional("lot", lotName),
    ...optional("what", shown.filter((one) => one !== undefined && one !== "").join(" · ") || undefined),
    ...optional("forAnother", form.forAnother === undefined ? undefined : text(form.forAnother.name)),
    form: kept,
    ...optional("told", told),
  };
  return { facts, private: sections, summary, ...optional("told", told === undefined ? undefined : { ...told, id: "draft", order: Number.MAX_SAFE_INTEGER }) };
}

/** A GeoJSON Feature (RFC 7946): six decimals, longitude first, with how exact the phone said it is. */
function placeOf({ latitude, longitude, accuracyM }: NonNullable<Form["place"]>): string {
  return `{"type":"Feature","geometry":{"type":"Point","coordinates":[${longitude.toFixed(6)},${latitude.toFixed(6)}]},"properties":{"accuracyM":${Math.round(accuracyM)}}}`;
}

/** What is remembered of an input for the next time. */
export function inputOf(form: Form, nowMs: number): Input | undefined {
  const name = text(form.input);
  if (name === undefined || (form.act !== "feed" && form.act !== "spray")) return undefined;
  return {
    kind: form.act,
    name,
    ...optional("dose", text(form.dose)),
    ...optional("active", text(form.active)),
    ...optional("target", text(form.target)),
    ...optional("phiDays", form.phiDays ?? undefined),
    usedMs: nowMs,
  };
}
