/**
 * The one verdict on a signature (FORMAT.md, "Signatures"): keys are held to the enrolment rule once, and a signature holds
 * if ed25519-dalek's `verify_strict` would say so.
 *
 * The browser's own Ed25519 does nearly all of it and leaves two things open, which are closed here: small-order keys are
 * refused at enrolment, and R = identity by comparing 32 bytes. It is used only after it has passed a trial: a good signature
 * accepted, and one refused that only a cofactored verifier accepts. Where it is absent or fails, the same rule is worked out
 * with point arithmetic.
 */

import { Point } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { type Bytes, concat, equal, hex, unhex } from "./bytes.ts";

/** The order of the base point (RFC 8032, section 5.1). */
const ORDER = Point.CURVE().n;
const IDENTITY = Uint8Array.of(1, ...new Uint8Array(31));

/** Why a key may not be enrolled, in the order of the checks. */
export type KeyFault = "not-a-point" | "not-canonical" | "identity" | "small-order";

/** A key that may be enrolled, decoded once. */
export interface EnrolledKey {
  readonly bytes: Bytes;
  readonly point: Point;
  native?: CryptoKey;
}

export function enrol(bytes: Bytes): EnrolledKey | KeyFault {
  const point = decode(bytes);
  if (point === undefined) return "not-a-point";
  if (!equal(point.toBytes(), bytes)) return "not-canonical";
  if (equal(bytes, IDENTITY)) return "identity";
  return point.isTorsionFree() ? { bytes, point } : "small-order";
}

/** Keys of one check, each decoded once. */
export class Keyring {
  readonly #keys = new Map<string, EnrolledKey | KeyFault>();

  enrol(bytes: Bytes): EnrolledKey | KeyFault {
    const name = hex(bytes);
    const known = this.#keys.get(name) ?? enrol(bytes);
    this.#keys.set(name, known);
    return known;
  }
}

export interface Ed25519 {
  /** Whose arithmetic it is. */
  readonly by: "browser" | "library";
  verify(key: EnrolledKey, message: Bytes, signature: Bytes): Promise<boolean>;
}

/** The rule in our own words: slower, everywhere the same. */
export const library: Ed25519 = {
  by: "library",
  async verify(key, message, signature) {
    if (signature.length !== 64) return false;
    const r = signature.subarray(0, 32);
    const s = littleEndian(signature.subarray(32));
    const point = decode(r);
    if (s >= ORDER || point === undefined || point.isSmallOrder()) return false;
    const k = littleEndian(sha512(concat(r, key.bytes, message))) % ORDER;
    // Cofactorless: [S]B − [k]A is R itself, not R up to a point of small order.
    return Point.BASE.multiply(s, false).subtract(key.point.multiply(k, false)).equals(point);
  },
};

function native(subtle: SubtleCrypto): Ed25519 {
  return {
    by: "browser",
    async verify(key, message, signature) {
      if (signature.length !== 64 || equal(signature.subarray(0, 32), IDENTITY)) return false;
      key.native ??= await subtle.importKey("raw", key.bytes, "Ed25519", false, ["verify"]);
      return subtle.verify("Ed25519", key.native, signature, message);
    },
  };
}

/** The browser's own Ed25519 if it has one that keeps the rule, else the library. */
export async function ed25519(subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle): Promise<Ed25519> {
  if (subtle === undefined) return library;
  const candidate = native(subtle);
  try {
    for (const [signature, holds] of TRIAL_SIGNATURES) {
      const key = enrol(field(TRIAL_KEY));
      if (typeof key === "string" || (await candidate.verify(key, new Uint8Array(), field(signature))) !== holds) {
        return library;
      }
    }
    return candidate;
  } catch {
    // No such algorithm in this browser.
    return library;
  }
}

/** RFC 8032, section 7.1, test 1: its key and signature of the empty message; then the same key with torsion in the nonce. */
export const TRIAL_KEY = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
export const TRIAL_SIGNATURES: readonly (readonly [string, boolean])[] = [
  [
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    true,
  ],
  ["8cc46343583fd263d548c07de138d6677964ab8e1a591103aa4cbe33fc1459fa43bc033dff1e56952c4dff267ba02ed991f5fb97af171bfa249d02c48107b50d", false],
];

const field = (digits: string): Bytes => unhex(digits, digits.length / 2) ?? new Uint8Array();

/** The point of 32 bytes, also if it is written in a way that is not canonical. */
function decode(bytes: Uint8Array): Point | undefined {
  if (bytes.length !== 32) return undefined;
  try {
    return Point.fromBytes(bytes, true);
  } catch {
    return undefined;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
