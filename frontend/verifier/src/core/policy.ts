/**
 * Keys pinned by whoever hosts the checker. With them nothing is taken on trust at first sight.
 *
 *   {"logs": [{"log": "<vkey>", "witnesses": ["<vkey>", …], "quorum": 2}]}
 */

import { CheckError } from "./fault.ts";
import { parseVerifierKey } from "./note.ts";

export interface PinnedLog {
  readonly log: string;
  readonly witnesses: readonly string[];
  /** How many of these witnesses must have cosigned. */
  readonly quorum: number;
}

/** The pinned logs by origin. A policy that cannot be read is an error: it must not count as none. */
export function parsePolicy(json: string): ReadonlyMap<string, PinnedLog> {
  const refuse = (why: string) => new CheckError("policy-malformed", why);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw refuse("not JSON");
  }
  const { logs } = (value ?? {}) as { logs?: unknown };
  if (!Array.isArray(logs)) throw refuse("logs");
  const pinned = new Map<string, PinnedLog>();
  for (const one of logs as unknown[]) {
    const { log, witnesses, quorum } = (one ?? {}) as { [name: string]: unknown };
    if (typeof log !== "string" || !Array.isArray(witnesses) || !Number.isSafeInteger(quorum)) throw refuse("log");
    const key = parseVerifierKey(log);
    const keys = witnesses.map((witness) => parseVerifierKey(String(witness)));
    if (key.type !== 1 || keys.some((witness) => witness.type !== 4)) throw refuse("type of a key");
    const points = new Set(keys.map((witness) => witness.key.bytes.join()));
    // One key under two names would count twice.
    if (points.size !== keys.length) throw refuse("one key for two witnesses");
    const needed = quorum as number;
    if (needed < 0 || needed > keys.length) throw refuse("quorum");
    pinned.set(key.name, { log, witnesses: witnesses.map(String), quorum: needed });
  }
  return pinned;
}
