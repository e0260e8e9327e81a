/**
 * The outbox as a file, for a phone that breaks, and back. The file holds signed bytes and their openings, with private sections in the
 * clear: whoever has it can read what was entered and send it, and can sign nothing.
 *
 * ```json
 * {"format": "nguon outbox 1", "records": [{"author", "event", "seq", "record", "openings": [{"type", "salt", "payload"}], "state", "summary"}]}
 * ```
 *
 * What comes in from a file is read as strictly as what is signed here. It keeps its author; another phone can send it but not sign it
 * anew.
 */

import { base64, type Bytes, equal, hex, text, unbase64, unhex, utf8 } from "../../../verifier/src/core/bytes.ts";
import { commitmentOf, type Opening } from "./draft.ts";
import { KIND, parseRecord } from "../../../verifier/src/core/record.ts";
import { type Chain, type Database, done, type Entry } from "./store.ts";

export const FORMAT = "nguon outbox 1";
/** What is read of a file, at most. */
export const FILE_BYTES_MAX = 64 << 20;

export async function exportOutbox(db: Database): Promise<Bytes> {
  const entries = await db.all<Entry>("outbox");
  const records = entries.map(({ author, event, seq, record, openings, state, summary }) => ({
    author,
    event,
    seq,
    record: base64(record),
    openings: openings.map(({ type, salt, payload }) => ({ type, salt: hex(salt), payload: base64(payload) })),
    state: state.at,
    summary: { ...summary, form: undefined },
  }));
  return utf8(JSON.stringify({ format: FORMAT, records }));
}

export interface Imported {
  readonly added: number;
  readonly known: number;
  /** Not read: no record, or its contents are others than it committed to. */
  readonly bad: number;
  /** Another record of this phone's own key stands at that place. */
  readonly conflicting: number;
}

interface Read {
  readonly entry: Omit<Entry, "n">;
}

function readOne(one: unknown, nowMs: number): Read | undefined {
  if (typeof one !== "object" || one === null) return undefined;
  const { record, openings, summary, state } = one as Record<string, unknown>;
  const bytes = typeof record === "string" ? unbase64(record) : undefined;
  if (bytes === undefined || !Array.isArray(openings)) return undefined;
  try {
    const parsed = parseRecord(bytes);
    const opened = openings.map((given: Record<string, unknown>): Opening => {
      const salt = unhex(String(given["salt"]), 32);
      const payload = unbase64(String(given["payload"]));
      if (salt === undefined || payload === undefined || !Number.isInteger(given["type"])) throw new Error("opening");
      return { type: given["type"] as number, salt, payload };
    });
    const isPerson = parsed.kind === KIND.delegate && opened.length === parsed.sections.length + 1;
    if (!isPerson && opened.length !== parsed.sections.length) return undefined;
    const fits = parsed.sections.every(({ type, commitment }, at) => {
      const mine = opened[at];
      return mine !== undefined && mine.type === type && equal(commitmentOf(mine), unhex(commitment, 32) as Bytes);
    });
    if (!fits) return undefined;
    const told = typeof summary === "object" && summary !== null ? (summary as Record<string, unknown>) : {};
    const short = (value: unknown): string | undefined => (typeof value === "string" ? value.slice(0, 200) : undefined);
    const [plot, lot, what] = [short(told["plot"]), short(told["lot"]), short(told["what"])];
    return {
      entry: {
        author: parsed.author,
        ledger: parsed.ledger,
        organisation: parsed.organisation,
        seq: Number(parsed.seq),
        ...(parsed.seq === 0n ? {} : { prev: parsed.prev }),
        event: parsed.event,
        record: bytes,
        openings: opened,
        summary: {
          step: short(told["step"]) ?? "other",
          timeMs: typeof told["timeMs"] === "number" ? told["timeMs"] : Number(parsed.deviceTimeMs),
          ...(plot === undefined ? {} : { plot }),
          ...(lot === undefined ? {} : { lot }),
          ...(what === undefined ? {} : { what }),
        },
        madeMs: nowMs,
        // Whatever became of it: the ledger tells when it is sent again. What was refused is not sent by itself.
        state: state === "refused" ? { at: "refused", problem: REFUSED_ELSEWHERE } : { at: "phone" },
        photos: [],
      },
    };
  } catch {
    return undefined;
  }
}

const REFUSED_ELSEWHERE = {
  code: "refused-elsewhere",
  status: 0,
  vi: { title: "Sổ đã từ chối mục này", detail: "Mục này bị từ chối từ trước, trên điện thoại cũ." },
  en: { title: "The ledger has refused this entry", detail: "It was refused before, on the phone it came from." },
  members: {},
};

/** Takes in a file. Nothing that is here already is touched. */
export async function importOutbox(db: Database, file: Bytes, nowMs: number): Promise<Imported | undefined> {
  if (file.length > FILE_BYTES_MAX) return undefined;
  let document: { format?: unknown; records?: unknown };
  try {
    document = JSON.parse(text(file) ?? "") as typeof document;
  } catch {
    return undefined;
  }
  if (document?.format !== FORMAT || !Array.isArray(document.records)) return undefined;
  const read = document.records.map((one) => readOne(one, nowMs));
  return db.write(["outbox", "chains"], async (of) => {
    let [added, known, conflicting] = [0, 0, 0];
    for (const one of read) {
      if (one === undefined) continue;
      const { entry } = one;
      if ((await done(of("outbox").index("event").count(entry.event))) > 0) {
        known += 1;
        continue;
      }
      const chain = await done(of("chains").get(entry.author) as IDBRequest<Chain | undefined>);
      if (chain !== undefined) {
        // Our own key, which this database has forgotten records of: only what continues its chain can be true.
        const continues = entry.seq === chain.seq && entry.prev === chain.prev;
        if (!continues) {
          conflicting += 1;
          continue;
        }
        of("chains").put({ author: entry.author, seq: entry.seq + 1, prev: entry.event });
      }
      of("outbox").add(entry);
      added += 1;
    }
    return { added, known, bad: read.filter((one) => one === undefined).length, conflicting };
  });
}
