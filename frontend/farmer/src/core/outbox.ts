/**
 * What was signed and is not in the log yet. Nothing in here expires, and nothing leaves before the log's receipt was verified.
 *
 * ```text
 *             ┌──────────── no answer, busy, not admitted yet: the same bytes again later
 *             ▼                                                                       │
 *          on this phone ──send──▶ received (index) ──receipt verified──▶ in the log  │
 *             │  ▲                    ▲                                               │
 *             │  └── signed anew      └── held by the ledger until something lets it in
 *             ▼
 *          refused: kept with the reason; what waited behind it is signed anew
 * ```
 *
 * **Sending again is free**: the ledger gives a record that it has its first answer again. So a send that was killed at any moment, on
 * either side, is simply repeated with the same bytes; no second copy can come of it.
 *
 * **After a refusal** nothing of the record is in the ledger, so its place in the chain (seq) is free, and everything that waited
 * behind names a predecessor that will never be (FORMAT.md, "Admission": they would be gaps for ever). None of it has been accepted,
 * since only `seq = head + 1` is; so it is signed anew from that place on, in one transaction, with fresh salts and the same contents.
 * Old bytes of it that the ledger holds as gaps can never be let in: they join no head. The refused entry keeps its text.
 *
 * Records go in the order of their seq, a few at once; the answers are taken one by one in that order.
 */

import { base64, type Bytes, hex, text, utf8 } from "../../../verifier/src/core/bytes.ts";
import { chainName } from "./book.ts";
import { type Opening, opening, signDraft } from "./draft.ts";
import { eventUrn } from "./facts.ts";
import { type Signer } from "./key.ts";
import { type LogView } from "./log.ts";
import { type Problem, readProblem, type RecordAnswer, type Server } from "./server.ts";
import { alone, type Chain, type Database, done, type Entry, type KnownSubject, type PhotoFile, type Receipt, type State } from "./store.ts";

/** Records of one request, and its bytes: a request that fails on a bad line costs little. */
const BATCH_RECORDS = 20;
const BATCH_BYTES = 600_000;
/** How long a phone keeps a photograph that the server has. */
const PHOTOS_KEPT_MS = 30 * 86_400_000;
/** What the ledger has no time or room for now. */
const LATER: ReadonlySet<string> = new Set([
  "busy",
  "unavailable",
  "read-failed",
  "timed-out",
  "not-ready",
  "internal",
  "body-too-slow",
  "body-incomplete",
  "no-operator",
  "too-many-held",
  "strangers-budget",
  "unexpected",
  "request-too-large",
]);
/** Nobody stands behind the key, or not now: nothing of this chain is taken until that changes. */
const CLOSED: ReadonlySet<string> = new Set(["unknown-key", "suspended", "organisation-mismatch", "root-replaced", "wrong-ledger"]);

/** How a round of sending ended, for one author. */
export type Ended =
  | "done"
  /** No network, or no answer. */
  | "offline"
  /** The server has no time now. */
  | "busy"
  /** Nobody stands behind the key (yet), or its organisation is suspended. */
  | "closed"
  /** The ledger keeps something until somebody lets it in. */
  | "held"
  /** The key is locked, and something has to be signed anew. */
  | "locked";

export interface Access {
  /** The key of an author, if it is open now. */
  readonly signerOf: (author: string) => Signer | undefined;
  /** Called after each change, for whoever shows it. */
  readonly changed?: () => void;
}

const isWaiting = (entry: Entry): boolean => entry.state.at === "phone" || entry.state.at === "held";
const bySeq = (a: Entry, b: Entry): number => a.seq - b.seq || a.n - b.n;

export class Outbox {
  constructor(
    private readonly db: Database,
    private readonly server: Server,
    private readonly log: LogView,
    private readonly access: Access,
  ) {}

  entries(): Promise<Entry[]> {
    return this.db.all<Entry>("outbox");
  }

  /** Sends whatever waits, of all who use this phone; then fetches receipts and brings photographs. */
  async round(): Promise<Ended> {
    return alone("nguon-send", async () => {
      const authors = [...new Set((await this.entries()).filter(isWaiting).map((entry) => entry.author))];
      let ended: Ended = "done";
      for (const author of authors) {
        const one = await this.#send(author);
        if (one === "offline") return one;
        if (one !== "done") ended = one;
      }
      const settled = await this.#settle();
      return settled === "offline" ? settled : ended;
    });
  }

  async #of(author: string): Promise<Entry[]> {
    const entries = await this.db.read(["outbox"], (of) => done(of("outbox").index("author").getAll(author) as IDBRequest<Entry[]>));
    return entries.sort(bySeq);
  }

  async #send(author: string): Promise<Ended> {
    let held = false;
    // Each turn sends something on or ends, unless the server contradicts itself.
    const turns = 2 * (await this.#of(author)).length + 8;
    for (let turn = 0; turn < turns; turn += 1) {
      const waiting = (await this.#of(author)).filter(isWaiting).filter((entry) => !held || entry.state.at === "phone");
      const batch = portion(waiting);
      if (batch.length === 0) return held ? "held" : "done";
      const answer = await this.server.submit(encoded(batch));
      if (!answer.ok) {
        if (answer.problem === undefined) return "offline";
        await this.#note(batch[0] as Entry, answer.problem);
        return "busy";
      }
      const next = await this.#take(author, batch, answer.value);
      if (next === "held") held = true;
      else if (next !== "on") return next;
    }
    return "busy";
  }

  /** Takes the answers in order, until one says that nothing behind it counts. */
  async #take(author: string, batch: readonly Entry[], answers: readonly RecordAnswer[]): Promise<Ended | "on"> {
    let isHeld = false;
    for (const [place, entry] of batch.entries()) {
      const answer = answers[place];
      // A server that answers fewer than were sent has not said anything of the others.
      if (answer === undefined) return place === 0 ? "busy" : "on";
      if (answer.state === "logged" && Number.isSafeInteger(answer.index)) {
        await this.#set(entry, { at: "received", index: answer.index as number });
      } else if (answer.state === "held") {
        if (await this.#resends(author, entry, answer)) return "on";
        const { reason = "", vi = "", en = "" } = answer.hold ?? {};
        await this.#set(entry, { at: "held", reason, ...words(vi, en, answer.hold) });
        isHeld = true;
      } else if (answer.state === "refused") {
        const problem = readProblem(answer.status, answer.problem);
        if (LATER.has(problem.code) || answer.status === 503 || answer.status === 429) {
          await this.#note(entry, problem);
          return "busy";
        }
        if (CLOSED.has(problem.code)) {
          await this.#note(entry, problem);
          return "closed";
        }
        return this.#refused(entry, problem);
      } else {
        return "busy";
      }
    }
    return isHeld ? "held" : "on";
  }

  /** A gap below what was received once: the server came back from an older copy. What it lost is sent again. */
  async #resends(author: string, entry: Entry, answer: RecordAnswer): Promise<boolean> {
    const expected = answer.hold?.["expected_seq"];
    if (answer.hold?.reason !== "gap" || typeof expected !== "number") return false;
    const lost = (await this.#of(author)).filter(
      (one) => one.seq >= expected && one.seq < entry.seq && (one.state.at === "received" || one.state.at === "log"),
    );
    for (const one of lost) await this.#set(one, { at: "phone" }, true);
    return lost.length > 0;
  }

  async #refused(entry: Entry, problem: Problem): Promise<Ended | "on"> {
    const { author } = entry;
    const signer = this.access.signerOf(author);
    if (problem.code === "prev-mismatch" || problem.code === "fork") {
      // Another copy of this key has written: the chain goes on from what the ledger has.
      if (signer === undefined) {
        await this.#note(entry, problem);
        return "locked";
      }
      const head = await this.#head(signer, entry.ledger);
      if (head === undefined) return "offline";
      const refused = problem.code === "fork" ? entry : undefined;
      return (await this.#signAnew(author, signer, head, refused, problem)) ? "on" : "busy";
    }
    if (signer === undefined && entry.said !== undefined) {
      // A key that is locked cannot go on. The ledger says the same when it is asked again. (Entries from a file have nobody here who
      // could sign them anew; what waits behind them stays a gap.)
      await this.#note(entry, problem);
      return "locked";
    }
    const base = { seq: entry.seq, ...(entry.prev === undefined ? {} : { prev: entry.prev }) };
    return (await this.#signAnew(author, signer, base, entry, problem)) ? "on" : "busy";
  }

  /** Where the chain stands in the ledger, as the ledger says. */
  async #head(signer: Signer, ledger: string): Promise<{ seq: number; prev?: string } | undefined> {
    const answer = await this.server.json<{ key?: { head?: { seq: number; event_id: string } | null } }>({ path: "/api/v1/desk", signer }, ledger);
    if (!answer.ok) return undefined;
    const head = answer.value.key?.head;
    if (head === undefined || head === null) return { seq: 0 };
    return Number.isSafeInteger(head.seq) ? { seq: head.seq + 1, prev: head.event_id } : undefined;
  }

  /**
   * Everything that waits (but the refused one) from this place of the chain on, in one transaction with the refusal. A killed browser
   * leaves all of it as it was; then the ledger refuses once more, and this is done again.
   */
  async #signAnew(
    author: string,
    signer: Signer | undefined,
    base: { readonly seq: number; readonly prev?: string },
    refused: Entry | undefined,
    problem: Problem,
  ): Promise<boolean> {
    const isChanged = await alone(chainName(author), async () => {
      const chain = await this.db.get<Chain>("chains", author);
      const entries = (await this.#of(author)).filter(isWaiting);
      const waiting = entries.filter((one) => one.n !== refused?.n && (refused === undefined || one.seq > refused.seq || one.seq >= base.seq));
      const anew = signer === undefined ? [] : await signedAnew(signer, waiting, base, refused, await this.log.seen(waiting[0]?.ledger ?? ""));
      if (anew === undefined) return false;
      const end: Chain = { author, ...base };
      const last = anew.at(-1);
      const next: Chain = last === undefined ? end : { author, seq: last.seq + 1, prev: last.event };
      const renamed = new Map(waiting.map((one, at) => [one.event, anew[at]?.event] as const));
      if (refused !== undefined) renamed.set(refused.event, undefined);
      return this.db.write(["chains", "outbox", "subjects"], async (of) => {
        const now = await done(of("chains").get(author) as IDBRequest<Chain | undefined>);
        if (now?.seq !== chain?.seq || now?.prev !== chain?.prev) return false;
        if (refused !== undefined) of("outbox").put({ ...refused, state: { at: "refused", problem } satisfies State });
        for (const one of anew) of("outbox").put(one);
        // A chain of somebody else, whose entries came from a file, goes on elsewhere.
        if (signer !== undefined) of("chains").put(next);
        const known = await done(of("subjects").getAll() as IDBRequest<KnownSubject[]>);
        for (const subject of known) {
          if (subject.newest === undefined || !renamed.has(subject.newest)) continue;
          const { newest, ...rest } = subject;
          const after = following(newest, renamed, refused, subject.uri);
          of("subjects").put(after === undefined ? rest : { ...rest, newest: after });
        }
        return true;
      });
    });
    if (isChanged) this.access.changed?.();
    return isChanged;
  }

  async #set(entry: Entry, state: State, isLost = false): Promise<void> {
    await this.db.write(["outbox"], async (of) => {
      const now = await done(of("outbox").get(entry.n) as IDBRequest<Entry | undefined>);
      // Signed anew meanwhile, or another tab was faster: this answer is of other bytes, or no news.
      if (now === undefined || now.event !== entry.event || (now.state.at === "log" && !isLost)) return;
      of("outbox").put({ ...now, state });
    });
    this.access.changed?.();
  }

  /** Leaves an entry where it is, with what the server said last. */
  #note(entry: Entry, problem: Problem): Promise<void> {
    return this.#set(entry, { at: "phone", problem });
  }

  /** Receipts of what was received, and photographs that its records name. */
  async #settle(): Promise<Ended> {
    for (const entry of await this.entries()) {
      if (entry.state.at !== "received") continue;
      const answer = await this.server.bytes({ path: `/api/v1/receipts/${entry.event}` });
      if (!answer.ok) {
        if (answer.problem === undefined) return "offline";
        // Not under a checkpoint yet: in a few seconds.
        continue;
      }
      const verdict = await this.log.verify(entry.ledger, entry.record, answer.value);
      if (!verdict.holds) continue;
      const receipt: Receipt = { event: entry.event, proof: answer.value };
      await this.db.write(["outbox", "receipts"], async (of) => {
        const now = await done(of("outbox").get(entry.n) as IDBRequest<Entry | undefined>);
        if (now?.event !== entry.event) return;
        of("receipts").put(receipt);
        of("outbox").put({ ...now, state: { at: "log", index: verdict.index } satisfies State });
      });
      this.access.changed?.();
    }
    return this.#photos();
  }

  async #photos(): Promise<Ended> {
    for (const entry of await this.entries()) {
      if (entry.state.at !== "received" && entry.state.at !== "log") continue;
      for (const blake3 of entry.photos) {
        const photo = await this.db.get<PhotoFile>("photos", blake3);
        if (photo === undefined || photo.sent || photo.problem !== undefined) continue;
        const ask = { method: "PUT", path: `/api/v1/images/${blake3}?event=${entry.event}`, body: photo.bytes };
        const answer = await this.server.bytes({ ...ask, mediaType: "application/octet-stream", patienceMs: 120_000 });
        if (!answer.ok && answer.problem === undefined) return "offline";
        if (!answer.ok && (answer.problem.status === 503 || answer.problem.status === 404)) continue;
        const sentMs = this.server.clock.now();
        await this.db.put("photos", answer.ok ? { ...photo, sent: true, sentMs } : { ...photo, problem: answer.problem });
        this.access.changed?.();
      }
    }
    await this.#forgetOldPhotos();
    return "done";
  }

  /** The server has them for ever; a phone has not that much room. */
  async #forgetOldPhotos(): Promise<void> {
    const before = this.server.clock.now() - PHOTOS_KEPT_MS;
    await this.db.write(["photos"], async (of) => {
      const all = await done(of("photos").getAll() as IDBRequest<PhotoFile[]>);
      for (const photo of all) if (photo.sentMs !== undefined && photo.sentMs < before) of("photos").delete(photo.blake3);
    });
  }
}

/** A server without words for a hold still has its reason. */
function words(vi: unknown, en: unknown, hold: RecordAnswer["hold"]): { vi: string; en: string } {
  const said = (text: unknown): string =>
    typeof text === "string" ? text : typeof text === "object" && text !== null && "detail" in text ? String(text.detail) : "";
  const detail = said(hold?.["detail"]);
  return { vi: said(vi) || detail, en: said(en) || detail };
}

/** The first few, in the order of their seq. */
function portion(waiting: readonly Entry[]): Entry[] {
  const batch: Entry[] = [];
  let bytes = 0;
  for (const entry of waiting) {
    bytes += size(entry);
    if (batch.length > 0 && (bytes > BATCH_BYTES || batch.length === BATCH_RECORDS)) break;
    batch.push(entry);
  }
  return batch;
}

const size = (entry: Entry): number => 1.4 * (entry.record.length + entry.openings.reduce((sum, one) => sum + one.payload.length + 120, 0));

export const sent = ({ record, openings }: Pick<Entry, "record" | "openings">) => ({
  record: base64(record),
  openings: openings.map(({ salt, payload }) => ({ salt: hex(salt), payload: base64(payload) })),
});

const encoded = (batch: readonly Entry[]): Bytes => utf8(JSON.stringify({ records: batch.map(sent) }));

/** The newest record on a subject after some were signed anew: its new name, or what the refused one had before it. */
function following(newest: string, renamed: ReadonlyMap<string, string | undefined>, refused: Entry | undefined, uri: string): string | undefined {
  const after = renamed.get(newest);
  if (after !== undefined || refused === undefined) return after;
  return refused.said?.subjects.find((one) => one.uri === uri)?.newest;
}

/** These entries once more, from a place of the chain on. Nothing if one of them came from a file and cannot be said again. */
async function signedAnew(
  signer: Signer,
  waiting: readonly Entry[],
  base: { readonly seq: number; readonly prev?: string },
  refused: Entry | undefined,
  seen: Awaited<ReturnType<LogView["seen"]>>,
): Promise<Entry[] | undefined> {
  const renamed = new Map<string, string | undefined>();
  if (refused !== undefined) renamed.set(refused.event, undefined);
  const anew: Entry[] = [];
  let place = base;
  for (const entry of waiting) {
    const { said } = entry;
    if (said === undefined) return undefined;
    const subjects = said.subjects.map(({ newest, ...named }) => {
      const after = newest === undefined || !renamed.has(newest) ? newest : following(newest, renamed, refused, named.uri);
      return after === undefined ? named : { ...named, newest: after };
    });
    const salted = entry.openings.map((one, at): Opening => {
      // The person of a delegation is committed to by its control body, which the device has signed: it stays as it is.
      if (at >= entry.openings.length - said.extra) return one;
      return opening(one.type, renamedIn(one.payload, renamed));
    });
    const sections = salted.slice(0, salted.length - said.extra);
    const { extra: _extra, ...common } = said;
    const record = await signDraft(signer, {
      ...common,
      ...place,
      subjects,
      openings: sections,
      ledger: entry.ledger,
      organisation: entry.organisation,
      deviceTimeMs: deviceTimeOf(entry.record),
      ...(seen === undefined ? {} : { seen }),
    });
    renamed.set(entry.event, record.event);
    const { prev: _prev, ...rest } = entry;
    anew.push({
      ...rest,
      ...place,
      event: record.event,
      record: record.bytes,
      openings: salted,
      said: { ...said, subjects },
      state: { at: "phone" },
    });
    place = { seq: place.seq + 1, prev: record.event };
  }
  return anew;
}

/** What the device's clock said when the entry was first signed. */
const deviceTimeOf = (record: Bytes): number => Number(new DataView(record.buffer, record.byteOffset).getBigUint64(152));

/** A payload that names records that have another name now: confirmations and corrections do. */
function renamedIn(payload: Bytes, renamed: ReadonlyMap<string, string | undefined>): Bytes {
  let words = text(payload);
  if (words === undefined || !words.includes(eventUrn(""))) return payload;
  for (const [before, after] of renamed) {
    if (after !== undefined) words = words.replaceAll(eventUrn(before), eventUrn(after));
  }
  return utf8(words);
}
