/**
 * What the rules would say of a plot's diary, worked out on the phone: pre-harvest interval, yield, season. The same answers as
 * `crates/trace/src/plot.rs`, and the tests read the same stories. Only what this device knows is in the diary, so silence here
 * proves nothing; the server's preflight knows more, and what is logged is judged again there.
 *
 * 1. *Thời gian cách ly* (PHI): calendar days in Vietnam. The day of spraying is day 0. An interval that nobody stated is unknown,
 *    never zero, and is held against harvests of sixty days.
 * 2. *Yield*: what was harvested since the planting (or in 365 days) against the crop's cap for the plot's area. A harvest from several plots
 *    is shared out by their areas (or in equal parts where one is not known).
 * 3. *Season*: the month of harvest, where the crop's row names months.
 */

import { dayAfter, daysBetween, vietnamDay } from "./calendar.ts";

/** A row of crops.toml, as `GET /api/v1/crops` gives it. */
export interface Crop {
  readonly key: string;
  readonly methods: readonly string[];
  readonly vi: string;
  readonly en: string;
  readonly per: "cycle" | "year";
  readonly cycles: number;
  readonly days: number;
  readonly cap_kg_ha: number;
  readonly typical_kg_ha?: readonly number[];
  readonly months: readonly number[];
}

/** A plot's card, as far as the rules need it. */
export interface Ground {
  readonly uri: string;
  readonly areaM2: number;
  /** The areas of the organisation's other plots, as far as they are known. */
  readonly areaOf?: (plot: string) => number | undefined;
  readonly cropCode?: string;
  readonly growingMethod?: string;
}

/** One entry of the diary that counts (or counted: `takenBack`). `order` says which came first on one day. */
export interface Told {
  readonly id: string;
  readonly order: number;
  readonly timeMs: number;
  readonly step: string;
  readonly input?: string;
  readonly phiDays?: number;
  readonly crop?: string;
  /** Lots of a harvest; grams are none if it was not weighed. */
  readonly lots?: readonly { readonly uri: string; readonly grams?: bigint }[];
  readonly from?: string;
  readonly until?: string;
  /** All plots that the harvest came from. */
  readonly plots?: readonly string[];
  /** Declared wrong by its own organisation. */
  readonly takenBack?: boolean;
}

export type Code = "inside_phi" | "phi_unverified" | "spray_taken_back" | "yield_implausible" | "yield_unverified" | "out_of_season";

export interface Finding {
  readonly code: Code;
  readonly lot: string;
  /** Entries that it rests on. */
  readonly records: readonly string[];
  /** What the sentence names. */
  readonly values: FindingValues;
}

export interface FindingValues {
  readonly day?: string;
  readonly sprayed?: string;
  readonly days?: number;
  readonly free?: string;
  readonly input?: string;
  readonly since?: string;
  readonly grams?: bigint;
  readonly cap?: bigint;
  readonly areaM2?: number;
  readonly crop?: Crop;
}

const UNKNOWN_PHI_DAYS = 60;
const SPRAYS_LOOKED_AT = 200;
const RECORDS_SHOWN = 40;

export const isGrave = (code: Code): boolean => code === "inside_phi" || code === "yield_implausible";

/** The row for a crop grown so: the one that names the method, else the one that names none. */
export function lookupCrop(crops: readonly Crop[], key: string, method: string | undefined): Crop | undefined {
  const rows = crops.filter((row) => row.key === key);
  return rows.find((row) => method !== undefined && row.methods.includes(method)) ?? rows.find((row) => row.methods.length === 0);
}

export const capGrams = (crop: Crop, areaM2: number): bigint => (BigInt(crop.cap_kg_ha) * BigInt(areaM2)) / 10n;

interface Harvest {
  readonly id: string;
  readonly order: number;
  readonly lot: string;
  readonly from: string;
  readonly until: string;
  readonly timeMs: number;
  readonly grams: bigint | undefined;
}

interface Diary {
  readonly sprays: readonly Told[];
  readonly takenBack: readonly Told[];
  readonly plantings: readonly Told[];
  readonly harvests: readonly Harvest[];
  /** The grams of the harvests before each, in their order. */
  readonly before: readonly bigint[];
}

const compared = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);

/** This plot's part of what was harvested on all of these. */
function partOf(grams: bigint, plots: readonly string[], ground: Ground): bigint {
  const all = [...new Set(plots)];
  if (all.length < 2) return grams;
  const areas = all.map((plot) => (plot === ground.uri ? ground.areaM2 : ground.areaOf?.(plot)));
  const sum = areas.reduce<number | undefined>((sum, area) => (sum === undefined || area === undefined ? undefined : sum + area), 0);
  return sum === undefined || sum === 0 ? grams / BigInt(all.length) : (grams * BigInt(ground.areaM2)) / BigInt(sum);
}

function diaryOf(entries: readonly Told[], ground: Ground): Diary {
  const sorted = [...entries].sort((a, b) => a.order - b.order);
  const isSpray = (one: Told) => one.step === "plant_protection";
  const counting = sorted.filter((one) => one.takenBack !== true);
  const harvests: Harvest[] = [];
  const known = new Set<string>();
  for (const one of counting) {
    if (one.step !== "harvesting" && one.step !== "harvest") continue;
    const from = one.from ?? one.until ?? vietnamDay(one.timeMs);
    const until = one.until === undefined || one.until < from ? from : one.until;
    for (const { uri, grams } of one.lots ?? []) {
      // What a phone recorded twice grew once.
      const name = `${uri} ${one.timeMs} ${grams}`;
      const share = grams === undefined ? undefined : known.has(name) ? 0n : partOf(grams, one.plots ?? [], ground);
      known.add(name);
      harvests.push({ id: one.id, order: one.order, lot: uri, from, until, timeMs: one.timeMs, grams: share });
    }
  }
  const byDay = (a: Told, b: Told) => compared(vietnamDay(a.timeMs), vietnamDay(b.timeMs)) || a.order - b.order;
  harvests.sort((a, b) => compared(a.from, b.from) || a.order - b.order);
  const before = [0n];
  for (const harvest of harvests) before.push((before[before.length - 1] ?? 0n) + (harvest.grams ?? 0n));
  return {
    sprays: counting.filter(isSpray).sort(byDay),
    takenBack: sorted.filter((one) => one.takenBack === true && isSpray(one)),
    plantings: counting.filter((one) => one.step === "planting").sort(byDay),
    harvests,
    before,
  };
}

/** Everything that is found of the lots that grew on the plot. */
export function judge(entries: readonly Told[], ground: Ground, crops: readonly Crop[]): Finding[] {
  const diary = diaryOf(entries, ground);
  return [...intervals(diary), ...withdrawals(diary), ...yields(diary, ground, crops), ...seasons(diary, ground, crops)];
}

/** What one more entry would change: the findings that are there with it and not without. */
export function warnings(entries: readonly Told[], draft: Told, ground: Ground, crops: readonly Crop[]): Finding[] {
  const name = (one: Finding): string => `${one.code} ${one.lot} ${one.values.free ?? ""} ${one.values.grams ?? ""}`;
  const known = new Set(judge(entries, ground, crops).map(name));
  return judge([...entries, draft], ground, crops).filter((one) => !known.has(name(one)));
}

/** Rule 1. */
function intervals({ harvests, sprays }: Diary): Finding[] {
  const found: Finding[] = [];
  for (const harvest of harvests) {
    const before = sprays.filter((spray) => vietnamDay(spray.timeMs) <= harvest.until).slice(-SPRAYS_LOOKED_AT);
    let worst: { readonly spray: Told; readonly days: number; readonly free: string } | undefined;
    const [broken, unknown] = [[harvest.id], [harvest.id]];
    for (const spray of before.reverse()) {
      const day = vietnamDay(spray.timeMs);
      // Picked in the morning, sprayed in the afternoon.
      if (day === harvest.until && spray.timeMs > harvest.timeMs) continue;
      if (spray.phiDays === undefined) {
        if (daysBetween(day, harvest.from) < UNKNOWN_PHI_DAYS && unknown.length < RECORDS_SHOWN) unknown.push(spray.id);
        continue;
      }
      const free = dayAfter(day, spray.phiDays);
      if (harvest.from >= free) continue;
      if (broken.length < RECORDS_SHOWN) broken.push(spray.id);
      if (worst === undefined || worst.free < free) worst = { spray, days: spray.phiDays, free };
    }
    if (worst !== undefined) {
      const { spray, days, free } = worst;
      const input = spray.input === undefined ? {} : { input: spray.input };
      const values = { day: harvest.from, sprayed: vietnamDay(spray.timeMs), days, free, ...input };
      found.push({ code: "inside_phi", lot: harvest.lot, records: broken, values });
    }
    if (unknown.length > 1) found.push({ code: "phi_unverified", lot: harvest.lot, records: unknown, values: { day: harvest.from } });
  }
  return found;
}

/** Whoever declares a spraying wrong is believed, and everybody sees what it would have meant. */
function withdrawals({ harvests, takenBack }: Diary): Finding[] {
  return harvests.flatMap((harvest): Finding[] => {
    const inside = takenBack.find((spray) => {
      const day = vietnamDay(spray.timeMs);
      const before = day < harvest.until || (day === harvest.until && spray.timeMs <= harvest.timeMs);
      return before && spray.phiDays !== undefined && harvest.from < dayAfter(day, spray.phiDays);
    });
    if (inside === undefined) return [];
    const values = { sprayed: vietnamDay(inside.timeMs) };
    return [{ code: "spray_taken_back", lot: harvest.lot, records: [inside.id, harvest.id], values }];
  });
}

/** What grew there on a day, and since when, if it was planted. */
function cropOn(day: string, { plantings }: Diary, ground: Ground, crops: readonly Crop[]): { crop?: Crop; planted?: string } {
  const planted = plantings.filter((one) => vietnamDay(one.timeMs) <= day).at(-1);
  const key = planted?.crop ?? ground.cropCode;
  const crop = key === undefined ? undefined : lookupCrop(crops, key, ground.growingMethod);
  return {
    ...(crop === undefined ? {} : { crop }),
    ...(planted === undefined ? {} : { planted: vietnamDay(planted.timeMs) }),
  };
}

/** Rule 2. */
function yields(diary: Diary, ground: Ground, crops: readonly Crop[]): Finding[] {
  const found: Finding[] = [];
  const unchecked = new Map<string, string[]>();
  for (const [place, harvest] of diary.harvests.entries()) {
    const { crop, planted } = cropOn(harvest.from, diary, ground, crops);
    if (crop === undefined || harvest.grams === undefined) {
      unchecked.set(harvest.lot, [...(unchecked.get(harvest.lot) ?? []), harvest.id]);
      continue;
    }
    const year = dayAfter(harvest.from, -364);
    const cap = capGrams(crop, ground.areaM2);
    const cycle = dayAfter(harvest.from, -crop.days);
    const since = crop.per === "year" ? year : planted !== undefined && planted > cycle ? planted : cycle;
    const excess =
      beyond(diary, place, since, cap) ??
      (crop.per === "cycle" ? beyond(diary, place, year, cap * BigInt(crop.cycles)) : undefined);
    if (excess === undefined) continue;
    const values = { ...excess.values, day: harvest.from, areaM2: ground.areaM2, crop };
    found.push({ code: "yield_implausible", lot: harvest.lot, records: excess.records, values });
  }
  for (const [lot, records] of unchecked) found.push({ code: "yield_unverified", lot, records, values: {} });
  return found;
}

/** The harvests since a day up to this one, if together they are more than the cap. */
function beyond({ harvests, before }: Diary, place: number, since: string, cap: bigint) {
  const found = harvests.findIndex((harvest, at) => at > place || harvest.from >= since);
  const first = found < 0 ? place + 1 : Math.min(found, place + 1);
  const grams = (before[place + 1] ?? 0n) - (before[first] ?? 0n);
  if (grams <= cap) return undefined;
  const shown = Math.max(first, place + 1 - RECORDS_SHOWN);
  const records = harvests.slice(shown, place + 1).map((harvest) => harvest.id);
  return { records, values: { grams, cap, since: harvests[first]?.from ?? since } };
}

/** Rule 3. */
function seasons(diary: Diary, ground: Ground, crops: readonly Crop[]): Finding[] {
  return diary.harvests.flatMap((harvest): Finding[] => {
    const { crop } = cropOn(harvest.from, diary, ground, crops);
    if (crop === undefined || crop.months.length === 0 || crop.months.includes(Number(harvest.from.slice(5, 7)))) return [];
    return [{ code: "out_of_season", lot: harvest.lot, records: [harvest.id], values: { day: harvest.from, crop } }];
  });
}

/** How a plot stands on a day: the day from which it may be harvested, and whether a spraying without an interval lies near. */
export interface Waiting {
  readonly free?: string;
  readonly daysLeft: number;
  readonly input?: string;
  readonly unknown: boolean;
}

/** For what asks nothing of the plot itself. */
const NOWHERE: Ground = { uri: "", areaM2: 0 };

/** What is left of the pre-harvest interval on this day. */
export function waitingOn(entries: readonly Told[], day: string): Waiting {
  let [free, input]: [string | undefined, string | undefined] = [undefined, undefined];
  let unknown = false;
  for (const spray of diaryOf(entries, NOWHERE).sprays) {
    const sprayed = vietnamDay(spray.timeMs);
    if (sprayed > day) continue;
    if (spray.phiDays === undefined) {
      unknown ||= daysBetween(sprayed, day) < UNKNOWN_PHI_DAYS;
      continue;
    }
    const end = dayAfter(sprayed, spray.phiDays);
    if (end > day && (free === undefined || end > free)) [free, input] = [end, spray.input];
  }
  const daysLeft = free === undefined ? 0 : daysBetween(day, free);
  return { ...(free === undefined ? {} : { free }), ...(input === undefined ? {} : { input }), daysLeft, unknown };
}
