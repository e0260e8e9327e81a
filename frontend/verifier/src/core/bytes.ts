/** Bytes and their spellings. Each has exactly one: what is read prints again as it came, or is refused. */

export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const utf8 = (text: string): Bytes => encoder.encode(text);

/** The text of these bytes, or nothing if they are not UTF-8. */
export function text(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

export const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

export function hex(bytes: Uint8Array): string {
  let out = "";
  for (const byte of bytes) out += byte.toString(16).padStart(2, "0");
  return out;
}

/** Lower-case hex of exactly so many bytes. */
export function unhex(digits: string, length: number): Bytes | undefined {
  if (digits.length !== 2 * length || !/^[0-9a-f]*$/.test(digits)) return undefined;
  return Uint8Array.from({ length }, (_, at) => parseInt(digits.slice(2 * at, 2 * at + 2), 16));
}

/** Base64 with padding and no stray bits (RFC 4648, section 4). */
export function unbase64(encoded: string): Bytes | undefined {
  try {
    const binary = atob(encoded);
    // `atob` also takes white space, missing padding and stray bits.
    return btoa(binary) === encoded ? Uint8Array.from(binary, (char) => char.charCodeAt(0)) : undefined;
  } catch {
    return undefined;
  }
}

export function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** A decimal without sign or leading zeros, at most 2⁶⁴ − 1. */
export function decimal(digits: string): bigint | undefined {
  if (!/^(0|[1-9][0-9]{0,19})$/.test(digits)) return undefined;
  const value = BigInt(digits);
  return value < 1n << 64n ? value : undefined;
}

/** Reads fields in order. Whoever makes one has checked that the bytes are long enough. */
export class Fields {
  #at = 0;

  constructor(private readonly bytes: Bytes) {}

  take(length: number): Bytes {
    const field = this.bytes.slice(this.#at, this.#at + length);
    if (field.length !== length) throw new RangeError("a field lies beyond the bytes");
    this.#at += length;
    return field;
  }

  u8(): number {
    return this.take(1)[0] ?? 0;
  }

  u16(): number {
    return Number(this.#number(2));
  }

  u64(): bigint {
    return this.#number(8);
  }

  #number(length: number): bigint {
    return this.take(length).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }
}

export function u64(value: bigint): Bytes {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}
