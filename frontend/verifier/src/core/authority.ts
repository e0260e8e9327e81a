/**
 * Who may say what, from the records alone, in the log's order (FORMAT.md, "Rights and standing"). A control record that has no
 * right to its effect changes nothing and leaves a finding.
 *
 * Here it is fed the records that evidence holds, not the whole log: rights that are shown are shown to follow from the
 * operator's first record; that a revocation was left out, only an audit of the whole log can tell.
 */

import { type Bytes, Fields, hex } from "./bytes.ts";
import { type Ed25519, type EnrolledKey, type Keyring } from "./ed25519.ts";
import { dsse, nextKeyDigest } from "./hash.ts";
import { KIND, type LogRecord } from "./record.ts";

const ROLE_ADMIN = 32;
const STANDING_INSPECTOR = 4;
export const STANDING_AUTHORITY = 8;
export const SUSPENDED = 0x8000;
const NO_SEQ = (1n << 64n) - 1n;
/** The role that an act needs: diary, lot, commerce, inspection, recall. */
const ROLE_OF_ACT = [0, 1, 2, 4, 8, 16] as const;
const ACT_INSPECTION = 4;

export type Finding =
  | "disputed"
  | "adopted"
  | "key-expired"
  | "role-lacking"
  | "standing-lacking"
  | "not-recognised"
  | "not-authorised"
  | "weak-key"
  | "possession-invalid"
  | "key-of-another-organisation"
  | "key-is-root"
  | "key-ended"
  | "target-unknown"
  | "epoch-backwards"
  | "epoch-size"
  | "after-revocation"
  | "forked"
  | "doubted";

const NOT_VOID: readonly Finding[] = ["adopted", "not-recognised", "after-revocation", "forked"];

/** Whether a record with this finding counts for nothing. */
export const isVoid = (finding: Finding): boolean => !NOT_VOID.includes(finding);

export interface Organisation {
  root: string;
  next: string;
  standing: number;
}

export interface Key {
  readonly organisation: string;
  rights: "root" | "former" | { readonly roles: number; readonly notAfterMs: bigint };
  /** The last place that the organisation stands behind: −1 is none of them. */
  lastGood?: bigint;
  fork?: { frozen: boolean };
  head?: { readonly seq: bigint; readonly event: string };
}

export class Authority {
  operator?: string;
  readonly organisations = new Map<string, Organisation>();
  readonly keys = new Map<string, Key>();
  readonly #adopted = new Set<string>();
  readonly #erased = new Set<string>();
  #epochMs?: bigint;

  constructor(
    private readonly ledger: Bytes,
    private readonly ed: Ed25519,
    private readonly keyring: Keyring,
  ) {}

  isErased(event: string, section: number): boolean {
    return this.#erased.has(`${event}/${section}`);
  }

  /**
   * Why a record counts for nothing after all that came later: its organisation may have adopted it, or no longer stand behind
   * that part of its chain.
   */
  inTheEnd(record: LogRecord, voids: readonly Finding[]): readonly Finding[] {
    const key = this.keys.get(record.author);
    const isAdopted = this.#adopted.has(`${record.organisation}/${record.event}`);
    if (isAdopted && record.kind === KIND.event) return voids.filter((finding) => finding !== "disputed");
    return key !== undefined && isDoubted(key, record.seq) && !isAdopted ? [...voids, "doubted"] : voids;
  }

  /** The record becomes entry `index`. What must be said of it. */
  async append(record: LogRecord, index: bigint): Promise<Finding[]> {
    const { author, organisation } = record;
    if (!this.keys.has(author)) {
      if (record.kind === KIND.genesis) {
        this.operator ??= organisation;
        this.organisations.set(organisation, { root: author, next: hex(record.control), standing: 0 });
        const head = { seq: record.seq, event: record.event };
        this.keys.set(author, { organisation, rights: "root", head });
        return [];
      }
      if (this.#isCommittedNext(record)) this.keys.set(author, { organisation, rights: "root" });
    }
    const key = this.keys.get(author);
    if (key === undefined || key.organisation !== organisation) return [];
    const findings: Finding[] = [];
    const isDisputed = key.head !== undefined && record.seq <= key.head.seq;
    if (isDisputed) findings.push("disputed");
    else key.head = { seq: record.seq, event: record.event };
    const wasHeld = isDoubted(key, record.seq) || key.fork?.frozen === true;
    if (!isDisputed && wasHeld && this.#adopted.has(`${organisation}/${record.event}`)) findings.push("adopted");
    if (this.#isExpired(key)) findings.push("key-expired");
    if (record.kind === KIND.event) this.#judgeAct(key, record.act, findings);
    else if (!isDisputed) {
      const finding = await this.#takeEffect(record, key, index);
      if (finding !== undefined) findings.push(finding);
    }
    return findings;
  }

  #judgeAct(key: Key, act: number, findings: Finding[]): void {
    const needs = ROLE_OF_ACT[act] ?? 0;
    const standing = this.organisations.get(key.organisation)?.standing ?? 0;
    if ((roles(key) & needs) !== needs) findings.push("role-lacking");
    if (act === ACT_INSPECTION && (standing & STANDING_INSPECTOR) === 0) findings.push("standing-lacking");
    if ((standing & ~SUSPENDED) === 0) findings.push("not-recognised");
  }

  async #takeEffect(record: LogRecord, key: Key, index: bigint): Promise<Finding | undefined> {
    const administers = (roles(key) & ROLE_ADMIN) !== 0 && !this.#isExpired(key);
    const operates = administers && this.operator === key.organisation;
    const body = new Fields(record.control);
    switch (record.kind) {
      case KIND.delegate:
        return administers ? this.#delegate(record, key) : "not-authorised";
      case KIND.revoke:
        return administers ? this.#revoke(key, hex(body.take(32)), body.u64()) : "not-authorised";
      case KIND.rotate:
        if (!this.#isCommittedNext(record) || key.lastGood !== undefined || key.rights === "former") return "not-authorised";
        return this.#rotate(record, key);
      case KIND.adopt:
        if (!administers) return "not-authorised";
        for (let left = record.control.length / 32; left > 0; left -= 1) {
          this.#adopted.add(`${key.organisation}/${hex(body.take(32))}`);
        }
        return undefined;
      case KIND.forkEvidence: {
        if (!operates) return "not-authorised";
        const forked = this.keys.get(hex(body.take(32)));
        if (forked === undefined) return "target-unknown";
        forked.fork ??= { frozen: true };
        return "forked";
      }
      case KIND.erasure:
        if (!operates) return "not-authorised";
        this.#erased.add(`${hex(body.take(32))}/${body.u8()}`);
        return undefined;
      case KIND.epoch: {
        if (!operates) return "not-authorised";
        const [timeMs, size] = [body.u64(), body.u64()];
        if (this.#epochMs !== undefined && timeMs < this.#epochMs) return "epoch-backwards";
        if (size !== index) return "epoch-size";
        this.#epochMs = timeMs;
        return undefined;
      }
      case KIND.standing: {
        if (!operates) return "not-authorised";
        const known = this.organisations.get(hex(body.take(32)));
        if (known === undefined) return "target-unknown";
        known.standing = body.u16();
        return undefined;
      }
      case KIND.nextLogKey:
        if (!operates) return "not-authorised";
        return typeof this.keyring.enrol(record.control) === "string" ? "weak-key" : undefined;
      default:
        // A second genesis of one key is refused at the log's door.
        return "not-authorised";
    }
  }

  async #delegate(record: LogRecord, by: Key): Promise<Finding | undefined> {
    const body = new Fields(record.control);
    const deviceKey = body.take(32);
    const [given, , notAfterMs] = [body.u16(), body.u16(), body.u64()];
    const device = hex(deviceKey);
    const known = this.keys.get(device);
    const touchesAdmin = ((given | (known === undefined ? 0 : roles(known))) & ROLE_ADMIN) !== 0;
    if (touchesAdmin && by.rights !== "root") return "not-authorised";
    if (known !== undefined) {
      const fault = targetFault(by, known);
      if (fault !== undefined) return fault;
      if (known.lastGood !== undefined) return "key-ended";
    }
    const enrolled = this.keyring.enrol(deviceKey);
    if (typeof enrolled === "string") return "weak-key";
    if (!(await this.#agreed(record, enrolled))) return "possession-invalid";
    const rights = { roles: given, notAfterMs };
    if (known === undefined) this.keys.set(device, { organisation: by.organisation, rights });
    else {
      known.rights = rights;
      if (known.fork !== undefined) known.fork.frozen = false;
    }
    return undefined;
  }

  /** Whether the device signed the very rights that it is given, in this organisation of this ledger. */
  #agreed(record: LogRecord, device: EnrolledKey): Promise<boolean> {
    const organisation = record.bytes.subarray(48, 80);
    const [rights, possession] = [record.control.subarray(0, 76), record.control.slice(76)];
    const message = dsse("application/vnd.nguon.possession.v1", this.ledger, organisation, rights);
    return this.ed.verify(device, message, possession);
  }

  #revoke(by: Key, target: string, lastGoodSeq: bigint): Finding | undefined {
    const key = this.keys.get(target);
    if (key === undefined) return "target-unknown";
    if ((roles(key) & ROLE_ADMIN) !== 0 && key.organisation === by.organisation && by.rights !== "root") {
      return "not-authorised";
    }
    const fault = targetFault(by, key);
    if (fault !== undefined) return fault;
    const lastGood = lastGoodSeq === NO_SEQ ? -1n : lastGoodSeq;
    if (key.lastGood !== undefined && key.lastGood <= lastGood) return "key-ended";
    key.lastGood = lastGood;
    return key.head !== undefined && key.head.seq > lastGood ? "after-revocation" : undefined;
  }

  #rotate(record: LogRecord, key: Key): undefined {
    const organisation = this.organisations.get(key.organisation);
    if (organisation === undefined) return;
    const former = this.keys.get(organisation.root);
    if (former !== undefined) former.rights = "former";
    key.rights = "root";
    organisation.root = record.author;
    organisation.next = hex(record.control);
  }

  #isCommittedNext(record: LogRecord): boolean {
    const next = this.organisations.get(record.organisation)?.next;
    return record.kind === KIND.rotate && next === hex(nextKeyDigest(record.authorKey));
  }

  #isExpired(key: Key): boolean {
    return typeof key.rights === "object" && this.#epochMs !== undefined && this.#epochMs > key.rights.notAfterMs;
  }
}

function roles(key: Key): number {
  if (key.rights === "root") return 63;
  return key.rights === "former" ? 0 : key.rights.roles;
}

/** Whether its organisation no longer stands behind what the key wrote at this place. */
export const isDoubted = (key: Key, seq: bigint): boolean => key.lastGood !== undefined && seq > key.lastGood;

function targetFault(by: Key, target: Key): Finding | undefined {
  if (target.organisation !== by.organisation) return "key-of-another-organisation";
  if (target.rights === "root") return "key-is-root";
  return target.rights === "former" ? "key-ended" : undefined;
}

