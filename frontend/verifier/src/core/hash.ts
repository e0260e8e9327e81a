/** The digests of the format (FORMAT.md, "Digests"): BLAKE3 under a context of its own each, SHA-256 in the tree. */

import { blake3 } from "@noble/hashes/blake3.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { type Bytes, concat, utf8 } from "./bytes.ts";

const context = (name: string) => {
  const bytes = utf8(`nguon 2026-11 ${name} v1`);
  return (...parts: Uint8Array[]): Bytes => blake3(concat(...parts), { context: bytes }) as Bytes;
};

const ledger = context("ledger id");
const subject = context("subject");
const section = context("section");

export const eventId = context("event id");
export const nextKeyDigest = context("next key");

export const ledgerId = (origin: string, firstKey: Bytes): Bytes => ledger(utf8(`${origin}\n`), firstKey);

export const handle = (uri: string, salt: Bytes): Bytes => subject(utf8(uri), Uint8Array.of(0), salt);

export const commitment = (salt: Bytes, type: number, payload: Bytes): Bytes =>
  section(salt, Uint8Array.of(type >> 8, type & 0xff), payload);

export const sha = (...parts: Uint8Array[]): Bytes => sha256(concat(...parts)) as Bytes;

export const leafHash = (entry: Uint8Array): Bytes => sha(Uint8Array.of(0), entry);

export const nodeHash = (left: Uint8Array, right: Uint8Array): Bytes => sha(Uint8Array.of(1), left, right);

/** What is signed: DSSE's pre-authentication encoding of a body made of parts. */
export function dsse(type: string, ...parts: Uint8Array[]): Bytes {
  const body = concat(...parts);
  return concat(utf8(`DSSEv1 ${type.length} ${type} ${body.length} `), body);
}
