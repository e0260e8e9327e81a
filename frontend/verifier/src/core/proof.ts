/** Receipts: the proof that a record is in the log (C2SP tlog-proof). The record in `extra` is nobody's word until it was hashed. */

import { type Bytes, decimal, text, unbase64, utf8 } from "./bytes.ts";
import { CheckError } from "./fault.ts";
import { PROOF_HASHES_MAX } from "./merkle.ts";
import { RECORD_BYTES_MAX } from "./record.ts";

export interface Proof {
  readonly record: Bytes;
  readonly index: bigint;
  readonly hashes: readonly Bytes[];
  /** The checkpoint, as a signed note. */
  readonly note: Bytes;
}

export function parseProof(bytes: Uint8Array): Proof {
  const refuse = (why: string) => new CheckError("proof-malformed", why);
  const whole = text(bytes);
  if (whole === undefined) throw refuse("not UTF-8");
  let rest = whole;
  const next = (): string => {
    const end = rest.indexOf("\n");
    if (end < 0) throw refuse("form");
    const line = rest.slice(0, end);
    rest = rest.slice(end + 1);
    return line;
  };
  if (next() !== "c2sp.org/tlog-proof@v1") throw refuse("form");
  // A receipt without its record proves nothing here, though C2SP allows it.
  const extra = /^extra (.+)$/.exec(next())?.[1];
  const record = extra === undefined ? undefined : unbase64(extra);
  if (record === undefined) throw refuse("form");
  if (record.length > RECORD_BYTES_MAX) throw refuse("extra length");
  const index = decimal(/^index (.+)$/.exec(next())?.[1] ?? "");
  if (index === undefined) throw refuse("form");
  const hashes: Bytes[] = [];
  for (let line = next(); line !== ""; line = next()) {
    const hash = unbase64(line);
    if (hash?.length !== 32) throw refuse("hash");
    if (hashes.length === PROOF_HASHES_MAX) throw refuse("hash count");
    hashes.push(hash);
  }
  return { record, index, hashes, note: utf8(rest) };
}
