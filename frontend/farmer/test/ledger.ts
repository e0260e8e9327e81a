/** A ledger of the tests' own: admits records as FORMAT.md says, answers as the API does, keeps a tree, and can be killed at any step. */

import { getPublicKey, hashes, sign } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { base64, type Bytes, concat, equal, hex, text, unbase64, unhex, utf8 } from "../../verifier/src/core/bytes.ts";
import { enrol, library } from "../../verifier/src/core/ed25519.ts";
import { leafHash, ledgerId, nodeHash, sha } from "../../verifier/src/core/hash.ts";
import { isSigned, KIND, type LogRecord, parseRecord } from "../../verifier/src/core/record.ts";
import { fileDigest } from "../src/core/digests.ts";
import { commitmentOf } from "../src/core/draft.ts";

hashes.sha512 = sha512;

export const ORIGIN = "nguon.example/thu";
export const NOW_MS = Date.parse("2026-04-12T08:00:00+07:00");
const LOG_SEED = new Uint8Array(32).fill(7) as Bytes;
const LOG_KEY = getPublicKey(LOG_SEED) as Bytes;
export const LEDGER = hex(ledgerId(ORIGIN, LOG_KEY));
const KEY_ID = sha(utf8(`${ORIGIN}\n`), Uint8Array.of(1), LOG_KEY).slice(0, 4);
export const LOG_VKEY = `${ORIGIN}+${hex(KEY_ID)}+${base64(concat(Uint8Array.of(1), LOG_KEY))}`;

/** All complete trees over these leaves, as RFC 6962 defines them; small is enough. */
export function root(leaves: readonly Bytes[]): Bytes {
  if (leaves.length === 0) return sha();
  if (leaves.length === 1) return leaves[0] as Bytes;
  const middle = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return nodeHash(root(leaves.slice(0, middle)), root(leaves.slice(middle)));
}

function path(index: number, leaves: readonly Bytes[]): Bytes[] {
  if (leaves.length <= 1) return [];
  const middle = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return index < middle
    ? [...path(index, leaves.slice(0, middle)), root(leaves.slice(middle))]
    : [...path(index - middle, leaves.slice(middle)), root(leaves.slice(0, middle))];
}

interface Logged {
  readonly record: LogRecord;
  readonly payloads: readonly string[];
}

type Answered = { status: number; state: string; event_id?: string; index?: number; hold?: object; problem?: object };

export class FakeLedger {
  readonly log: Logged[] = [];
  readonly held: Logged[] = [];
  readonly images = new Map<string, string>();
  readonly admitted = new Set<string>();
  /** Requests, in order: method and path. */
  readonly asked: string[] = [];
  nowMs = NOW_MS;
  /** Says which problem these contents meet, if any. */
  refuse: (payload: string) => string | undefined = () => undefined;
  /** Says which answer all requests get before they are looked at. */
  interrupt: (method: string, path: string) => Response | undefined = () => undefined;
  /** Leaves of another tree: the log lies. */
  lie = false;

  head(author: string): LogRecord | undefined {
    return this.log.filter((one) => one.record.author === author).at(-1)?.record;
  }

  checkpoint(): string {
    const leaves = this.leaves();
    const note = `${ORIGIN}\n${leaves.length}\n${base64(root(leaves))}\n`;
    return `${note}\n— ${ORIGIN} ${base64(concat(KEY_ID, sign(utf8(note), LOG_SEED) as Bytes))}\n`;
  }

  leaves(): Bytes[] {
    return this.log.map((one) => (this.lie ? sha(leafHash(one.record.bytes)) : leafHash(one.record.bytes)));
  }

  receipt(event: string): string | undefined {
    const index = this.log.findIndex((one) => one.record.event === event);
    const found = this.log[index];
    if (found === undefined) return undefined;
    const hashes = path(index, this.leaves()).map(base64);
    return ["c2sp.org/tlog-proof@v1", `extra ${base64(found.record.bytes)}`, `index ${index}`, ...hashes, "", this.checkpoint()].join("\n");
  }

  fetch: typeof fetch = async (input, init) => {
    const url = new URL(String(input));
    const method = init?.method ?? "GET";
    this.asked.push(`${method} ${url.pathname}`);
    const interrupted = this.interrupt(method, url.pathname);
    if (interrupted !== undefined) return interrupted;
    const body = init?.body === undefined ? undefined : new Uint8Array(init.body as Bytes);
    return this.answer(method, url, body, new Headers(init?.headers));
  };

  json(status: number, value: unknown): Response {
    return new Response(JSON.stringify(value), { status, headers: { date: new Date(this.nowMs).toUTCString() } });
  }

  problem(status: number, code: string): Response {
    return this.json(status, problem(code, status));
  }

  async answer(method: string, url: URL, body: Bytes | undefined, _headers: Headers): Promise<Response> {
    const [, event] = /^\/api\/v1\/receipts\/([0-9a-f]{64})$/.exec(url.pathname) ?? [];
    if (event !== undefined) {
      const receipt = this.receipt(event);
      return receipt === undefined ? this.problem(404, "not-published-yet") : new Response(receipt, { headers: { date: new Date(this.nowMs).toUTCString() } });
    }
    if (url.pathname === "/api/v1/ledger") return this.json(200, { origin: ORIGIN, ledger_id: LEDGER, log_key: LOG_VKEY });
    if (url.pathname === "/checkpoint") return new Response(this.checkpoint());
    const [, width] = /^\/tile\/0\/000(?:\.p\/(\d+))?$/.exec(url.pathname) ?? [];
    if (url.pathname.startsWith("/tile/0/000")) return new Response(concat(...this.leaves().slice(0, Number(width ?? 256))));
    const [, blake3] = /^\/api\/v1\/images\/([0-9a-f]{64})$/.exec(url.pathname) ?? [];
    if (blake3 !== undefined && body !== undefined) {
      const event = url.searchParams.get("event");
      const named = this.log.find((one) => one.record.event === event)?.payloads.some((payload) => payload.includes(blake3));
      if (named !== true) return this.problem(404, "image-not-named");
      if (fileDigest(body) !== blake3) return this.problem(422, "image-digest-mismatch");
      this.images.set(blake3, event ?? "");
      return new Response(null, { status: 201 });
    }
    if (url.pathname === "/api/v1/desk") {
      const [author] = [...this.admitted];
      const head = this.head(author ?? "");
      return this.json(200, { key: { head: head === undefined ? null : { seq: Number(head.seq), event_id: head.event } } });
    }
    if (method === "POST" && url.pathname === "/api/v1/records" && body !== undefined) return this.submit(body);
    return this.problem(404, "not-found");
  }

  async submit(body: Bytes): Promise<Response> {
    const { records } = JSON.parse(text(body) ?? "") as { records: { record: string; openings: { salt: string; payload: string }[] }[] };
    const results: Answered[] = [];
    for (const { record, openings } of records) {
      const read = parseRecord(unbase64(record) as Bytes);
      const author = enrol(read.authorKey);
      const opened = openings.map((one) => ({ salt: unhex(one.salt, 32) as Bytes, payload: unbase64(one.payload) as Bytes }));
      const fits = read.sections.every((section, at) => {
        const one = opened[at];
        return one !== undefined && hex(commitmentOf({ type: section.type, ...one })) === section.commitment;
      });
      const signed = typeof author === "object" && (await isSigned(library, read, author));
      const payloads = opened.map((one) => text(one.payload) ?? "");
      const code = !fits ? "openings-mismatch" : !signed ? "signature-invalid" : payloads.map(this.refuse).find((one) => one !== undefined);
      results.push(code === undefined ? this.admit({ record: read, payloads }) : refused(read.event, code));
    }
    const [only] = results;
    return this.json(results.length === 1 && only !== undefined ? only.status : 200, { results });
  }

  admit(one: Logged): Answered {
    const { record } = one;
    if (record.ledger !== LEDGER) return refused(record.event, "wrong-ledger");
    if (!this.admitted.has(record.author)) return refused(record.event, "unknown-key");
    const head = this.head(record.author);
    const next = head === undefined ? 0n : head.seq + 1n;
    const logged = this.log.findIndex((other) => other.record.author === record.author && other.record.seq === record.seq);
    if (record.seq < next) {
      return this.log[logged]?.record.event === record.event
        ? { status: 200, state: "logged", event_id: record.event, index: logged }
        : refused(record.event, "fork");
    }
    if (record.seq > next) {
      if (!this.held.some((other) => other.record.event === record.event)) this.held.push(one);
      return { status: 202, state: "held", event_id: record.event, hold: { reason: "gap", expected_seq: Number(next), vi: "thiếu", en: "gap" } };
    }
    if (head !== undefined && record.prev !== head.event) return refused(record.event, "prev-mismatch");
    this.log.push(one);
    const index = this.log.length - 1;
    // What waited for exactly this record comes in.
    const waiting = this.held.find((other) => other.record.author === record.author && other.record.seq === record.seq + 1n && other.record.prev === record.event);
    if (waiting !== undefined) {
      this.held.splice(this.held.indexOf(waiting), 1);
      this.admit(waiting);
    }
    return { status: 201, state: "logged", event_id: record.event, index };
  }

  /** Whether the log is one chain for each author, without a place that two records claim. */
  isSound(): boolean {
    const heads = new Map<string, LogRecord>();
    return this.log.every(({ record }) => {
      const head = heads.get(record.author);
      heads.set(record.author, record);
      return record.kind === KIND.event && (head === undefined ? record.seq === 0n : record.seq === head.seq + 1n && equal(utf8(record.prev), utf8(head.event)));
    });
  }
}

const STATUS: Readonly<Record<string, number>> = { "unknown-key": 403, fork: 409, "prev-mismatch": 409, busy: 503 };

export const problem = (code: string, status = STATUS[code] ?? 422) => ({
  type: `urn:nguon:problem:${code}`,
  status,
  vi: { title: `vi ${code}`, detail: "…" },
  en: { title: `en ${code}`, detail: "…" },
});

const refused = (event: string, code: string): Answered => ({
  status: STATUS[code] ?? 422,
  state: "refused",
  event_id: event,
  problem: problem(code),
});
