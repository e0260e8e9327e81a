/** BLAKE3 where the app itself needs it: files by their contents, and the digits that two people compare. */

import { blake3 } from "@noble/hashes/blake3.js";
import { type Bytes, concat, hex, unhex, utf8 } from "../../../verifier/src/core/bytes.ts";

const COMPARISON = utf8("nguon 2026-11 enrolment words v1");

/** A file as records name it. */
export const fileDigest = (bytes: Uint8Array): string => hex(blake3(bytes) as Bytes);

/**
 * The six digits that both screens show: the first 20 bits of a digest over the enrolment's id (32 hex) and the key (64 hex) that
 * answered it. Whoever slipped in another key shows other digits.
 */
export function comparison(enrolment: string, key: string): string | undefined {
  const [id, device] = [unhex(enrolment, 16), unhex(key, 32)];
  if (id === undefined || device === undefined) return undefined;
  const [a = 0, b = 0, c = 0] = blake3(concat(id, device), { context: COMPARISON });
  return String((((a << 16) | (b << 8) | c) >>> 4) % 1_000_000).padStart(6, "0");
}
