/**
 * What the app knows of the farm: plots, products, lots, diaries, crops, messages. Fetched when there is a network, kept for when there
 * is none, and read as cautiously as anything from outside.
 */

import { grams, pieces, type Quantity } from "../core/quantity.ts";
import { type Crop, type Ground, type Told, waitingOn, type Waiting } from "../core/rules.ts";
import { type Server } from "../core/server.ts";
import { type Signer } from "../core/key.ts";
import { type Database, type DiaryOfPlot, done, type Entry, type KnownSubject, type Person } from "../core/store.ts";
import { vietnamDay } from "../core/calendar.ts";
import { type LotInfo, type PlotInfo, type ProductInfo } from "./acts.ts";

type Json = Readonly<Record<string, unknown>>;

const object = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const string = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);
const whole = (value: unknown): number | undefined => (Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined);
const some = <Name extends string, T>(name: Name, value: T | undefined): { [_ in Name]?: T } =>
  (value === undefined ? {} : { [name]: value }) as { [_ in Name]?: T };

/** A text for people out of a card: in the language, else in Vietnamese, else whatever there is. */
export function prose(value: unknown, language: string): string | undefined {
  if (typeof value === "string") return value;
  const texts = list(value).map(object);
  const of = (tag: string) => string(texts.find((one) => one["@language"] === tag)?.["@value"]);
  return of(language) ?? of("vi") ?? string(texts[0]?.["@value"]);
}

/** Pages of one kind of thing, at most: a co-operative with more than that searches on the desk. A farmer pays for each byte. */
const PAGES_MAX: Readonly<Record<string, number>> = { plot: 20, product: 5, lot: 3 };
/** Lots of this phone's own that are asked for one by one, if no page had them. */
const OWN_LOTS_MAX = 30;
/** Plots whose diaries are fetched: those that this phone uses; before the first, some. */
const DIARIES_MAX = 40;
const DIARIES_FIRST = 10;
const CROPS_MS = 24 * 3_600_000;

export interface Who {
  readonly organisation?: { readonly id?: string; readonly uri?: string; readonly name?: { readonly vi?: string; readonly en?: string } | null; readonly standing?: readonly string[] };
  readonly key?: {
    readonly rights?: string;
    readonly roles?: readonly string[];
    readonly not_after_ms?: number | null;
    readonly head?: { readonly seq: number; readonly event_id: string } | null;
    readonly revoked?: unknown;
    readonly frozen?: boolean;
    readonly fork?: unknown;
  };
  readonly person?: { readonly name?: string; readonly phone?: string } | null;
}

export interface Messages {
  readonly findings: readonly { readonly lot: string; readonly path?: string; readonly code: string; readonly severity: string; readonly vi: string; readonly en: string }[];
  readonly recalls: readonly { readonly lot: string; readonly path?: string; readonly reason_vi?: string; readonly reason_en?: string }[];
  readonly held: readonly { readonly event_id: string; readonly author: string; readonly reason: string }[];
  readonly atMs: number;
}

/** An entry that somebody made in another's name, and that nobody has confirmed. */
export interface Unconfirmed {
  readonly event: string;
  readonly plot: string;
  readonly day: string;
  readonly step: string;
  readonly input?: string;
  readonly lots: readonly string[];
}

const quantity = (value: unknown): Quantity | undefined => {
  const { amount, unit } = object(value);
  const read = whole(amount);
  if (read === undefined) return undefined;
  return unit === "gram" ? grams(read) : unit === "piece" ? pieces(read) : unit === "millilitre" ? { amount: BigInt(read), unit } : undefined;
};

export class Data {
  constructor(
    private readonly db: Database,
    private readonly server: Server,
  ) {}

  // What is known.

  async subjects(organisation: string, kind: string): Promise<KnownSubject[]> {
    const all = await this.db.all<KnownSubject>("subjects");
    return all.filter((one) => one.organisation === organisation && one.kind === kind && one.state !== undefined);
  }

  /** Plots, those that were used here last first. */
  async plots(organisation: string, language: string): Promise<PlotInfo[]> {
    const known = await this.subjects(organisation, "plot");
    known.sort((a, b) => (b.usedMs ?? 0) - (a.usedMs ?? 0) || a.uri.localeCompare(b.uri));
    return known.map(({ uri, state }) => {
      const card = object(state);
      const code = string(card["nguon:code"]) ?? uri.slice(uri.lastIndexOf("/") + 1);
      const name = [prose(card["nguon:crop"], language), prose(card["nguon:placeName"], language)].filter((one) => one !== undefined).join(" · ");
      return {
        uri,
        code,
        name,
        ...some("areaM2", whole(card["nguon:areaSquareMetres"])),
        ...some("cropCode", string(card["nguon:cropCode"])),
        ...some("growingMethod", string(card["nguon:growingMethod"])),
      };
    });
  }

  async usedPlots(organisation: string): Promise<ReadonlySet<string>> {
    const known = await this.subjects(organisation, "plot");
    return new Set(known.filter((one) => one.usedMs !== undefined).map((one) => one.uri));
  }

  async products(organisation: string, language: string): Promise<ProductInfo[]> {
    const known = await this.subjects(organisation, "product");
    known.sort((a, b) => (b.usedMs ?? 0) - (a.usedMs ?? 0) || a.uri.localeCompare(b.uri));
    return known.map(({ uri, state }) => {
      const card = object(state);
      const code = string(card["nguon:code"]) ?? uri.slice(uri.lastIndexOf("/") + 1);
      return { uri, code, name: prose(card["nguon:name"], language) ?? code, ...some("gtin", string(card["gs1:gtin"])) };
    });
  }

  /** Lots of this phone and of the co-operative, the newest first; what was harvested without network is among them. */
  async lots(person: Person, language: string): Promise<(LotInfo & { readonly status: string; readonly path?: string; readonly mine: boolean; readonly balance?: Json; readonly day?: string; readonly findings: readonly Json[] })[]> {
    const products = new Map((await this.products(person.organisation, language)).map((one) => [one.uri, one.name]));
    const entries = (await this.db.all<Entry>("outbox")).filter((one) => one.organisation === person.organisation && one.state.at !== "refused");
    const own = new Map<string, Entry>();
    for (const entry of entries) {
      const { told } = entry.summary;
      for (const { uri } of list(object(told)["lots"]) as readonly { uri: string }[]) own.set(uri, entry);
    }
    const known = await this.db.all<KnownSubject>("subjects");
    const lots = known.filter((one) => one.organisation === person.organisation && one.kind === "lot" && (one.state !== undefined || own.has(one.uri)));
    const read = lots.map(({ uri, state, status, path }) => {
      const lot = object(state);
      const entry = own.get(uri);
      const balance = object(lot["balance"]);
      const unit = string(balance["unit"]);
      const [left, shipped] = [whole(balance["left"]), whole(balance["shipped"]) ?? 0];
      const told = object(entry?.summary.told);
      const first = object(list(told["lots"])[0]);
      const harvested = typeof first["grams"] === "bigint" ? grams(first["grams"]) : undefined;
      const now = left === undefined ? harvested : quantity({ amount: Math.max(0, left - shipped), unit });
      const day = string(lot["harvest_from"]) ?? string(lot["produced_on"]) ?? string(told["from"]);
      return {
        uri,
        number: string(lot["number"]) ?? entry?.summary.lot ?? uri.slice(uri.lastIndexOf("/") + 1),
        name: products.get(string(lot["product"]) ?? "") ?? entry?.summary.what?.split(" · ")[0] ?? "",
        status: status ?? "",
        mine: entry !== undefined && entry.author === person.key,
        findings: list(lot["findings"]).map(object),
        ...some("left", now),
        ...some("path", path),
        ...some("day", day),
        ...(left === undefined ? {} : { balance }),
      };
    });
    return read.sort((a, b) => (b.day ?? "").localeCompare(a.day ?? "") || b.number.localeCompare(a.number));
  }

  crops(): Promise<readonly Crop[] | undefined> {
    return this.db.get<{ rows: readonly Crop[] }>("things", "crops").then((kept) => kept?.rows);
  }

  async ground(organisation: string, plot: PlotInfo): Promise<Ground> {
    const areas = new Map((await this.plots(organisation, "vi")).map((one) => [one.uri, one.areaM2]));
    return { uri: plot.uri, areaM2: plot.areaM2 ?? 0, areaOf: (uri) => areas.get(uri), ...some("cropCode", plot.cropCode), ...some("growingMethod", plot.growingMethod) };
  }

  /** The plot's diary for the rules: what the server counted, and what this phone has signed since. */
  async told(organisation: string, plot: string): Promise<Told[]> {
    const kept = await this.db.get<DiaryOfPlot>("diary", [organisation, plot]);
    const lines = (kept?.entries ?? []).map(object);
    const known = new Set(lines.map((one) => one["event_id"]));
    const server = lines.flatMap((line): Told[] => {
      const [id, timeMs, step, index, effect] = [string(line["event_id"]), line["time_ms"], string(line["step"]), whole(line["index"]), line["effect"]];
      if (id === undefined || typeof timeMs !== "number" || step === undefined || index === undefined) return [];
      if (effect !== "counts" && effect !== "corrected") return [];
      const lots = list(line["lots"]).map((one) => {
        const amount = quantity(object(one)["quantity"]);
        return { uri: string(object(one)["uri"]) ?? "", ...some("grams", amount?.unit === "gram" ? amount.amount : undefined) };
      });
      const plots = list(line["plots"]).flatMap((one) => string(one) ?? []);
      return [{ id, order: index, timeMs, step, lots, plots, ...some("input", string(line["input"]) ?? string(line["active_substance"])), ...some("phiDays", whole(line["phi_days"])), ...some("crop", string(line["crop"])), ...(effect === "corrected" ? { takenBack: true } : {}) }];
    });
    const entries = (await this.db.all<Entry>("outbox")).filter(
      (one) => one.organisation === organisation && one.summary.plot === plot && one.state.at !== "refused" && !known.has(one.event) && one.summary.told !== undefined,
    );
    const own = entries.map((one, at): Told => ({ ...(one.summary.told as Omit<Told, "id" | "order">), id: one.event, order: 2 ** 40 + at }));
    return [...server, ...own];
  }

  async waiting(organisation: string, plot: string, nowMs: number): Promise<Waiting> {
    return waitingOn(await this.told(organisation, plot), vietnamDay(nowMs));
  }

  async unconfirmed(organisation: string): Promise<Unconfirmed[]> {
    const diaries = (await this.db.all<DiaryOfPlot>("diary")).filter((one) => one.organisation === organisation);
    return diaries.flatMap(({ plot, entries }) =>
      entries.map(object).flatMap((line): Unconfirmed[] => {
        const [event, day, step] = [string(line["event_id"]), string(line["day"]), string(line["step"])];
        const isOpen = line["entered_for_another"] === true && (line["confirmed_by"] === null || line["confirmed_by"] === undefined) && line["effect"] === "counts";
        if (!isOpen || event === undefined || day === undefined || step === undefined) return [];
        const lots = list(line["lots"]).flatMap((one) => string(object(one)["uri"]) ?? []);
        return [{ event, plot, day, step, lots, ...some("input", string(line["input"])) }];
      }),
    );
  }

  /** What was applied on the co-operative's plots, by name: a first list where this phone has none of its own. */
  async applied(organisation: string, step: string): Promise<{ name: string; dose?: string; active?: string; phiDays?: number; usedMs: number }[]> {
    const diaries = (await this.db.all<DiaryOfPlot>("diary")).filter((one) => one.organisation === organisation);
    const found = new Map<string, { name: string; dose?: string; active?: string; phiDays?: number; usedMs: number }>();
    for (const line of diaries.flatMap((one) => one.entries).map(object)) {
      const name = string(line["input"]);
      if (line["step"] !== step || name === undefined) continue;
      const usedMs = typeof line["time_ms"] === "number" ? line["time_ms"] : 0;
      if ((found.get(name)?.usedMs ?? -1) >= usedMs) continue;
      found.set(name, { name, usedMs, ...some("dose", string(line["dose"])), ...some("active", string(line["active_substance"])), ...some("phiDays", whole(line["phi_days"])) });
    }
    return [...found.values()].sort((a, b) => b.usedMs - a.usedMs);
  }

  messages(organisation: string): Promise<Messages | undefined> {
    return this.db.get<Messages>("things", `messages ${organisation}`);
  }

  // What is fetched.

  /** Asks who the key is, and keeps it. */
  async who(person: Person, signer: Signer): Promise<{ readonly who?: Who; readonly code?: string }> {
    const answer = await this.server.json<Who>({ path: "/api/v1/desk", signer }, person.ledger);
    if (!answer.ok) return answer.problem === undefined ? {} : { code: answer.problem.code };
    const who = answer.value;
    await this.db.put("things", who, `who ${person.key}`);
    return { who };
  }

  known(person: Person): Promise<Who | undefined> {
    return this.db.get<Who>("things", `who ${person.key}`);
  }

  /** Everything that the phone carries. Gives back whether all of it came. */
  async refresh(person: Person, signer: Signer): Promise<boolean> {
    let whole = true;
    const since = this.server.clock.now();
    for (const kind of ["plot", "product", "lot"]) whole = (await this.#kind(person, signer, kind)) && whole;
    whole = (await this.#ownLots(person, signer, since)) && whole;
    whole = (await this.#diaries(person, signer)) && whole;
    await this.#crops();
    const answer = await this.server.json<Json>({ path: "/api/v1/desk/messages", signer }, person.ledger);
    if (answer.ok) {
      const { findings, recalls, held } = answer.value;
      await this.db.put("things", { findings: list(findings), recalls: list(recalls), held: list(held), atMs: this.server.clock.now() }, `messages ${person.organisation}`);
    }
    return whole && answer.ok;
  }

  async #kind(person: Person, signer: Signer, kind: string): Promise<boolean> {
    let after = "";
    for (let page = 0; page < (PAGES_MAX[kind] ?? 1); page += 1) {
      const path = `/api/v1/desk/subjects?kind=${kind}${after === "" ? "" : `&after=${encodeURIComponent(after)}`}`;
      const answer = await this.server.json<Json>({ path, signer }, person.ledger);
      if (!answer.ok) return false;
      await this.keep(person.organisation, list(answer.value["subjects"]));
      const next = string(answer.value["next"]);
      if (next === undefined) return true;
      after = next;
    }
    return true;
  }

  /** What this phone harvested, wherever it stands among the co-operative's lots. */
  async #ownLots(person: Person, signer: Signer, since: number): Promise<boolean> {
    const entries = (await this.db.all<Entry>("outbox")).filter((one) => one.author === person.key && (one.state.at === "received" || one.state.at === "log"));
    const uris = new Set(entries.reverse().flatMap((one) => list(object(one.summary.told)["lots"]).flatMap((lot) => string(object(lot)["uri"]) ?? [])));
    for (const uri of [...uris].slice(0, OWN_LOTS_MAX)) {
      const known = await this.db.get<KnownSubject>("subjects", [person.organisation, uri]);
      if ((known?.saidMs ?? 0) >= since) continue;
      const answer = await this.server.json<Json>({ path: `/api/v1/desk/subject?uri=${encodeURIComponent(uri)}`, signer }, person.ledger);
      if (answer.ok) await this.keep(person.organisation, [answer.value]);
      // Not among the read models yet: the next time.
      else if (answer.problem?.status !== 404) return false;
    }
    return true;
  }

  /** Keeps what the server says of things. The newest record is our own as long as the server has not seen it. */
  async keep(organisation: string, subjects: readonly unknown[]): Promise<void> {
    const entries = await this.db.all<Entry>("outbox");
    const unsent = new Set(entries.filter((one) => one.state.at === "phone" || one.state.at === "held").map((one) => one.event));
    await this.db.write(["subjects"], async (of) => {
      for (const one of subjects.map(object)) {
        const uri = string(one["uri"]);
        if (uri === undefined) continue;
        const known = await done(of("subjects").get([organisation, uri]) as IDBRequest<KnownSubject | undefined>);
        const isOwn = known?.newest !== undefined && unsent.has(known.newest);
        const salt = string(one["salt"]) ?? known?.salt;
        const newest = isOwn && known?.salt === salt ? known?.newest : string(one["newest"]);
        of("subjects").put({
          ...some("usedMs", known?.usedMs),
          organisation,
          uri,
          kind: string(one["kind"]) ?? known?.kind ?? "other",
          ...some("salt", salt),
          ...some("newest", newest),
          ...some("status", string(one["status"])),
          ...some("path", string(one["path"])),
          state: one["state"] ?? {},
          saidMs: this.server.clock.now(),
        });
      }
    });
  }

  async #diaries(person: Person, signer: Signer): Promise<boolean> {
    const plots = await this.plots(person.organisation, "vi");
    let whole = true;
    const used = await this.usedPlots(person.organisation);
    const wanted = used.size === 0 ? plots.slice(0, DIARIES_FIRST) : plots.filter((one) => used.has(one.uri)).slice(0, DIARIES_MAX);
    for (const { uri } of wanted) whole = (await this.diary(person, signer, uri)) && whole;
    return whole;
  }

  async diary(person: Person, signer: Signer, plot: string): Promise<boolean> {
    const answer = await this.server.json<Json>({ path: `/api/v1/desk/diary?plot=${encodeURIComponent(plot)}`, signer }, person.ledger);
    if (!answer.ok) return false;
    const kept: DiaryOfPlot = { organisation: person.organisation, plot, entries: list(answer.value["entries"]), atMs: this.server.clock.now() };
    await this.db.put("diary", kept);
    return true;
  }

  async #crops(): Promise<void> {
    const kept = await this.db.get<{ atMs: number }>("things", "crops");
    if (kept !== undefined && this.server.clock.now() - kept.atMs < CROPS_MS) return;
    const answer = await this.server.json<unknown>({ path: "/api/v1/crops" });
    if (answer.ok && Array.isArray(answer.value)) await this.db.put("things", { rows: answer.value, atMs: this.server.clock.now() }, "crops");
  }
}
