/**
 * What this device saw of a log last time. Against it the next check sees that nothing was rewound or forked.
 *
 * Trust: who can change it (the pages of the same origin, the owner of the device) can make this device forget, never make a
 * false record hold.
 */

import { base64, type Bytes, decimal, unbase64 } from "./bytes.ts";

export interface Remembered {
  readonly origin: string;
  readonly logKey: string;
  readonly witnessKeys: readonly string[];
  readonly ownWitnesses?: readonly string[];
  readonly size: bigint;
  readonly root: Bytes;
  /** When this device first saw the ledger, and when it last did. */
  readonly sinceMs: number;
  readonly seenMs: number;
}

export interface Memory {
  recall(origin: string): Remembered | undefined;
  remember(remembered: Remembered): void;
}

/** The part of `localStorage` that is used. */
export interface Shelf {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
}

const NAME = "nguon-verifier/";

/**
 * Memory on `localStorage`, of what one place said: a server's address, or files. Somebody else's server that claims the same name must
 * not make a ledger look changed. What cannot be read there counts as never seen; what cannot be written is not remembered.
 */
export function memoryOn(shelf: Shelf, place: string): Memory {
  const name = (origin: string): string => `${NAME}${place} ${origin}`;
  return {
    recall(origin) {
      try {
        return read(origin, JSON.parse(shelf.getItem(name(origin)) ?? "null"));
      } catch {
        return undefined;
      }
    },
    remember({ size, root, ...rest }) {
      try {
        shelf.setItem(name(rest.origin), JSON.stringify({ ...rest, size: String(size), root: base64(root) }));
      } catch {
        // A private window, or no room: the next check is a first one again, and says so.
      }
    },
  };
}

function read(origin: string, value: unknown): Remembered | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { logKey, witnessKeys, ownWitnesses, size, root, sinceMs, seenMs } = value as { [name: string]: unknown };
  const texts = (list: unknown): list is string[] => Array.isArray(list) && list.every((one) => typeof one === "string");
  const leaves = typeof size === "string" ? decimal(size) : undefined;
  const hash = typeof root === "string" ? unbase64(root) : undefined;
  if (typeof logKey !== "string" || !texts(witnessKeys) || leaves === undefined || hash?.length !== 32) return undefined;
  if (!isMoment(sinceMs) || !isMoment(seenMs)) return undefined;
  const own = texts(ownWitnesses) ? { ownWitnesses } : {};
  return { origin, logKey, witnessKeys, ...own, size: leaves, root: hash, sinceMs, seenMs };
}

/** What a calendar has (ECMA-262, section 21.4.1.1), and some hours of room for the clock of a place. */
const isMoment = (value: unknown): value is number => typeof value === "number" && Math.abs(value) <= 8.639e15;
