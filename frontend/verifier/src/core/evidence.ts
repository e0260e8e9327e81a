/**
 * What there is to check about a lot, and the light form of it for phones (JSON, a third of the bytes of the evidence file:
 * `GET /api/v1/check/{lot}`). The other form is read by `zip.ts`.
 *
 * Both come from anybody. They are read within bounds, and nothing in them is believed until `check.ts` has looked.
 */

import { type Bytes, text, unbase64, utf8 } from "./bytes.ts";
import { CheckError, coded } from "./fault.ts";
import { PROOF_HASHES_MAX } from "./merkle.ts";

export const RECORDS_MAX = 20_000;
/** A phone holds less than a workstation: `nguon verify` reads up to 256 MiB. */
export const BYTES_MAX = 96 << 20;

export interface Opening {
  readonly position: number;
  readonly salt: Bytes;
  readonly payload: Bytes;
  /** Where it stands, for whoever looks for a fault. */
  readonly place: string;
}

export interface Entry {
  readonly index: bigint;
  readonly place: string;
  readonly record: Bytes;
  readonly hashes: readonly Bytes[];
  readonly openings: readonly Opening[];
}

/** Something that does not hold, and where. */
export interface Fault {
  readonly code: CheckError["code"];
  readonly place: string;
  readonly about: string;
}

export interface Evidence {
  readonly bytes: number;
  readonly origin: string;
  /** The lot, by URI. */
  readonly lot: string;
  readonly logKey: string;
  readonly witnessKeys: readonly string[];
  /** Names of witnesses that the operator says are its own; nothing if nobody said. */
  readonly ownWitnesses?: readonly string[];
  /** The checkpoint that all records are proven under, as a signed note. */
  readonly note: Bytes;
  readonly entries: readonly Entry[];
  /** Records and files that could not be read. */
  readonly faults: readonly Fault[];
}

export type Json = { readonly [name: string]: unknown };

export const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
export const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
export const isIndex = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

export function json(bytes: Uint8Array, place: string): Json {
  const refuse = (why: string) => new CheckError("file-malformed", `${place}: ${why}`);
  const read = text(bytes);
  if (read === undefined) throw refuse("not UTF-8");
  let value: unknown;
  try {
    value = JSON.parse(read);
  } catch {
    throw refuse("not JSON");
  }
  if (!isObject(value)) throw refuse("not an object");
  return value;
}

export const fault = (error: unknown, place: string): Fault => {
  const { code, about } = coded(error);
  return { code, place, about };
};

/** A proof shares its upper hashes with the one before it: only its own are sent. */
export function readLight(bytes: Bytes): Evidence {
  if (bytes.length > BYTES_MAX) throw new CheckError("file-too-large", `${bytes.length} bytes`);
  // Whoever stands between the reader and the net may answer with a page of its own.
  if (bytes[0] !== 0x7b) throw new CheckError("file-not-evidence");
  const whole = json(bytes, "check");
  const { format, origin, lot, log_key: logKey, witnesses, checkpoint, records } = whole;
  if (format !== "nguon check 1") throw new CheckError("file-not-evidence", "format");
  const refuse = (what: string) => new CheckError("file-malformed", what);
  if (typeof origin !== "string" || typeof lot !== "string" || typeof logKey !== "string") throw refuse("origin, lot, log_key");
  if (typeof checkpoint !== "string" || !isList(witnesses) || witnesses.length > 100) throw refuse("checkpoint, witnesses");
  if (!isList(records)) throw refuse("records");
  if (records.length > RECORDS_MAX) throw new CheckError("file-too-large", `${records.length} records`);
  const witnessKeys: string[] = [];
  const ownWitnesses: string[] = [];
  for (const one of witnesses) {
    if (!isObject(one) || typeof one["key"] !== "string") throw refuse("witnesses");
    witnessKeys.push(one["key"]);
    if (one["operators_own"] !== false) ownWitnesses.push(one["key"].split("+")[0] ?? "");
  }
  const entries: Entry[] = [];
  const faults: Fault[] = [];
  let before: readonly Bytes[] = [];
  for (const [at, one] of records.entries()) {
    const place = `record ${isObject(one) && isIndex(one["index"]) ? one["index"] : `#${at}`}`;
    try {
      if (!isObject(one) || !isIndex(one["index"]) || typeof one["record"] !== "string") throw refuse("record");
      const record = unbase64(one["record"]);
      if (record === undefined) throw refuse("record");
      before = path(one, before);
      entries.push({ index: BigInt(one["index"]), place, record, hashes: before, openings: openings(one["facts"], place) });
    } catch (error) {
      faults.push(fault(error, place));
    }
  }
  return { bytes: bytes.length, origin, lot, logKey, witnessKeys, ownWitnesses, note: utf8(checkpoint), entries, faults };
}

function path(one: Json, before: readonly Bytes[]): Bytes[] {
  const { proof, shared } = one;
  const own = typeof proof === "string" ? unbase64(proof) : undefined;
  const sharedCount = shared ?? 0;
  if (own === undefined || own.length % 32 !== 0 || !isIndex(sharedCount) || sharedCount > before.length) {
    throw new CheckError("proof-malformed");
  }
  const hashes = Array.from({ length: own.length / 32 }, (_, at) => own.slice(32 * at, 32 * at + 32));
  hashes.push(...before.slice(before.length - sharedCount));
  if (hashes.length > PROOF_HASHES_MAX) throw new CheckError("proof-malformed", "hash count");
  return hashes;
}

function openings(value: unknown, record: string): Opening[] {
  if (value === undefined) return [];
  const refuse = () => new CheckError("file-malformed", `${record}: facts`);
  if (!isList(value) || value.length > 32) throw refuse();
  return value.map((one) => {
    if (!isObject(one) || typeof one["salt"] !== "string") throw refuse();
    const { position, text: readable, payload } = one;
    const salt = unbase64(one["salt"]);
    const contents = typeof readable === "string" ? utf8(readable) : typeof payload === "string" ? unbase64(payload) : undefined;
    if (salt?.length !== 32 || contents === undefined || !isIndex(position) || position > 31) throw refuse();
    return { position, salt, payload: contents, place: `${record}, section ${position}` };
  });
}
