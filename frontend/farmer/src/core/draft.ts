/**
 * A record before and while it is signed (FORMAT.md, "Record", "Control bodies", "Sections and openings"). Writes the one spelling
 * that `parseRecord` of the verifier reads; every record that is signed here is read back by it first.
 */

import { type Bytes, concat, hex, u64, unhex } from "../../../verifier/src/core/bytes.ts";
import { commitment, dsse, handle } from "../../../verifier/src/core/hash.ts";
import { KIND, type Kind, type LogRecord, parseRecord } from "../../../verifier/src/core/record.ts";
import { type Signer } from "./key.ts";

export const RECORD_TYPE = "application/vnd.nguon.record.v1";
const POSSESSION_TYPE = "application/vnd.nguon.possession.v1";
const NO_ID = "00".repeat(32);

export const ACT = { diary: 1, lot: 2, commerce: 3, inspection: 4, recall: 5 } as const;
export type Act = keyof typeof ACT;

export const ROLE = { diary: 1, lot: 2, commerce: 4, inspection: 8, recall: 16, admin: 32 } as const;
export type Role = keyof typeof ROLE;

export const SECTION = { facts: 1, person: 2, places: 3, files: 4 } as const;

/** What opens a section's commitment. The type is not sent; it stands in the record. */
export interface Opening {
  readonly type: number;
  readonly salt: Bytes;
  readonly payload: Bytes;
}

/** A subject by its name: the handle is made of both. */
export interface Named {
  readonly uri: string;
  /** 16 bytes, hex: made by whoever named it first and handed on with it. */
  readonly salt: string;
  /** The newest record on it that this device knows, if any. */
  readonly newest?: string;
}

/** The newest checkpoint that the device has verified. */
export interface Seen {
  readonly size: bigint;
  readonly root: string;
}

export interface Draft {
  readonly kind: Kind;
  readonly act?: Act;
  /** Ledger and organisation, hex; no organisation in a genesis record. */
  readonly ledger: string;
  readonly organisation?: string;
  readonly seq: number;
  /** The author's record before, hex; none at seq 0. */
  readonly prev?: string;
  /** What the device's clock says; 0 if that is nonsense. */
  readonly deviceTimeMs: number;
  readonly seen?: Seen;
  readonly subjects?: readonly Named[];
  readonly openings?: readonly Opening[];
  readonly control?: Bytes;
}

/** A draft that cannot be a record, and why. */
export class DraftError extends Error {
  override readonly name = "DraftError";
}

function field(digits: string, length: number, what: string): Bytes {
  const bytes = unhex(digits, length);
  if (bytes === undefined) throw new DraftError(`${what} is not ${length} bytes of hex`);
  return bytes;
}

const u16 = (value: number): Bytes => Uint8Array.of(value >> 8, value & 0xff);

/** A fresh section: its salt is never used twice. */
export const opening = (type: number, payload: Bytes): Opening => ({
  type,
  salt: crypto.getRandomValues(new Uint8Array(32)),
  payload,
});

export const freshSubjectSalt = (): string => hex(crypto.getRandomValues(new Uint8Array(16)));

export const commitmentOf = (one: Opening): Bytes => commitment(one.salt, one.type, one.payload);

/** The bytes that are signed. */
export function bodyOf(draft: Draft, author: string): Bytes {
  const { subjects = [], openings = [], control = new Uint8Array(), seen } = draft;
  if (subjects.length > 255) throw new DraftError("a record names at most 255 subjects");
  if (openings.length > 32) throw new DraftError("a record has at most 32 sections");
  if (!Number.isSafeInteger(draft.seq) || draft.seq < 0) throw new DraftError("seq");
  if (!Number.isSafeInteger(draft.deviceTimeMs) || draft.deviceTimeMs < 0) throw new DraftError("device time");
  const act = draft.kind === KIND.event ? ACT[draft.act ?? "diary"] : 0;
  return concat(
    Uint8Array.of(0x4e, 0x47, 0x4e, 0x31, draft.kind, 1, subjects.length, openings.length),
    u16(control.length),
    Uint8Array.of(act, 0, 0, 0, 0, 0),
    field(draft.ledger, 32, "the ledger id"),
    field(draft.organisation ?? NO_ID, 32, "the organisation id"),
    field(author, 32, "the author"),
    u64(BigInt(draft.seq)),
    field(draft.prev ?? NO_ID, 32, "prev"),
    u64(BigInt(draft.deviceTimeMs)),
    u64(seen?.size ?? 0n),
    field(seen === undefined ? NO_ID : seen.root, 32, "the root that was seen"),
    ...subjects.map(({ uri, salt, newest }) =>
      concat(handle(uri, field(salt, 16, "a subject's salt")), field(newest ?? NO_ID, 32, "the newest record on a subject")),
    ),
    ...openings.map((one) => concat(u16(one.type), commitmentOf(one))),
    control,
  );
}

/** Signs a draft. What comes out is read back: no malformed record gets as far as the outbox. */
export async function signDraft(signer: Signer, draft: Draft): Promise<LogRecord> {
  const body = bodyOf(draft, signer.key);
  const signature = await signer.sign(dsse(RECORD_TYPE, body));
  return parseRecord(concat(body, signature));
}

/** 2⁶⁴: what JSON makes of 2⁶⁴ − 1, which says "for ever". No other moment beyond 2⁵³ is one. */
export const FOR_EVER = 2 ** 64;

/** The rights that an invitation offers: what `nguon org invite` writes. */
export interface Invitation {
  readonly ledger_id: string;
  readonly organisation: string;
  readonly roles: number;
  readonly flags: number;
  readonly not_after_ms: number;
  /** Commitment of the person that holds the key, hex. */
  readonly person: string | null;
}

/** Reads what somebody sent as an invitation; nothing else gets a signature. */
export function readInvitation(value: unknown): Invitation | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { ledger_id, organisation, roles, flags, not_after_ms, person } = value as { [name: string]: unknown };
  const id = (text: unknown): text is string => typeof text === "string" && unhex(text, 32) !== undefined;
  const bits = (number: unknown): number is number => Number.isInteger(number) && (number as number) >= 0 && (number as number) <= 0xffff;
  const moment = not_after_ms === FOR_EVER || (Number.isSafeInteger(not_after_ms) && (not_after_ms as number) >= 0);
  if (!id(ledger_id) || !id(organisation) || !bits(roles) || !bits(flags) || !moment) return undefined;
  if (person !== null && person !== undefined && !id(person)) return undefined;
  return { ledger_id, organisation, roles, flags, not_after_ms: not_after_ms as number, person: person ?? null };
}

/** The first 76 bytes of a delegation: everything that the device agrees to. */
function rights(device: string, invitation: Invitation): Bytes {
  return concat(
    field(device, 32, "the device's key"),
    u16(invitation.roles),
    u16(invitation.flags),
    u64(invitation.not_after_ms === FOR_EVER ? (1n << 64n) - 1n : BigInt(invitation.not_after_ms)),
    field(invitation.person ?? NO_ID, 32, "the person"),
  );
}

/** What the device signs to say that it holds the key and agrees to these rights. */
export const possessionMessage = (device: string, invitation: Invitation): Bytes =>
  dsse(
    POSSESSION_TYPE,
    field(invitation.ledger_id, 32, "the ledger id"),
    field(invitation.organisation, 32, "the organisation id"),
    rights(device, invitation),
  );

export const signPossession = (signer: Signer, invitation: Invitation): Promise<Bytes> =>
  signer.sign(possessionMessage(signer.key, invitation));

export function delegation(device: string, invitation: Invitation, possession: Bytes): Bytes {
  if (possession.length !== 64) throw new DraftError("a possession has 64 bytes");
  return concat(rights(device, invitation), possession);
}

/** `lastGood` is the seq of the last record that counts; none if no record of the key does. */
export const revocation = (key: string, lastGood: number | undefined, reason: number): Bytes =>
  concat(field(key, 32, "the key"), lastGood === undefined ? new Uint8Array(8).fill(0xff) : u64(BigInt(lastGood)), u16(reason));

export function adoption(events: readonly string[]): Bytes {
  if (events.length === 0) throw new DraftError("an adoption names at least one record");
  return concat(...events.map((event) => field(event, 32, "an event id")));
}

/** Public keys and digests of a genesis or a rotation: the next root's digest is its control body. */
export const nextKeyControl = (digest: string): Bytes => field(digest, 32, "the next key's digest");
