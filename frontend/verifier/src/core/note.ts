/**
 * Signed notes, checkpoints and whose word on one counts (C2SP signed-note, tlog-checkpoint, tlog-cosignature; FORMAT.md, "The
 * log"). A bad signature in the name of a known key refuses the whole note; lines of unknown keys are ignored.
 */

import { base64, type Bytes, concat, decimal, equal, Fields, hex, text, unbase64, utf8 } from "./bytes.ts";
import { type Ed25519, enrol, type EnrolledKey } from "./ed25519.ts";
import { CheckError } from "./fault.ts";
import { sha } from "./hash.ts";

const NOTE_BYTES_MAX = 1_000_000;
const SIGNATURES_MAX = 100;
/** 2⁶³ − 1: the largest tree, and the latest second of a cosignature. */
const SIGNED_MAX = (1n << 63n) - 1n;
const EMPTY_ROOT = sha();

/** A key that verifies signatures of notes: type 1 signs checkpoints, type 4 cosigns them. */
export interface VerifierKey {
  readonly vkey: string;
  readonly name: string;
  readonly type: 1 | 4;
  readonly id: string;
  readonly key: EnrolledKey;
}

export interface Note {
  readonly text: string;
  readonly signatures: readonly { readonly name: string; readonly id: string; readonly signature: Bytes }[];
}

export interface Checkpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Bytes;
}

export interface Cosigner {
  readonly key: VerifierKey;
  readonly unixSeconds: bigint;
}

/** A key's name: not empty, no Unicode space (`\\s` also takes U+FEFF, which is none), no plus, no control character. */
const isName = (name: string): boolean => name !== "" && !/[\p{White_Space}+\u0000-\u001f]/u.test(name);

/** `<name>+<key id>+<base64 of type ‖ key>`; the key is held to the enrolment rule. */
export function parseVerifierKey(vkey: string): VerifierKey {
  const refuse = (why: string) => new CheckError("key-malformed", why);
  const [, name, id, encoded] = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/s.exec(vkey) ?? [];
  const bytes = encoded === undefined ? undefined : unbase64(encoded);
  if (name === undefined || id === undefined || bytes === undefined || !isName(name)) throw refuse("form");
  const type = bytes[0];
  if ((type !== 1 && type !== 4) || bytes.length !== 33) throw refuse("type");
  const key = enrol(bytes.slice(1));
  if (typeof key === "string") throw refuse(key);
  if (hex(sha(utf8(`${name}\n`), bytes).slice(0, 4)) !== id) throw refuse("id");
  return { vkey, name, type, id, key };
}

export function parseNote(bytes: Uint8Array): Note {
  const refuse = (why: string) => new CheckError("note-malformed", why);
  if (bytes.length > NOTE_BYTES_MAX) throw refuse("too long");
  const note = text(bytes);
  if (note === undefined) throw refuse("not UTF-8");
  if (/[\u0000-\u0009\u000b-\u001f]/.test(note)) throw refuse("control character");
  const blank = note.lastIndexOf("\n\n");
  if (blank < 0) throw refuse("no signatures");
  const lines = note.slice(blank + 2).split("\n");
  if (lines.pop() !== "") throw refuse("signature line");
  if (lines.length === 0) throw refuse("no signatures");
  if (lines.length > SIGNATURES_MAX) throw refuse("too many signatures");
  const signatures = lines.map((line) => {
    const [, name, encoded] = /^— ([^ ]*) (.*)$/s.exec(line) ?? [];
    const decoded = encoded === undefined ? undefined : unbase64(encoded);
    if (name === undefined || decoded === undefined || decoded.length < 5 || !isName(name)) throw refuse("signature line");
    return { name, id: hex(decoded.slice(0, 4)), signature: decoded.slice(4) };
  });
  return { text: note.slice(0, blank + 1), signatures };
}

export function parseCheckpoint(note: Note): Checkpoint {
  const refuse = (why: string) => new CheckError("checkpoint-malformed", why);
  const [origin, size, root, end, ...more] = note.text.split("\n");
  if (origin === undefined || size === undefined || root === undefined || end !== "" || more.length > 0) {
    throw refuse("lines");
  }
  if (origin === "") throw refuse("origin");
  const leaves = decimal(size);
  if (leaves === undefined || leaves > SIGNED_MAX) throw refuse("size");
  const hash = unbase64(root);
  if (hash?.length !== 32) throw refuse("root");
  if (leaves === 0n && !equal(hash, EMPTY_ROOT)) throw refuse("empty tree");
  return { origin, size: leaves, root: hash };
}

export const printCheckpoint = (checkpoint: Checkpoint): string =>
  `${checkpoint.origin}\n${checkpoint.size}\n${base64(checkpoint.root)}\n`;

/** The checkpoint of a note that this log signed. */
export async function openCheckpoint(ed: Ed25519, note: Note, log: VerifierKey): Promise<Checkpoint> {
  const lines = note.signatures.filter((line) => line.name === log.name && line.id === log.id);
  if (log.type !== 1) throw new CheckError("key-malformed", "type");
  if (lines.length === 0) throw new CheckError("checkpoint-unsigned", log.name);
  for (const line of lines) {
    if (!(await ed.verify(log.key, utf8(note.text), line.signature))) throw new CheckError("checkpoint-forged", log.name);
  }
  const checkpoint = parseCheckpoint(note);
  if (checkpoint.origin !== log.name) throw new CheckError("checkpoint-other-log", checkpoint.origin);
  return checkpoint;
}

/** The witnesses among these that cosigned, each once, with the first time that they name. */
export async function cosigners(ed: Ed25519, note: Note, witnesses: readonly VerifierKey[]): Promise<Cosigner[]> {
  const found: Cosigner[] = [];
  for (const line of note.signatures) {
    for (const key of witnesses) {
      if (line.name !== key.name || line.id !== key.id) continue;
      const unixSeconds = await cosignature(ed, key, note.text, line.signature);
      if (unixSeconds === undefined) throw new CheckError("cosignature-forged", key.name);
      if (!found.some((earlier) => earlier.key.vkey === key.vkey)) found.push({ key, unixSeconds });
    }
  }
  return found;
}

async function cosignature(ed: Ed25519, key: VerifierKey, note: string, line: Bytes): Promise<bigint | undefined> {
  if (key.type !== 4 || line.length !== 72) return undefined;
  const unixSeconds = new Fields(line).u64();
  if (unixSeconds > SIGNED_MAX) return undefined;
  const message = concat(utf8(`cosignature/v1\ntime ${unixSeconds}\n`), utf8(note));
  return (await ed.verify(key.key, message, line.slice(8))) ? unixSeconds : undefined;
}
