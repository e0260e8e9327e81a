/** The app as a whole: what it keeps, who uses it now, which language it speaks, and which screen is shown. */

import { Book } from "../core/book.ts";
import { Clock, type ClockState } from "../core/clock.ts";
import { FOR_EVER, type Role, ROLE } from "../core/draft.ts";
import { needsPin, openKey, type Signer } from "../core/key.ts";
import { LogView } from "../core/log.ts";
import { Outbox } from "../core/outbox.ts";
import { Server } from "../core/server.ts";
import { type Database, type Entry, type Person } from "../core/store.ts";
import { h } from "../ui/dom.ts";
import { Data } from "./data.ts";
import { Enrolments, roleBits } from "./enrolment.ts";
import { Postman } from "./postman.ts";

export type Texts = Readonly<Record<string, string>>;

/** A screen draws itself once; a live one is drawn again when something that it shows has changed. */
export interface Screen {
  readonly live?: boolean;
  /** Without the bar at the foot. */
  readonly bare?: boolean;
  draw(app: App, argument: string): Promise<HTMLElement> | HTMLElement;
}

/** After so long in the background, a phone of several people asks who it is. */
const LOCK_AFTER_MS = 10 * 60_000;
const REFRESH_AFTER_MS = 15 * 60_000;

export class App {
  readonly server: Server;
  readonly log: LogView;
  readonly outbox: Outbox;
  readonly data: Data;
  readonly enrolments: Enrolments;
  readonly postman: Postman;
  people: Person[] = [];
  person: Person | undefined;
  texts: Texts = {};
  language = "vi";
  /** Opened keys, by public key. */
  readonly #signers = new Map<string, Signer>();
  readonly #screens = new Map<string, Screen>();
  #drawn = 0;
  #shown = "";
  #refreshedMs = 0;
  #hiddenMs: number | undefined;
  /** A newer app waits to be used. */
  update: (() => void) | undefined;

  constructor(
    readonly db: Database,
    readonly clock: Clock,
    readonly main: HTMLElement,
  ) {
    this.server = new Server(location.origin, clock);
    this.log = new LogView(db, this.server);
    this.outbox = new Outbox(db, this.server, this.log, {
      signerOf: (author) => this.#signers.get(author),
      changed: () => this.changed(),
    });
    this.data = new Data(db, this.server);
    this.enrolments = new Enrolments(db, this.server, this.log);
    this.postman = new Postman(
      () => this.#round(),
      () => this.#isLeft(),
      () => this.changed(),
      (error) => console.warn(error),
    );
  }

  static async clock(db: Database): Promise<Clock> {
    const state = await db.get<ClockState>("things", "clock");
    let saved = 0;
    return new Clock(Date.now, state, (learned) => {
      // Every answer tells the time; once a minute is enough to remember.
      if (Math.abs(learned.serverMs - saved) < 60_000) return;
      saved = learned.serverMs;
      void db.put("things", learned, "clock").catch(() => {});
    });
  }

  // Words.

  t(key: string, values: Readonly<Record<string, string | number>> = {}): string {
    return (this.texts[key] ?? key).replace(/\{([a-z]+)\}/g, (hole, name: string) => String(values[name] ?? hole));
  }

  /** The words of a problem in the reader's language. */
  said(problem: { readonly vi: { title: string; detail: string }; readonly en: { title: string; detail: string } }): { title: string; detail: string } {
    return this.language === "vi" ? problem.vi : problem.en;
  }

  async speak(language: string): Promise<void> {
    const known = LANGUAGES[language] ?? LANGUAGES["vi"];
    const response = await fetch(known?.file ?? "");
    this.texts = (await response.json()) as Texts;
    this.language = LANGUAGES[language] === undefined ? "vi" : language;
    document.documentElement.lang = this.language;
    document.title = this.t("app");
  }

  // People and keys.

  async load(): Promise<void> {
    this.people = (await this.db.all<Person>("people")).sort((a, b) => a.madeMs - b.madeMs);
    const last = await this.db.get<string>("things", "person");
    this.person = this.people.find((one) => one.key === (this.person?.key ?? last)) ?? (this.people.length === 1 ? this.people[0] : undefined);
    for (const one of this.people) {
      if (!needsPin(one.kept) && !this.#signers.has(one.key)) this.#signers.set(one.key, await openKey(one.kept, ""));
    }
  }

  get signer(): Signer | undefined {
    return this.person === undefined ? undefined : this.#signers.get(this.person.key);
  }

  async choose(person: Person, pin: string): Promise<void> {
    this.#signers.set(person.key, await openKey(person.kept, pin));
    this.person = person;
    await this.db.put("things", person.key, "person");
    this.#refreshedMs = 0;
    this.postman.wake();
  }

  /** Closes every key behind a PIN. */
  lock(): void {
    for (const one of this.people) if (needsPin(one.kept)) this.#signers.delete(one.key);
  }

  may(role: Role): boolean {
    return this.person !== undefined && (this.person.roles & ROLE[role]) !== 0;
  }

  book(): Book {
    const ledger = this.person?.ledger ?? "";
    return new Book(this.db, this.clock, () => this.log.seen(ledger));
  }

  author() {
    const { signer, person } = this;
    if (signer === undefined || person === undefined) throw new Error("nobody has opened a key");
    return { signer, ledger: person.ledger, organisation: person.organisation };
  }

  // What happens in the background.

  async #isLeft(): Promise<boolean> {
    const entries = await this.outbox.entries();
    const open = entries.some(({ state }) => state.at === "phone" || state.at === "received" || state.at === "held");
    return open || this.people.some((one) => one.enrolment !== undefined);
  }

  async #round() {
    for (const person of this.people.filter((one) => one.enrolment !== undefined)) await this.#enrol(person);
    const ended = await this.outbox.round();
    const { person, signer } = this;
    const isDue = Date.now() - this.#refreshedMs > REFRESH_AFTER_MS;
    if (person !== undefined && signer !== undefined && person.enrolment === undefined && isDue && ended !== "offline") {
      if (await this.refresh()) this.#refreshedMs = Date.now();
    }
    return ended;
  }

  async #enrol(person: Person): Promise<void> {
    const sent = await this.enrolments.answer(person);
    if (sent !== "sent" && !["invitation-used", "invitation-expired", "network"].includes(sent.failed)) return;
    const state = await this.enrolments.state(person);
    const signer = this.#signers.get(person.key);
    // The manager's record may be in the log before the invitation says so, and after it was withdrawn.
    const isIn = state === "admitted" || (signer !== undefined && (await this.data.who(person, signer)).who !== undefined);
    if (!isIn) return;
    await this.enrolments.admitted(person);
    await this.load();
    this.#refreshedMs = 0;
    this.changed();
  }

  /** Who this key is, and everything that the phone carries. */
  async refresh(): Promise<boolean> {
    const { person, signer } = this;
    if (person === undefined || signer === undefined || person.enrolment !== undefined) return false;
    const { who, code } = await this.data.who(person, signer);
    if (who === undefined) {
      if (code === "not-yours") await this.#note({ ...person, ended: "revoked" });
      return false;
    }
    const { key, organisation } = who;
    const { ended: _ended, ...rest } = person;
    const name = this.language === "vi" ? organisation?.name?.vi : (organisation?.name?.en ?? organisation?.name?.vi);
    const ended = key?.revoked !== undefined && key.revoked !== null ? "revoked" : key?.rights === "former-root" ? "root-replaced" : key?.frozen === true ? "frozen" : undefined;
    await this.#note({
      ...rest,
      notAfterMs: key?.not_after_ms ?? FOR_EVER,
      roles: key?.rights === "root" ? 63 : key?.roles === undefined ? person.roles : roleBits(key.roles),
      organisationName: name ?? person.organisationName,
      ...(ended === undefined ? {} : { ended }),
    });
    await this.log.look(person.ledger);
    const whole = await this.data.refresh(this.person ?? person, signer);
    this.changed();
    return whole;
  }

  async #note(person: Person): Promise<void> {
    await this.db.put("people", person);
    await this.load();
  }

  /** Entries of the person who uses the phone now, the newest first. */
  async entries(): Promise<Entry[]> {
    const all = await this.outbox.entries();
    return all.filter((one) => one.author === this.person?.key).sort((a, b) => b.n - a.n);
  }

  // Screens.

  screen(name: string, screen: Screen): void {
    this.#screens.set(name, screen);
  }

  go(path: string): void {
    if (location.hash === `#${path}`) void this.show();
    else location.hash = path;
  }

  /** Draws what the address says. A draw that a newer one overtook is thrown away. */
  async show(): Promise<void> {
    const drawing = ++this.#drawn;
    const path = decodeURIComponent(location.hash.slice(1));
    const [name = "", ...rest] = path.split("/");
    const wanted = this.#gate(name);
    const screen = this.#screens.get(wanted) ?? this.#screens.get("");
    if (screen === undefined) return;
    let drawn: HTMLElement;
    try {
      drawn = await screen.draw(this, wanted === name ? rest.join("/") : "");
    } catch (error) {
      console.error(error);
      drawn = h("div", { class: "page" }, h("h1", {}, this.t("error.title")), h("p", {}, this.t("error.text")), h("pre", {}, String(error)));
    }
    if (drawing !== this.#drawn) return;
    const isSame = this.#shown === `${wanted} ${path}`;
    this.#shown = `${wanted} ${path}`;
    const y = scrollY;
    this.main.replaceChildren(drawn);
    document.body.dataset["screen"] = wanted === "" ? "home" : wanted;
    document.body.toggleAttribute("data-bare", screen.bare === true);
    scrollTo(0, isSame ? y : 0);
    if (!isSame) this.main.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }

  /** Without anybody there is only the way in. */
  #gate(name: string): string {
    if (name.startsWith("moi=")) return "enrol";
    if (["enrol", "settings", "people"].includes(name)) return name;
    if (this.people.length === 0) return "welcome";
    if (this.person === undefined || this.signer === undefined) return "people";
    return name;
  }

  /** Something that a screen shows may be another now. */
  changed(): void {
    dispatchEvent(new Event("nguon-changed"));
    const [name = ""] = decodeURIComponent(location.hash.slice(1)).split("/");
    if (this.#screens.get(this.#gate(name))?.live === true && document.querySelector("dialog[open]") === null) void this.show();
  }

  start(): void {
    addEventListener("hashchange", () => void this.show());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.#hiddenMs = Date.now();
      else if (this.#hiddenMs !== undefined && Date.now() - this.#hiddenMs > LOCK_AFTER_MS && this.people.length > 1) {
        this.lock();
        void this.show();
      }
    });
    this.postman.start();
    void this.show();
  }
}
