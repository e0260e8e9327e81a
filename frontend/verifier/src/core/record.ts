/** The record, byte for byte (FORMAT.md, "Record" and "Control bodies"). Checked in the order that the format gives. */

import { type Bytes, Fields, hex, isZero } from "./bytes.ts";
import { type Ed25519, type EnrolledKey } from "./ed25519.ts";
import { CheckError } from "./fault.ts";
import { dsse, eventId } from "./hash.ts";

export const RECORD_BYTES_MAX = 65_535;
const HEADER_BYTES = 200;
const SIGNATURE_BYTES = 64;
export const PUBLIC_SECTION = 1;

export const KIND = {
  event: 0x01,
  genesis: 0x10,
  delegate: 0x11,
  revoke: 0x12,
  rotate: 0x13,
  forkEvidence: 0x20,
  adopt: 0x21,
  erasure: 0x22,
  epoch: 0x30,
  standing: 0x31,
  nextLogKey: 0x32,
} as const;

export type Kind = (typeof KIND)[keyof typeof KIND];

const FIXED_CONTROL: Readonly<Record<number, number>> = {
  [KIND.event]: 0,
  [KIND.genesis]: 32,
  [KIND.delegate]: 140,
  [KIND.revoke]: 42,
  [KIND.rotate]: 32,
  [KIND.forkEvidence]: 96,
  [KIND.erasure]: 36,
  [KIND.epoch]: 48,
  [KIND.standing]: 36,
  [KIND.nextLogKey]: 32,
};

/** Digests and keys that are compared and looked up are kept as hex. */
export interface LogRecord {
  readonly bytes: Bytes;
  readonly kind: Kind;
  readonly act: number;
  readonly ledger: string;
  /** In whose name; of a genesis record, the organisation that it makes. */
  readonly organisation: string;
  readonly author: string;
  readonly authorKey: Bytes;
  readonly seq: bigint;
  readonly prev: string;
  readonly deviceTimeMs: bigint;
  readonly subjects: readonly { readonly handle: string; readonly newest: string }[];
  readonly sections: readonly { readonly type: number; readonly commitment: string }[];
  readonly control: Bytes;
  readonly event: string;
}

export function parseRecord(bytes: Bytes): LogRecord {
  const refuse = (why: string) => new CheckError("record-malformed", why);
  if (bytes.length < HEADER_BYTES + SIGNATURE_BYTES) throw refuse("too short");
  if (bytes.length > RECORD_BYTES_MAX) throw refuse("too long");
  const fields = new Fields(bytes);
  if (hex(fields.take(4)) !== "4e474e31") throw refuse("magic");
  const kind = fields.u8();
  if (!Object.values<number>(KIND).includes(kind)) throw refuse("kind");
  if (fields.u8() !== 1) throw refuse("suite");
  const [subjectCount, sectionCount, controlBytes, act] = [fields.u8(), fields.u8(), fields.u16(), fields.u8()];
  if (sectionCount > 32) throw refuse("sections");
  const fits = kind === KIND.adopt ? controlBytes > 0 && controlBytes % 32 === 0 : controlBytes === FIXED_CONTROL[kind];
  if (!fits) throw refuse("control length");
  if (kind === KIND.event ? act < 1 || act > 5 : act !== 0) throw refuse("act");
  if (!isZero(fields.take(5))) throw refuse("reserved");
  const length = HEADER_BYTES + 64 * subjectCount + 34 * sectionCount + controlBytes + SIGNATURE_BYTES;
  if (bytes.length !== length) throw refuse("length");

  const ledger = hex(fields.take(32));
  const organisation = fields.take(32);
  const authorKey = fields.take(32);
  const seq = fields.u64();
  const prev = fields.take(32);
  const deviceTimeMs = fields.u64();
  const [seenSize, seenRoot] = [fields.u64(), fields.take(32)];
  const subjects = Array.from({ length: subjectCount }, () => ({
    handle: hex(fields.take(32)),
    newest: hex(fields.take(32)),
  }));
  const sections = Array.from({ length: sectionCount }, () => ({
    type: fields.u16(),
    commitment: hex(fields.take(32)),
  }));
  const control = fields.take(controlBytes);
  if (kind === KIND.erasure && control[33] !== 0) throw refuse("reserved");
  if (isZero(organisation) !== (kind === KIND.genesis)) throw refuse("organisation");
  if ((kind === KIND.genesis || kind === KIND.rotate) && seq !== 0n) throw refuse("not first");
  if ((seq === 0n) !== isZero(prev)) throw refuse("prev");
  if (seenSize === 0n && !isZero(seenRoot)) throw refuse("seen");

  const event = hex(eventId(bytes.subarray(0, -SIGNATURE_BYTES)));
  return {
    bytes,
    kind: kind as Kind,
    act,
    ledger,
    organisation: kind === KIND.genesis ? event : hex(organisation),
    author: hex(authorKey),
    authorKey,
    seq,
    prev: hex(prev),
    deviceTimeMs,
    subjects,
    sections,
    control,
    event,
  };
}

/** Whether the author signed it. */
export function isSigned(ed: Ed25519, record: LogRecord, author: EnrolledKey): Promise<boolean> {
  const body = record.bytes.subarray(0, -SIGNATURE_BYTES);
  return ed.verify(author, dsse("application/vnd.nguon.record.v1", body), record.bytes.slice(-SIGNATURE_BYTES));
}
