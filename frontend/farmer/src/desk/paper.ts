/**
 * A secret key on paper: four rows of sixteen characters that a person can copy by hand; character for character what `nguon org new-root`
 * prints and `nguon org restore` reads (crates/cli/src/org/paper.rs).
 *
 * ```text
 * row      1  8ZJ4 M0QK 7TTD R2XN       13 characters hold 8 bytes of the seed, 3 check the row
 * letters  0123456789ABCDEFGHJKMNPQRSTVWXYZ (Crockford's base32: no I, L, O, U; read, O is 0, I and L are 1)
 * bits     8 bytes ‖ 0 ‖ the first 15 bits of BLAKE3 derive_key("nguon 2026-11 paper row v1", row number ‖ 8 bytes)
 * ```
 *
 * Trust: the paper is the key. Whoever copies it is the organisation's root until the root is rotated.
 */

import { getPublicKey, hashes } from "@noble/ed25519";
import { blake3 } from "@noble/hashes/blake3.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { type Bytes, concat, hex, utf8 } from "../../../verifier/src/core/bytes.ts";

hashes.sha512 = sha512;

const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ROWS = 4;
const LETTERS_A_ROW = 16;
const CHECK_BITS = 15n;
const CONTEXT = utf8("nguon 2026-11 paper row v1");

/** Why a paper could not be read, in the order of the checks. */
export type PaperFault =
  | { readonly key: "paper.letter"; readonly row: number; readonly letter: string }
  | { readonly key: "paper.length"; readonly row: number; readonly found: number }
  | { readonly key: "paper.check"; readonly row: number }
  | { readonly key: "paper.twice"; readonly row: number }
  | { readonly key: "paper.missing"; readonly row: number }
  | { readonly key: "paper.other"; readonly made: string; readonly named: string };

export type PaperRead = { readonly ok: true; readonly seed: Bytes; readonly key: string } | { readonly ok: false; readonly fault: PaperFault };

export const publicKey = (seed: Bytes): string => hex(getPublicKey(seed) as Bytes);

/** A zero bit and 15 bits that depend on the row's number and contents. */
function check(row: number, bytes: Uint8Array): bigint {
  const [a = 0, b = 0] = blake3(concat(Uint8Array.of(row), bytes), { context: CONTEXT });
  return BigInt(((a << 8) | b) >>> 1);
}

/** The rows of a seed, ready to print: `8ZJ4 M0QK 7TTD R2XN`, four of them. */
export function rowsOf(seed: Bytes): string[] {
  return Array.from({ length: ROWS }, (_, at) => {
    const bytes = seed.subarray(at * 8, at * 8 + 8);
    const number = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    const bits = (number << (CHECK_BITS + 1n)) | check(at + 1, bytes);
    const letters = Array.from({ length: LETTERS_A_ROW }, (_, place) => LETTERS[Number((bits >> BigInt(5 * (LETTERS_A_ROW - 1 - place))) & 31n)]);
    return letters.join("").replace(/(.{4})(?=.)/g, "$1 ");
  });
}

/** As the command line prints them: each row after its number. */
export const print = (seed: Bytes): string => rowsOf(seed).map((row, at) => `  ${at + 1}  ${row}\n`).join("");

/** Reads the rows, and the public key if it stands there too; other lines are passed over. */
export function read(paper: string): PaperRead {
  const rows: (Bytes | undefined)[] = Array.from({ length: ROWS }, () => undefined);
  for (const line of paper.slice(0, 20_000).split(/\r?\n/)) {
    const [, number = "", letters] = /^\s*([0-9]+)\.*\s+(.*)$/u.exec(line) ?? [];
    const row = Number(number);
    if (letters === undefined || row < 1 || row > ROWS) continue;
    const found = readRow(row, letters);
    if (!(found instanceof Uint8Array)) return { ok: false, fault: found };
    if (rows[row - 1] !== undefined) return { ok: false, fault: { key: "paper.twice", row } };
    rows[row - 1] = found;
  }
  const missing = rows.indexOf(undefined);
  if (missing >= 0) return { ok: false, fault: { key: "paper.missing", row: missing + 1 } };
  const seed = concat(...(rows as Bytes[]));
  const made = publicKey(seed);
  const [named] = /(?<![0-9a-zA-Z])[0-9a-f]{64}(?![0-9a-zA-Z])/.exec(paper) ?? [];
  return named !== undefined && named !== made ? { ok: false, fault: { key: "paper.other", made, named } } : { ok: true, seed, key: made };
}

/** One row, typed without its number. */
export function readRow(row: number, letters: string): Bytes | PaperFault {
  let bits = 0n;
  let found = 0;
  for (const letter of letters.replace(/[\s-]/gu, "")) {
    const upper = letter.toUpperCase().replace("O", "0").replace(/^[IL]$/, "1");
    const value = upper.length === 1 ? LETTERS.indexOf(upper) : -1;
    if (value < 0) return { key: "paper.letter", row, letter };
    found += 1;
    if (found <= LETTERS_A_ROW) bits = (bits << 5n) | BigInt(value);
  }
  if (found !== LETTERS_A_ROW) return { key: "paper.length", row, found };
  const head = bits >> (CHECK_BITS + 1n);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, head);
  return (bits & 0xffffn) === check(row, bytes) ? bytes : { key: "paper.check", row };
}
