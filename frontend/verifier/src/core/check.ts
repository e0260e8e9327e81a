/**
 * The check itself, step by step, in an order in which each step stands on those before it:
 *
 *   ledger       whose ledger it is: the key pinned in the checker, or the one that this device saw first
 *   checkpoint   the ledger's operator signed the size and the root of the log
 *   witnesses    who else did
 *   memory       the log that this device saw last time is the beginning of this one
 *   inclusion    every record is in the log, at its place
 *   signatures   every record is what its author signed, for this ledger
 *   contents     the facts shown are the facts signed
 *   chains       each author's records follow one another
 *   rights       a chain of signed records leads from the operator's first to each author's right to sign
 *   lot          which of them tell of this lot, and what they say
 *
 * A step that fails says with which code and where; those after it are done all the same, unless they have nothing to stand on.
 * No farming rule is judged here.
 */

import { Authority, type Finding, isVoid, STANDING_AUTHORITY, SUSPENDED } from "./authority.ts";
import { type Bytes, equal, hex, text } from "./bytes.ts";
import { type Ed25519, ed25519, Keyring } from "./ed25519.ts";
import { type Entry, type Evidence, type Fault, fault } from "./evidence.ts";
import { CheckError, coded } from "./fault.ts";
import { commitment, handle, leafHash, ledgerId } from "./hash.ts";
import { type Memory, type Remembered } from "./memory.ts";
import { consistencyFromTiles, continues, type FetchTile, includes } from "./merkle.ts";
import { type Checkpoint, type Cosigner, cosigners, openCheckpoint, parseNote, parseVerifierKey, type VerifierKey } from "./note.ts";
import { type PinnedLog } from "./policy.ts";
import { isSigned, KIND, type LogRecord, parseRecord, PUBLIC_SECTION } from "./record.ts";

export const STEPS = [
  "ledger",
  "checkpoint",
  "witnesses",
  "memory",
  "inclusion",
  "signatures",
  "contents",
  "chains",
  "rights",
  "lot",
] as const;

export type Step = (typeof STEPS)[number];

/** What a step says beside its faults: each has its sentence in `texts/`. */
export const NOTES = [
  "ledger-pinned",
  "ledger-known",
  "ledger-first",
  "checkpoint-signed",
  "witnesses-pinned",
  "witnesses-old",
  "witnesses-told",
  "witnesses-unknown",
  "operator-only",
  "nobody-cosigned",
  "memory-first",
  "memory-same",
  "memory-grown",
  "memory-older",
  "memory-unchecked",
  "inclusion-all",
  "signatures-browser",
  "signatures-library",
  "contents-all",
  "chains-all",
  "rights-all",
  "rights-void",
  "lot-told",
  "not-reached",
] as const;

export type Note = (typeof NOTES)[number];

export interface StepResult {
  readonly step: Step;
  /** ok: it holds · note: it holds, with something to know · fail: it does not hold · skipped: it had nothing to stand on. */
  readonly state: "ok" | "note" | "fail" | "skipped";
  readonly note?: Note;
  /** What goes into the sentence. */
  readonly values: Readonly<Record<string, string>>;
  /** The first ones; `values.faults` counts them all. */
  readonly faults: readonly Fault[];
}

/** A record that tells of the lot. */
export interface Told {
  readonly index: bigint;
  readonly event: string;
  readonly organisation: string;
  readonly deviceTimeMs: bigint;
  readonly facts: { readonly [name: string]: unknown };
  /** It counts for nothing, and why. */
  readonly voids: readonly Finding[];
}

export interface Report {
  readonly lot: string;
  readonly origin: string;
  readonly holds: boolean;
  readonly steps: readonly StepResult[];
  readonly checkpoint?: Checkpoint;
  readonly told: readonly Told[];
  /** The newest record that calls the lot back or says that a recall is over, and counts, calls it back. Only who called it back, or an authority, ends it. */
  readonly isRecalled: boolean;
  /** What organisations call themselves in their own signed cards, by id. */
  readonly names: ReadonlyMap<string, unknown>;
}

export interface Options {
  /** The path of the lot's page that was asked about, percent-decoded; nothing for a file that stands for itself. */
  readonly lot?: string;
  readonly pinned?: PinnedLog;
  readonly memory?: Memory;
  /** Reads a published file of the log; nothing while there is no network. */
  readonly fetchTile?: FetchTile;
  readonly ed?: Ed25519;
  readonly nowMs: number;
  /** Hears each step as it ends. */
  readonly onStep?: (result: StepResult) => void;
  /** Lets the page draw; called between records. */
  readonly breathe?: () => Promise<void>;
}

const FAULTS_SHOWN = 5;
const TOLD_MAX = 200;
/** Even an idle log has an epoch each hour, and a checkpoint over it. */
const YOUNG_MS = 24 * 3_600_000;

interface Read {
  readonly entry: Entry;
  readonly record: LogRecord;
}

/** Checks evidence. Never throws: what cannot be checked is a fault of its step. */
export async function check(evidence: Evidence, options: Options): Promise<Report> {
  const checking = new Checking(evidence, options, options.ed ?? (await ed25519()));
  return checking.run();
}

class Checking {
  readonly #steps: StepResult[] = [];
  readonly #keyring = new Keyring();
  #log: VerifierKey | undefined;
  #witnesses: VerifierKey[] = [];
  #remembered: Remembered | undefined;
  #checkpoint: Checkpoint | undefined;
  #told: Told[] = [];
  readonly #recalledBy = new Set<string>();
  #authority: Authority | undefined;
  readonly #names = new Map<string, unknown>();
  readonly #findings = new Map<string, readonly Finding[]>();

  constructor(
    private readonly evidence: Evidence,
    private readonly options: Options,
    private readonly ed: Ed25519,
  ) {}

  async run(): Promise<Report> {
    await this.#step("ledger", (faults) => this.#ledger(faults));
    await this.#step("checkpoint", (faults) => this.#signed(faults));
    await this.#step("witnesses", (faults) => this.#cosigned(faults));
    await this.#step("memory", (faults) => this.#consistent(faults));
    const read: Read[] = [];
    await this.#step("inclusion", (faults) => this.#included(faults));
    await this.#step("signatures", (faults) => this.#authentic(faults, read));
    await this.#step("contents", (faults) => this.#contents(faults, read));
    await this.#step("chains", (faults) => this.#chains(faults, read));
    await this.#step("rights", (faults) => this.#rights(faults, read));
    await this.#step("lot", (faults) => this.#lot(faults, read));
    const holds = this.#steps.every((step) => step.state === "ok" || step.state === "note");
    if (holds) this.#remember();
    const { lot, origin } = this.evidence;
    const report = { lot, origin, holds, steps: this.#steps, told: this.#told, isRecalled: this.#recalledBy.size > 0, names: this.#names };
    return this.#checkpoint === undefined ? report : { ...report, checkpoint: this.#checkpoint };
  }

  async #step(step: Step, work: (faults: Fault[]) => Promise<Outcome> | Outcome): Promise<void> {
    const faults: Fault[] = [];
    let outcome: Outcome = { note: "not-reached" };
    try {
      outcome = await work(faults);
    } catch (error) {
      faults.push(fault(error, step));
    }
    const isSkipped = outcome.note === "not-reached" && faults.length === 0;
    const state = faults.length > 0 ? "fail" : isSkipped ? "skipped" : outcome.isNote === true ? "note" : "ok";
    const values = { ...outcome.values, faults: String(faults.length) };
    const result: StepResult = { step, state, note: outcome.note, values, faults: faults.slice(0, FAULTS_SHOWN) };
    this.#steps.push(result);
    this.options.onStep?.(result);
    await this.options.breathe?.();
  }

  #ledger(faults: Fault[]): Outcome {
    const { evidence, options } = this;
    faults.push(...evidence.faults.filter((one) => stepOf(one) === "ledger"));
    const named = parseVerifierKey(evidence.logKey);
    if (named.type !== 1) throw new CheckError("key-malformed", "type");
    if (named.name !== evidence.origin) throw new CheckError("checkpoint-other-log", named.name);
    if (options.lot !== undefined && !isSameLot(evidence, options.lot)) throw new CheckError("lot-other", evidence.lot);
    this.#witnesses = evidence.witnessKeys.map(parseVerifierKey);
    this.#remembered = options.memory?.recall(evidence.origin);
    const values = { origin: evidence.origin, key: named.id, records: String(evidence.entries.length), lot: evidence.lot };
    const known = options.pinned?.log ?? this.#remembered?.logKey;
    if (known !== undefined && known !== named.vkey) throw new CheckError("ledger-changed", `${known} / ${named.vkey}`);
    this.#log = named;
    if (options.pinned !== undefined) return { note: "ledger-pinned", values };
    if (this.#remembered === undefined) return { note: "ledger-first", values, isNote: true };
    return { note: "ledger-known", values: { ...values, since: day(this.#remembered.sinceMs) } };
  }

  async #signed(faults: Fault[]): Promise<Outcome> {
    faults.push(...this.evidence.faults.filter((one) => stepOf(one) === "checkpoint"));
    if (this.#log === undefined) return NOT_REACHED;
    this.#checkpoint = await openCheckpoint(this.ed, parseNote(this.evidence.note), this.#log);
    return { note: "checkpoint-signed", values: { size: String(this.#checkpoint.size), root: hex(this.#checkpoint.root) } };
  }

  async #cosigned(_: Fault[]): Promise<Outcome> {
    if (this.#checkpoint === undefined) return NOT_REACHED;
    const note = parseNote(this.evidence.note);
    const { pinned } = this.options;
    if (pinned !== undefined && pinned.witnesses.length > 0) {
      const trusted = await cosigners(this.ed, note, pinned.witnesses.map(parseVerifierKey));
      const values = { ...said(trusted), count: String(trusted.length), quorum: String(pinned.quorum) };
      if (trusted.length < pinned.quorum) throw new CheckError("quorum-missing", `${trusted.length} / ${pinned.quorum}`);
      // Nothing old passed off as new. A file is as old as it is.
      const newest = trusted.reduce((latest, one) => (one.unixSeconds > latest ? one.unixSeconds : latest), 0n);
      const isOld = this.options.fetchTile !== undefined && this.options.nowMs - Number(newest) * 1000 > YOUNG_MS;
      return isOld ? { note: "witnesses-old", values, isNote: true } : { note: "witnesses-pinned", values };
    }
    // Keys seen the first time count later on, too: a witness does not lose its key by being named anew.
    const keys = (this.#remembered?.witnessKeys ?? []).map(parseVerifierKey);
    for (const key of this.#witnesses) if (!keys.some((known) => known.vkey === key.vkey)) keys.push(key);
    const all = await cosigners(this.ed, note, keys);
    const values = { ...said(all), count: String(all.length) };
    if (all.length === 0) return { note: "nobody-cosigned", values, isNote: true };
    const own = this.evidence.ownWitnesses ?? this.#remembered?.ownWitnesses;
    if (own === undefined) return { note: "witnesses-unknown", values, isNote: true };
    const others = all.filter((one) => !own.includes(one.key.name));
    if (others.length === 0) return { note: "operator-only", values, isNote: true };
    return { note: "witnesses-told", values: { ...said(others), count: String(others.length) }, isNote: true };
  }

  async #consistent(_: Fault[]): Promise<Outcome> {
    const { fetchTile, memory } = this.options;
    const now = this.#checkpoint;
    if (now === undefined) return NOT_REACHED;
    const before = this.#remembered;
    if (before === undefined) return { note: memory === undefined ? "memory-unchecked" : "memory-first", values: {}, isNote: true };
    const values = { before: String(before.size), size: String(now.size), when: day(before.seenMs) };
    if (before.size === now.size) {
      if (!equal(before.root, now.root)) throw new CheckError("fork", `${hex(before.root)} / ${hex(now.root)} at ${now.size}`);
      return { note: "memory-same", values };
    }
    if (fetchTile === undefined) return { note: "memory-unchecked", values, isNote: true };
    const [earlier, later] = before.size < now.size ? [before, now] : [now, before];
    let proof: Bytes[];
    try {
      proof = await consistencyFromTiles(earlier.size, later.size, fetchTile);
    } catch (error) {
      // Without an answer nothing is known. A wrong answer is a fault.
      if (coded(error).code === "network") return { note: "memory-unchecked", values, isNote: true };
      throw error;
    }
    if (!continues(earlier.size, earlier.root, later.size, later.root, proof)) {
      throw new CheckError("fork", `${hex(earlier.root)} at ${earlier.size} / ${hex(later.root)} at ${later.size}`);
    }
    return before.size < now.size ? { note: "memory-grown", values } : { note: "memory-older", values, isNote: true };
  }

  async #included(faults: Fault[]): Promise<Outcome> {
    faults.push(...this.evidence.faults.filter((one) => stepOf(one) === "inclusion"));
    const checkpoint = this.#checkpoint;
    if (checkpoint === undefined) return NOT_REACHED;
    let last = -1n;
    for (const { index, place, record, hashes } of this.evidence.entries) {
      if (index <= last) faults.push({ code: "order-wrong", place, about: `${index} after ${last}` });
      last = index;
      if (!includes(leafHash(record), index, checkpoint.size, hashes, checkpoint.root)) {
        faults.push({ code: "inclusion-wrong", place, about: `entry ${index} of ${checkpoint.size}` });
      }
    }
    return { note: "inclusion-all", values: { records: String(this.evidence.entries.length) } };
  }

  async #authentic(faults: Fault[], read: Read[]): Promise<Outcome> {
    if (this.#log === undefined) return NOT_REACHED;
    const ledger = hex(ledgerId(this.evidence.origin, this.#log.key.bytes));
    for (const [at, entry] of this.evidence.entries.entries()) {
      try {
        const record = parseRecord(entry.record);
        if (record.ledger !== ledger) throw new CheckError("wrong-ledger", record.ledger);
        const author = this.#keyring.enrol(record.authorKey);
        if (typeof author === "string") throw new CheckError("weak-key", author);
        if (!(await isSigned(this.ed, record, author))) throw new CheckError("signature-wrong", record.author);
        read.push({ entry, record });
      } catch (error) {
        faults.push(fault(error, entry.place));
      }
      if (at % 16 === 0) await this.options.breathe?.();
    }
    const note = this.ed.by === "browser" ? "signatures-browser" : "signatures-library";
    const authors = new Set(read.map(({ record }) => record.author)).size;
    return { note, values: { records: String(read.length), authors: String(authors) } };
  }

  /** Openings of public sections that nobody gives are looked at with the rights, which know what was erased. */
  #contents(faults: Fault[], read: readonly Read[]): Outcome {
    let count = 0;
    for (const { entry, record } of read) {
      let last = -1;
      for (const { position, salt, payload, place } of entry.openings) {
        const section = record.sections[position];
        if (section?.type !== PUBLIC_SECTION || position <= last) {
          faults.push({ code: "opening-unknown", place, about: `section ${position}` });
        } else if (hex(commitment(salt, section.type, payload)) !== section.commitment) {
          faults.push({ code: "opening-wrong", place, about: `section ${position}` });
        } else {
          count += 1;
        }
        last = position;
      }
    }
    return read.length === 0 ? NOT_REACHED : { note: "contents-all", values: { facts: String(count) } };
  }

  #chains(faults: Fault[], read: readonly Read[]): Outcome {
    const chains = new Map<string, Map<bigint, string>>();
    for (const { entry, record } of read) {
      const chain = chains.get(record.author) ?? new Map<bigint, string>();
      chains.set(record.author, chain);
      const before = chain.get(record.seq - 1n);
      if (before !== undefined && before !== record.prev) {
        faults.push({ code: "chain-broken", place: entry.place, about: `seq ${record.seq}` });
      }
      if (!chain.has(record.seq)) chain.set(record.seq, record.event);
    }
    return read.length === 0 ? NOT_REACHED : { note: "chains-all", values: { chains: String(chains.size) } };
  }

  async #rights(faults: Fault[], read: readonly Read[]): Promise<Outcome> {
    if (this.#log === undefined || read.length === 0) return NOT_REACHED;
    const authority = new Authority(ledgerId(this.evidence.origin, this.#log.key.bytes), this.ed, this.#keyring);
    this.#authority = authority;
    for (const { entry, record } of read) {
      const isFirst = entry.index === 0n && record.kind === KIND.genesis;
      if (authority.operator === undefined && !isFirst) {
        throw new CheckError("operator-missing", entry.place);
      }
      const findings = await authority.append(record, entry.index);
      if (authority.keys.get(record.author)?.organisation !== record.organisation) {
        faults.push({ code: "key-unknown", place: entry.place, about: record.author });
      }
      this.#findings.set(record.event, findings.filter(isVoid));
    }
    let voids = 0;
    for (const { entry, record } of read) {
      const findings = authority.inTheEnd(record, this.#findings.get(record.event) ?? []);
      this.#findings.set(record.event, findings);
      if (findings.length > 0) voids += 1;
      for (const [position, { type }] of record.sections.entries()) {
        const isOpen = entry.openings.some((opening) => opening.position === position);
        if (type === PUBLIC_SECTION && !isOpen && !authority.isErased(record.event, position)) {
          faults.push({ code: "opening-missing", place: entry.place, about: `section ${position}` });
        }
      }
    }
    const values = { organisations: String(authority.organisations.size), keys: String(authority.keys.size), voids: String(voids) };
    return { note: voids > 0 ? "rights-void" : "rights-all", values, isNote: voids > 0 };
  }

  /** Which records tell of the lot: their signed facts name it, and the name belongs to one of their signed subjects. */
  #lot(_: Fault[], read: readonly Read[]): Outcome {
    if (read.length === 0) return NOT_REACHED;
    let count = 0;
    for (const { entry, record } of read) {
      for (const { payload } of entry.openings) {
        const facts = document(payload);
        if (facts === undefined) continue;
        if (facts["type"] === "nguon:Organisation" && facts["id"] === `urn:nguon:org:${record.organisation}`) {
          this.#names.set(record.organisation, facts["nguon:name"]);
        }
        if (!this.#tellsOfLot(record, facts)) continue;
        count += 1;
        const { event, organisation, deviceTimeMs } = record;
        const voids = this.#findings.get(event) ?? [];
        const said = voids.length === 0 ? recall(facts) : undefined;
        if (said === true) this.#recalledBy.add(organisation);
        // Whoever called it back says that it is over, or an authority: a stranger's word takes no warning away.
        if (said === false && this.#mayEnd(organisation)) this.#recalledBy.clear();
        else if (said === false) this.#recalledBy.delete(organisation);
        if (this.#told.length < TOLD_MAX) this.#told.push({ index: entry.index, event, organisation, deviceTimeMs, facts, voids });
      }
    }
    if (count === 0) throw new CheckError("lot-not-told-of", this.evidence.lot);
    return { note: "lot-told", values: { records: String(count), lot: this.evidence.lot } };
  }

  #mayEnd(organisation: string): boolean {
    const standing = this.#authority?.organisations.get(organisation)?.standing ?? 0;
    return (standing & STANDING_AUTHORITY) !== 0 && (standing & SUSPENDED) === 0;
  }

  #tellsOfLot(record: LogRecord, facts: { readonly [name: string]: unknown }): boolean {
    const subjects = facts["nguon:subjects"];
    if (!Array.isArray(subjects)) return false;
    return subjects.slice(0, 255).some((subject: unknown) => {
      if (typeof subject !== "object" || subject === null) return false;
      const { uri, salt } = subject as { uri?: unknown; salt?: unknown };
      if (uri !== this.evidence.lot || typeof salt !== "string" || !/^[0-9a-f]{32}$/.test(salt)) return false;
      const bytes = Uint8Array.from(salt.match(/../g) ?? [], (pair) => parseInt(pair, 16));
      const named = hex(handle(this.evidence.lot, bytes));
      return record.subjects.some((one) => one.handle === named);
    });
  }

  /** The next check starts from here. A smaller tree never replaces a larger one. */
  #remember(): void {
    const { memory, nowMs } = this.options;
    const now = this.#checkpoint;
    const before = this.#remembered;
    const unchecked = this.#steps.some((step) => step.note === "memory-unchecked");
    if (memory === undefined || now === undefined || this.#log === undefined) return;
    if (before !== undefined && (unchecked || before.size > now.size)) return;
    const witnessKeys = before?.witnessKeys ?? this.evidence.witnessKeys;
    const own = before?.ownWitnesses ?? this.evidence.ownWitnesses;
    memory.remember({
      origin: now.origin,
      logKey: this.#log.vkey,
      witnessKeys,
      ...(own === undefined ? {} : { ownWitnesses: own }),
      size: now.size,
      root: now.root,
      sinceMs: before?.sinceMs ?? nowMs,
      seenMs: nowMs,
    });
  }
}

/** Where a fault of the file itself is told. */
function stepOf({ code }: Fault): Step {
  if (code.startsWith("checkpoint-")) return "checkpoint";
  return code.startsWith("proof-") || code.startsWith("index-") ? "inclusion" : "ledger";
}

interface Outcome {
  readonly note: Note;
  readonly values?: Readonly<Record<string, string>>;
  readonly isNote?: boolean;
}

const NOT_REACHED: Outcome = { note: "not-reached" };

/** Vietnam is seven hours ahead, all year: whoever reads a page in any language compares it with days on packs. */
const VIETNAM_MS = 7 * 3_600_000;

const day = (ms: number): string => new Date(ms + VIETNAM_MS).toISOString().slice(0, 10);

function said(cosigned: readonly Cosigner[]): { names: string; when: string } {
  const newest = cosigned.reduce((latest, one) => (one.unixSeconds > latest ? one.unixSeconds : latest), 0n);
  const isDate = newest > 0n && newest < 8_639_000_000_000n;
  return {
    names: cosigned.map((one) => one.key.name).join(", "),
    when: isDate ? new Date(Number(newest) * 1000 + VIETNAM_MS).toISOString().slice(0, 16).replace("T", " ") : "",
  };
}

/** Whether facts call their lot back (CBV's disposition `recalled`), say that this is over, or neither. */
function recall(facts: { readonly [name: string]: unknown }): boolean | undefined {
  const lists = facts["persistentDisposition"] as { set?: unknown; unset?: unknown } | null | undefined;
  // The bare word, or the whole name of it: `urn:epcglobal:cbv:disp:recalled`, `https://ref.gs1.org/cbv/Disp-recalled`.
  const isRecalled = (term: unknown): boolean => typeof term === "string" && /(^|[:-])recalled$/.test(term);
  const names = (list: unknown): boolean => Array.isArray(list) && list.some(isRecalled);
  if (isRecalled(facts["disposition"]) || names(lists?.set)) return true;
  return names(lists?.unset) ? false : undefined;
}

/** What a path of a lot says: its product (a GTIN of fourteen digits, or a name of the ledger's own), and its number. */
function namedLot(path: string): { readonly gtin?: string; readonly own?: string; readonly number: string } | undefined {
  const [, gtin, batch, own, number] =
    /(?:^|\/)(?:01\/([0-9]{8,14})\/10\/([^/]+)|p\/([^/]+)\/l\/([^/]+))\/?$/.exec(path) ?? [];
  if (gtin !== undefined && batch !== undefined) return { gtin: gtin.padStart(14, "0"), number: batch };
  return own !== undefined && number !== undefined ? { own, number } : undefined;
}

/** A lot has two addresses when its product got a GTIN later: then the product's card, which is checked with all else, says both. */
function isSameLot(evidence: Evidence, asked: string): boolean {
  const path = (uri: string): string => (URL.canParse(uri) ? decodeURIComponent(new URL(uri).pathname) : "");
  try {
    const [here, there] = [namedLot(path(evidence.lot)), namedLot(asked)];
    if (here === undefined || there === undefined || here.number !== there.number) return false;
    if (here.gtin !== undefined && there.gtin !== undefined) return here.gtin === there.gtin;
    if (here.own !== undefined && there.own !== undefined) return here.own === there.own;
    const [gtin, own] = [here.gtin ?? there.gtin, here.own ?? there.own];
    return evidence.entries.some((entry) =>
      entry.openings.some(({ payload }) => {
        const card = document(payload);
        const id = card?.["id"];
        const says = typeof card?.["gs1:gtin"] === "string" ? (card["gs1:gtin"] as string).padStart(14, "0") : undefined;
        return card?.["type"] === "nguon:Product" && typeof id === "string" && id.endsWith(`/p/${own}`) && says === gtin;
      }),
    );
  } catch {
    return false;
  }
}

function document(payload: Bytes): { readonly [name: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text(payload) ?? "");
    return typeof value === "object" && value !== null ? (value as { [name: string]: unknown }) : undefined;
  } catch {
    // A payload that nobody can read is still what somebody signed.
    return undefined;
  }
}
