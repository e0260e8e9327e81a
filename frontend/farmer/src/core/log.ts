/**
 * The log as this phone has seen it: whose it is, and the newest checkpoint that continued the one before. A receipt is believed when
 * its record is ours, lies under a checkpoint that the log's own key signed, and that checkpoint continues the last one.
 */

import { base64, type Bytes, equal, hex, unbase64, unhex } from "../../../verifier/src/core/bytes.ts";
import { ed25519, type Ed25519 } from "../../../verifier/src/core/ed25519.ts";
import { coded } from "../../../verifier/src/core/fault.ts";
import { leafHash, ledgerId } from "../../../verifier/src/core/hash.ts";
import { consistencyFromTiles, continues, includes } from "../../../verifier/src/core/merkle.ts";
import { type Checkpoint, openCheckpoint, parseNote, parseVerifierKey } from "../../../verifier/src/core/note.ts";
import { parseProof } from "../../../verifier/src/core/proof.ts";
import { type Seen } from "./draft.ts";
import { type Server } from "./server.ts";
import { type Database } from "./store.ts";

/** What is pinned of a ledger. The id commits to origin and key, so a server cannot hand out another key for it. */
export interface Pinned {
  readonly ledger: string;
  readonly origin: string;
  readonly logKey: string;
}

interface Memory {
  readonly size: string;
  readonly root: string;
  readonly seenMs: number;
}

/** Two checkpoints of one log that do not fit together: kept, shown, and never overwritten. */
export interface Alarm {
  readonly code: string;
  readonly about: string;
  readonly atMs: number;
  readonly note: string;
}

export type Verdict = { readonly holds: true; readonly index: number } | { readonly holds: false; readonly code: string; readonly about: string };

const name = (ledger: string, what: string): string => `${what} ${ledger}`;

/** Whether a verifier key is the one that this ledger's id commits to. */
export function fits(pinned: Pinned): boolean {
  try {
    return hex(ledgerId(pinned.origin, parseVerifierKey(pinned.logKey).key.bytes)) === pinned.ledger;
  } catch {
    return false;
  }
}

export class LogView {
  #ed: Promise<Ed25519> | undefined;

  constructor(
    private readonly db: Database,
    private readonly server: Server,
  ) {}

  pinned(ledger: string): Promise<Pinned | undefined> {
    return this.db.get<Pinned>("things", name(ledger, "log"));
  }

  /** Asks the server which log it keeps, and pins it if the id says so. */
  async pin(ledger: string): Promise<Pinned | undefined> {
    const known = await this.pinned(ledger);
    if (known !== undefined) return known;
    const answer = await this.server.json<{ origin: string; log_key: string }>({ path: "/api/v1/ledger" });
    if (!answer.ok) return undefined;
    const pinned = { ledger, origin: answer.value.origin, logKey: answer.value.log_key };
    if (!fits(pinned)) return undefined;
    await this.db.put("things", pinned, name(ledger, "log"));
    return pinned;
  }

  /** What a record of this device says it has seen. */
  async seen(ledger: string): Promise<Seen | undefined> {
    const memory = await this.db.get<Memory>("things", name(ledger, "seen"));
    const root = memory === undefined ? undefined : unbase64(memory.root);
    return memory === undefined || root === undefined ? undefined : { size: BigInt(memory.size), root: hex(root) };
  }

  alarm(ledger: string): Promise<Alarm | undefined> {
    return this.db.get<Alarm>("things", name(ledger, "alarm"));
  }

  /** Verifies a receipt of a record that this device holds, and remembers the checkpoint in it. */
  async verify(ledger: string, record: Bytes, receipt: Bytes): Promise<Verdict> {
    try {
      const pinned = await this.pin(ledger);
      if (pinned === undefined) return { holds: false, code: "network", about: "the log's key is not known yet" };
      const proof = parseProof(receipt);
      if (!equal(proof.record, record)) return { holds: false, code: "record-other", about: "the receipt is of another record" };
      const checkpoint = await this.#checkpoint(pinned, proof.note);
      if (!includes(leafHash(record), proof.index, checkpoint.size, proof.hashes, checkpoint.root)) {
        return { holds: false, code: "inclusion-wrong", about: String(proof.index) };
      }
      if (!(await this.#remember(ledger, checkpoint, proof.note))) return { holds: false, code: "fork", about: String(checkpoint.size) };
      return { holds: true, index: Number(proof.index) };
    } catch (error) {
      const { code, about } = coded(error);
      return { holds: false, code, about };
    }
  }

  /** Fetches the newest checkpoint and remembers it, if it continues the last. */
  async look(ledger: string): Promise<boolean> {
    const pinned = await this.pin(ledger);
    if (pinned === undefined) return false;
    const answer = await this.server.bytes({ path: "/checkpoint" });
    if (!answer.ok) return false;
    try {
      return await this.#remember(ledger, await this.#checkpoint(pinned, answer.value), answer.value);
    } catch {
      // Not signed by the log, or a tile could not be had. What was remembered stays.
      return false;
    }
  }

  async #checkpoint(pinned: Pinned, note: Bytes): Promise<Checkpoint> {
    this.#ed ??= ed25519();
    return openCheckpoint(await this.#ed, parseNote(note), parseVerifierKey(pinned.logKey));
  }

  /** Whether it fits what was seen before; then the larger one is what is remembered. */
  async #remember(ledger: string, { size, root }: Checkpoint, note: Bytes): Promise<boolean> {
    // An empty tree has no record that anything could continue, and "seen nothing" is written as zeros.
    if (size === 0n) return true;
    const last = await this.seen(ledger);
    if (last !== undefined) {
      const lastRoot = unhex(last.root, 32) as Bytes;
      // An older one must be the beginning of ours just as ours must be of a newer one.
      const [from, to] = last.size <= size ? [last.size, size] : [size, last.size];
      const [fromRoot, toRoot] = last.size <= size ? [lastRoot, root] : [root, lastRoot];
      const proof = await consistencyFromTiles(from, to, (path) => this.#tile(path));
      if (!continues(from, fromRoot, to, toRoot, proof)) {
        const alarm: Alarm = { code: "fork", about: `${last.size} / ${size}`, atMs: this.server.clock.now(), note: base64(note) };
        if ((await this.alarm(ledger)) === undefined) await this.db.put("things", alarm, name(ledger, "alarm"));
        return false;
      }
      if (last.size >= size) return true;
    }
    const memory: Memory = { size: String(size), root: base64(root), seenMs: this.server.clock.now() };
    await this.db.put("things", memory, name(ledger, "seen"));
    return true;
  }

  async #tile(path: string): Promise<Bytes | undefined> {
    const answer = await this.server.bytes({ path: `/${path}` });
    if (answer.ok) return answer.value;
    // A partial tile may be gone once the full one is there.
    if (answer.problem?.status === 404) return undefined;
    throw new Error("network");
  }
}
