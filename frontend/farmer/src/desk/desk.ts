/** The desk as a whole: whose it is, what it asks of the server, and which screen is shown. */

import { type Bytes } from "../../../verifier/src/core/bytes.ts";
import { Book } from "../core/book.ts";
import { Clock, type ClockState } from "../core/clock.ts";
import { type Role, ROLE } from "../core/draft.ts";
import { needsPin, openKey, type Signer } from "../core/key.ts";
import { LogView } from "../core/log.ts";
import { type Ended, Outbox } from "../core/outbox.ts";
import { type Answer, type Ask, type Problem, Server } from "../core/server.ts";
import { type Database, type Entry, type Person } from "../core/store.ts";
import { type Child, h, notice } from "./dom.ts";
import { type Json, list, object, string } from "./json.ts";
import { keep, type LotView, readLot, readThing, type Thing, type ThingKind } from "./things.ts";
import { either, say } from "./words.ts";

/** The server did not do it: it says why, or there was no answer. */
export class Failed extends Error {
  override readonly name = "Failed";
  constructor(readonly problem?: Problem) {
    super(problem?.code ?? "offline");
  }
}

export interface Who {
  readonly organisation: { readonly id: string; readonly uri: string; readonly name?: { vi?: string; en?: string } | null; readonly standing: readonly string[]; readonly commune?: string | null };
  readonly key: { readonly key: string; readonly rights: string; readonly roles: readonly string[]; readonly head: { readonly seq: number; readonly event_id: string } | null; readonly frozen?: boolean; readonly revoked?: unknown };
  readonly person?: Json | null;
}

export interface Screen {
  readonly title: string;
  draw(desk: Desk, argument: string): Promise<Child> | Child;
}

/** What the address says after its hash. A link that somebody cut short is no reason to show nothing. */
export function place(): string {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

/** Pages of one kind, a hundred things each. */
const PAGES_MAX = 200;
/** After a round that left something. */
const PAUSES_S = [2, 4, 8, 15, 30, 60, 120];

export class Desk {
  readonly server: Server;
  readonly log: LogView;
  readonly outbox: Outbox;
  readonly screens = new Map<string, Screen>();
  people: Person[] = [];
  person: Person | undefined;
  who: Who | undefined;
  origin = "";
  last: Ended | undefined;
  /** Whoever shows how much waits. */
  onChanged: () => void = () => {};
  readonly #signers = new Map<string, Signer>();
  readonly #things = new Map<ThingKind, Promise<Thing[]>>();
  #drawn = 0;
  #sending: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tries = 0;
  /** How far the server's lists are known to be. */
  #readTo = 0;

  constructor(
    readonly db: Database,
    readonly clock: Clock,
    readonly main: HTMLElement,
  ) {
    this.server = new Server(location.origin, clock);
    this.log = new LogView(db, this.server);
    this.outbox = new Outbox(db, this.server, this.log, { signerOf: (author) => this.#signers.get(author), changed: () => this.onChanged() });
  }

  static async clock(db: Database): Promise<Clock> {
    let saved = 0;
    return new Clock(Date.now, await db.get<ClockState>("things", "clock"), (learned) => {
      if (Math.abs(learned.serverMs - saved) < 60_000) return;
      saved = learned.serverMs;
      void db.put("things", learned, "clock").catch(() => {});
    });
  }

  // Whose desk it is.

  async load(): Promise<void> {
    this.people = (await this.db.all<Person>("people")).filter((one) => one.enrolment === undefined).sort((a, b) => a.madeMs - b.madeMs);
    const chosen = (await this.db.get<string>("things", "desk person")) ?? (await this.db.get<string>("things", "person"));
    this.person = this.people.find((one) => one.key === (this.person?.key ?? chosen)) ?? this.people[0];
    for (const one of this.people) if (!needsPin(one.kept) && !this.#signers.has(one.key)) this.#signers.set(one.key, await openKey(one.kept, ""));
  }

  async choose(person: Person, pin: string): Promise<void> {
    this.#signers.set(person.key, await openKey(person.kept, pin));
    this.person = person;
    this.who = undefined;
    this.forget();
    await this.db.put("things", person.key, "desk person");
  }

  get signer(): Signer | undefined {
    return this.person === undefined ? undefined : this.#signers.get(this.person.key);
  }

  /** A key that is held in memory for one ceremony: a root, typed from its paper. */
  lend(signer: Signer): () => void {
    this.#signers.set(signer.key, signer);
    return () => this.#signers.delete(signer.key);
  }

  may(role: Role): boolean {
    return this.who?.key.rights === "root" || (this.who?.key.roles.includes(role) ?? false) || (this.who === undefined && ((this.person?.roles ?? 0) & ROLE[role]) !== 0);
  }

  get organisation(): string {
    return this.person?.organisation ?? "";
  }

  get organisationName(): string {
    return either(this.who?.organisation.name) || (this.person?.organisationName ?? "");
  }

  async meet(): Promise<void> {
    if (this.person === undefined) return;
    this.origin = (await this.log.pin(this.person.ledger))?.origin ?? "";
    try {
      this.who = await this.get<Who>("/api/v1/desk");
    } catch (error) {
      // Without network the desk shows what it can; a key that nobody stands behind is told so.
      if (!(error instanceof Failed) || error.problem !== undefined) throw error;
    }
  }

  // What is asked.

  async #asked<T>(answer: Promise<Answer<T>>): Promise<T> {
    const given = await answer;
    if (given.ok) return given.value;
    throw new Failed(given.problem);
  }

  #signed(ask: Ask): Ask {
    const { signer } = this;
    if (signer === undefined) throw new Error("nobody has opened a key");
    return { ...ask, signer };
  }

  /** Asks in the name of this device. */
  get<T>(path: string): Promise<T> {
    return this.#asked(this.server.json<T>(this.#signed({ path }), this.person?.ledger));
  }

  file(path: string): Promise<Bytes> {
    return this.#asked(this.server.bytes(this.#signed({ path, patienceMs: 120_000 }), this.person?.ledger));
  }

  /** Asks for what everybody may read. */
  open<T>(path: string): Promise<T> {
    return this.#asked(this.server.json<T>({ path }));
  }

  send<T>(method: string, path: string, body: Bytes, mediaType = "application/json"): Promise<T> {
    return this.#asked(this.server.json<T>(this.#signed({ method, path, body, mediaType, patienceMs: 120_000 }), this.person?.ledger));
  }

  withdraw(path: string): Promise<unknown> {
    return this.#asked(this.server.bytes(this.#signed({ method: "DELETE", path }), this.person?.ledger));
  }

  /** Everything of a kind that is the co-operative's. Fetched once, until something was signed or somebody asks anew. */
  things(kind: ThingKind): Promise<Thing[]> {
    const known = this.#things.get(kind);
    if (known !== undefined) return known;
    const fetched = this.#fetch(kind);
    this.#things.set(kind, fetched);
    fetched.catch(() => this.#things.delete(kind));
    return fetched;
  }

  async #fetch(kind: ThingKind): Promise<Thing[]> {
    const all: Thing[] = [];
    let after = "";
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const answer = await this.get<Json>(`/api/v1/desk/subjects?kind=${kind}${after === "" ? "" : `&after=${encodeURIComponent(after)}`}`);
      all.push(...list(answer["subjects"]).flatMap((one) => readThing(one) ?? []));
      const next = string(answer["next"]);
      if (next === undefined) break;
      after = next;
    }
    await keep(this.db, this.organisation, all);
    return all;
  }

  async lots(): Promise<LotView[]> {
    const lots = (await this.things("lot")).map(readLot);
    return lots.sort((a, b) => (b.day ?? "").localeCompare(a.day ?? "") || b.number.localeCompare(a.number));
  }

  /** One thing of anybody's, by its URI or the path of its page. */
  async thing(called: string): Promise<Thing | undefined> {
    try {
      return readThing(object(await this.get<unknown>(`/api/v1/desk/subject?uri=${encodeURIComponent(called)}`)));
    } catch (error) {
      if (error instanceof Failed && error.problem?.status === 404) return undefined;
      throw error;
    }
  }

  forget(): void {
    this.#things.clear();
  }

  // What is signed and sent.

  book(): Book {
    return new Book(this.db, this.clock, () => this.log.seen(this.person?.ledger ?? ""));
  }

  author() {
    const { signer, person } = this;
    if (signer === undefined || person === undefined) throw new Error("nobody has opened a key");
    return { signer, ledger: person.ledger, organisation: person.organisation };
  }

  /** Entries of this organisation, the newest first. */
  async entries(): Promise<Entry[]> {
    return (await this.outbox.entries()).filter((one) => one.organisation === this.organisation).sort((a, b) => b.n - a.n);
  }

  /** Something is there to be sent, or a network is. */
  wake(): void {
    this.#tries = 0;
    this.onChanged();
    void this.round();
  }

  /** Sends what waits, and again with growing pauses until nothing does. */
  round(): Promise<void> {
    clearTimeout(this.#timer);
    this.#sending ??= this.#round().finally(() => (this.#sending = undefined));
    return this.#sending;
  }

  async #round(): Promise<void> {
    try {
      this.last = await this.outbox.round();
    } catch (error) {
      console.warn(error);
      this.last = "offline";
    }
    const entries = await this.outbox.entries();
    if (entries.some(({ state }) => state.at === "phone" || state.at === "received")) {
      const pause = PAUSES_S[Math.min(this.#tries, PAUSES_S.length - 1)] ?? 120;
      this.#tries += 1;
      this.#timer = setTimeout(() => void this.round(), pause * 1000);
    } else {
      await this.#read(Math.max(-1, ...entries.map(({ state }) => ("index" in state ? state.index : -1))));
      this.forget();
    }
    this.onChanged();
  }

  /** What is in the log is in the server's lists a moment later: waits for that, so that nobody misses what was just signed. */
  async #read(index: number): Promise<void> {
    if (index < this.#readTo || this.signer === undefined) return;
    for (let tries = 0; tries < 20; tries += 1) {
      const answer = await this.server.json<{ size?: number }>(this.#signed({ path: "/api/v1/desk" }), this.person?.ledger);
      if (!answer.ok || (answer.value.size ?? 0) > index) break;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    this.#readTo = index + 1;
  }

  // Screens.

  go(path: string): void {
    if (location.hash === `#${path}`) void this.show();
    else location.hash = path;
  }

  /** Without a key there are only the ways to one. */
  #gate(name: string): string {
    if (name.startsWith("moi=") || name === "join") return "join";
    if (name === "found" || name === "welcome") return name;
    if (this.person === undefined) return "welcome";
    return this.signer === undefined ? "unlock" : name;
  }

  async show(): Promise<void> {
    const drawing = ++this.#drawn;
    const [name = "", ...rest] = place().split("/");
    const gate = this.#gate(name);
    const screen = this.screens.get(gate) ?? this.screens.get("");
    if (screen === undefined) return;
    this.main.setAttribute("aria-busy", "true");
    let drawn: Child;
    try {
      drawn = await screen.draw(this, rest.join("/"));
    } catch (error) {
      drawn = [h("h1", { tabindex: "-1" }, say(screen.title)), this.failure(error)];
    }
    if (drawing !== this.#drawn) return;
    this.main.replaceChildren(h("div", { class: "screen" }, drawn));
    this.main.removeAttribute("aria-busy");
    document.title = `${say(screen.title)} · ${say("app")}`;
    document.body.dataset["screen"] = gate;
    this.main.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
    scrollTo(0, 0);
    this.onChanged();
  }

  /** What went wrong, and what to do. */
  failure(error: unknown): HTMLElement {
    if (error instanceof Failed) {
      const { problem } = error;
      if (problem === undefined) return notice("wait", h("b", {}, say("offline.title")), h("p", {}, say("offline.text")));
      const text = document.documentElement.lang === "vi" ? problem.vi : problem.en;
      const missing = problem.status === 404 && problem.code === "not-found";
      return notice("doubt", h("b", {}, missing ? say("missing.title") : text.title), h("p", {}, missing ? say("missing.text") : text.detail));
    }
    console.error(error);
    return notice("stop", h("b", {}, say("error.title")), h("p", {}, say("error.text")), h("pre", {}, String(error)));
  }
}
