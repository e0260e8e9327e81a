/**
 * A person's key on this device (Ed25519), and what stands before its use.
 *
 * ```text
 * device   made by WebCrypto, not extractable: no script, also not this one, ever sees the secret. Kept in IndexedDB as it is
 * seed     where WebCrypto has no Ed25519: 32 random bytes, sealed under the PIN (PBKDF2, AES-GCM). The app says so
 * ```
 *
 * What a PIN is worth: before a *device* key it is a door of the app's own. Whoever can read this browser's storage could use the key
 * without it, though not copy it. Before a *seed* it is cryptography, as strong as four to eight digits are: it slows down, it
 * does not stop. A stolen phone is answered by a revocation, not by a PIN.
 *
 * A key never leaves the device it was made on. A new phone makes a new key, with a new chain.
 */

import { getPublicKey, hashes, sign } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { type Bytes, equal, hex, utf8 } from "../../../verifier/src/core/bytes.ts";
import { enrol, library } from "../../../verifier/src/core/ed25519.ts";

hashes.sha512 = sha512;

/** Something that signs. */
export interface Signer {
  /** The public key, hex. */
  readonly key: string;
  sign(message: Bytes): Promise<Bytes>;
}

/** How a PIN is stretched. */
interface Stretch {
  readonly salt: Bytes;
  readonly iterations: number;
}

/** A key as it is kept. */
export type KeptKey =
  | { readonly kind: "device"; readonly key: string; readonly secret: CryptoKey; readonly pin?: Stretch & { readonly check: Bytes } }
  | { readonly kind: "seed"; readonly key: string; readonly sealed: Bytes; readonly iv: Bytes; readonly pin: Stretch };

/** The digits do not open the key. */
export class WrongPin extends Error {
  override readonly name = "WrongPin";
}

/** Half a second on a cheap phone; a guess costs as much. */
const ITERATIONS = 200_000;

const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));

/** A PIN has four to eight digits. */
export const isPin = (pin: string): boolean => /^[0-9]{4,8}$/.test(pin);

async function stretched(pin: string, { salt, iterations }: Stretch): Promise<Bytes> {
  const material = await crypto.subtle.importKey("raw", utf8(pin), "PBKDF2", false, ["deriveBits"]);
  const bits = await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, material, 256);
  return new Uint8Array(bits);
}

/** Whether this browser makes Ed25519 keys of its own that keep the strict rule. */
async function deviceKey(): Promise<CryptoKeyPair | undefined> {
  try {
    const pair = (await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"])) as CryptoKeyPair;
    const key = enrol(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
    const message = utf8("nguon: a trial");
    const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, message));
    return typeof key === "object" && (await library.verify(key, message, signature)) ? pair : undefined;
  } catch {
    // No such algorithm here: then the library's.
    return undefined;
  }
}

/** Makes a key. Without WebCrypto's Ed25519 a PIN is needed, because the secret lies sealed under it. */
export async function makeKey(pin: string | undefined, mayBeDevice = true): Promise<KeptKey> {
  const pair = mayBeDevice ? await deviceKey() : undefined;
  if (pair !== undefined) {
    const key = hex(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
    const kept: KeptKey = { kind: "device", key, secret: pair.privateKey };
    return pin === undefined ? kept : withPin(kept, pin);
  }
  if (pin === undefined) throw new WrongPin("a key kept as a seed needs a PIN");
  return seal(random(32), pin);
}

/** Whether a key made here would be one that nobody can copy. */
export const makesDeviceKeys = async (): Promise<boolean> => (await deviceKey()) !== undefined;

async function seal(seed: Bytes, pin: string): Promise<KeptKey> {
  const stretch = { salt: random(16), iterations: ITERATIONS };
  const iv = random(12);
  const sealing = await crypto.subtle.importKey("raw", await stretched(pin, stretch), "AES-GCM", false, ["encrypt"]);
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, sealing, seed));
  return { kind: "seed", key: hex(getPublicKey(seed)), sealed, iv, pin: stretch };
}

async function unseal(kept: KeptKey & { kind: "seed" }, pin: string): Promise<Bytes> {
  const opening = await crypto.subtle.importKey("raw", await stretched(pin, kept.pin), "AES-GCM", false, ["decrypt"]);
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: kept.iv }, opening, kept.sealed));
  } catch {
    throw new WrongPin("the PIN does not open the key");
  }
}

/** Puts a door before a device key. */
async function withPin(kept: KeptKey & { kind: "device" }, pin: string): Promise<KeptKey> {
  const stretch = { salt: random(16), iterations: ITERATIONS };
  return { ...kept, pin: { ...stretch, check: await stretched(pin, stretch) } };
}

/** The same key behind another PIN. */
export async function changePin(kept: KeptKey, from: string, to: string): Promise<KeptKey> {
  if (kept.kind === "seed") return seal(await unseal(kept, from), to);
  await openKey(kept, from);
  return withPin(kept, to);
}

/** Opens a key for use. It stays open as long as whoever holds the answer does. */
export async function openKey(kept: KeptKey, pin: string): Promise<Signer> {
  if (kept.kind === "seed") {
    const seed = await unseal(kept, pin);
    return { key: kept.key, sign: async (message) => sign(message, seed) as Bytes };
  }
  if (kept.pin !== undefined && !equal(await stretched(pin, kept.pin), kept.pin.check)) throw new WrongPin("the PIN is another");
  const { secret } = kept;
  return {
    key: kept.key,
    sign: async (message) => new Uint8Array(await crypto.subtle.sign("Ed25519", secret, message)),
  };
}

/** Whether a PIN is asked for. */
export const needsPin = (kept: KeptKey): boolean => kept.pin !== undefined;

/** A signer of a seed in the clear: for the tests' check values and nothing else that is kept. */
export const seedSigner = (seed: Bytes): Signer => ({
  key: hex(getPublicKey(seed)),
  sign: async (message) => sign(message, seed) as Bytes,
});
