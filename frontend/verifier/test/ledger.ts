/** A small ledger of the tests' own: an operator, a co-operative with one phone, and what that phone said of a lot. */

import { getPublicKey, hashes, sign } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { zipSync } from "fflate";
import { base64, type Bytes, concat, hex, u64, utf8 } from "../src/core/bytes.ts";
import { commitment, dsse, eventId, handle, leafHash, ledgerId, nextKeyDigest, nodeHash, sha } from "../src/core/hash.ts";
import { KIND, type Kind } from "../src/core/record.ts";
import { bytes } from "./given.ts";

hashes.sha512 = sha512;

export const ORIGIN = "ledger.example.org/story";
export const LOT = "https://id.gs1.org/01/09521234000105/10/XOAI-260115-A";
const NOW_S = 1_776_000_000n;

const seed = (n: number): Bytes => new Uint8Array(32).fill(n);
const publicKey = (n: number): Bytes => getPublicKey(seed(n)) as Bytes;
const signed = (n: number, message: Bytes): Bytes => sign(message, seed(n)) as Bytes;
const u16 = (n: number): Bytes => Uint8Array.of(n >> 8, n & 255);
const ZERO = new Uint8Array(32);

/** Whose seed is which. */
export const KEY = { log: 1, witness: 2, operator: 3, cooperative: 4, phone: 5, next: 6, stranger: 7, other: 8 } as const;

export const vkey = (name: string, type: 1 | 4, n: number): string => {
  const typed = concat(Uint8Array.of(type), publicKey(n));
  return `${name}+${hex(sha(utf8(`${name}\n`), typed).slice(0, 4))}+${base64(typed)}`;
};

export const LOG = vkey(ORIGIN, 1, KEY.log);
export const WITNESS = vkey("witness.example.edu/w1", 4, KEY.witness);
export const LEDGER = ledgerId(ORIGIN, publicKey(KEY.log));

export interface Said {
  readonly record: Bytes;
  readonly event: Bytes;
  readonly salt: Bytes;
  readonly facts?: Bytes;
}

interface Draft {
  readonly kind: Kind;
  readonly by: number;
  readonly seq: bigint;
  readonly prev?: Bytes;
  readonly organisation?: Bytes;
  readonly control?: Bytes;
  readonly facts?: object;
  readonly subject?: Bytes;
  readonly act?: number;
  readonly ledger?: Bytes;
}

export function record(draft: Draft): Said {
  const facts = draft.facts === undefined ? undefined : utf8(JSON.stringify(draft.facts));
  const control = draft.control ?? new Uint8Array();
  const salt = sha(u64(draft.seq), publicKey(draft.by));
  const body = concat(
    utf8("NGN1"),
    Uint8Array.of(draft.kind, 1, draft.subject === undefined ? 0 : 1, facts === undefined ? 0 : 1),
    u16(control.length),
    Uint8Array.of(draft.kind === KIND.event ? (draft.act ?? 2) : 0, 0, 0, 0, 0, 0),
    draft.ledger ?? LEDGER,
    draft.organisation ?? ZERO,
    publicKey(draft.by),
    u64(draft.seq),
    draft.prev ?? ZERO,
    u64(1_776_000_000_000n),
    u64(0n),
    ZERO,
    draft.subject === undefined ? new Uint8Array() : concat(draft.subject, ZERO),
    facts === undefined ? new Uint8Array() : concat(u16(1), commitment(salt, 1, facts)),
    control,
  );
  const said = { record: concat(body, signed(draft.by, dsse("application/vnd.nguon.record.v1", body))), event: eventId(body), salt };
  return facts === undefined ? said : { ...said, facts };
}

export function delegation(organisation: Bytes, device: number, roles: number, notAfterMs = 1n << 60n): Bytes {
  const rights = concat(publicKey(device), u16(roles), u16(0), u64(notAfterMs), ZERO);
  return concat(rights, signed(device, dsse("application/vnd.nguon.possession.v1", LEDGER, organisation, rights)));
}

const SUBJECT_SALT = "4d1170c94c0848bc625ee0614e207b09";
const subjects = (uri: string) => [{ uri, salt: SUBJECT_SALT }];
export const subject = (uri: string): Bytes => handle(uri, bytes(SUBJECT_SALT));

/** The whole log in order, each record by its name in the story. */
export function story(packing: object = {}): Map<string, Said> {
  const all = new Map<string, Said>();
  const say = (name: string, draft: Draft): Said => {
    const said = record(draft);
    all.set(name, said);
    return said;
  };
  const next = nextKeyDigest(publicKey(KEY.next));
  const operator = say("operator", { kind: KIND.genesis, by: KEY.operator, seq: 0n, control: next });
  const cooperative = say("cooperative", {
    kind: KIND.genesis,
    by: KEY.cooperative,
    seq: 0n,
    control: next,
    facts: { type: "nguon:Organisation", id: "urn:nguon:org:?", "nguon:name": [{ "@value": "HTX Thử", "@language": "vi" }] },
  });
  const organisation = cooperative.event;
  const standing = concat(organisation, u16(1), u16(0));
  const first = { by: KEY.operator, organisation: operator.event };
  const recognised = say("standing", { ...first, kind: KIND.standing, seq: 1n, prev: operator.event, control: standing });
  say("delegate", {
    kind: KIND.delegate,
    by: KEY.cooperative,
    seq: 1n,
    prev: organisation,
    organisation,
    control: delegation(organisation, KEY.phone, 1 | 2),
  });
  const phone = { kind: KIND.event, by: KEY.phone, organisation };
  const harvest = say("harvest", {
    ...phone,
    seq: 0n,
    subject: subject(LOT),
    facts: { type: "TransformationEvent", eventTime: "2026-01-15T08:34:00+07:00", bizStep: "creating_class_instance", "nguon:subjects": subjects(LOT) },
  });
  say("epoch", { ...first, kind: KIND.epoch, seq: 2n, prev: recognised.event, control: concat(u64(1_776_000_100_000n), u64(5n), ZERO) });
  say("packing", {
    ...phone,
    seq: 1n,
    prev: harvest.event,
    subject: subject(LOT),
    facts: { type: "ObjectEvent", eventTime: "2026-01-16T08:34:00+07:00", bizStep: "packing", ...packing, "nguon:subjects": subjects(LOT) },
  });
  return all;
}

/** All complete trees over these leaves, as RFC 6962 defines them; small is enough. */
export function root(leaves: readonly Bytes[]): Bytes {
  if (leaves.length === 0) return sha();
  if (leaves.length === 1) return leaves[0] as Bytes;
  const middle = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return nodeHash(root(leaves.slice(0, middle)), root(leaves.slice(middle)));
}

function path(index: number, leaves: readonly Bytes[]): Bytes[] {
  if (leaves.length <= 1) return [];
  const middle = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return index < middle
    ? [...path(index, leaves.slice(0, middle)), root(leaves.slice(middle))]
    : [...path(index - middle, leaves.slice(middle)), root(leaves.slice(0, middle))];
}

export interface Shaping {
  /** Names of records that are kept back. */
  readonly without?: readonly string[];
  /** Changes a record before it is logged: the tree is over what comes out. */
  readonly logged?: (name: string, said: Said) => Said;
  /** Changes what is handed over of a record: the tree stays as it was. */
  readonly shown?: (name: string, one: { record: Bytes; hashes: Bytes[]; salt: Bytes; facts?: Bytes; index: number }) => void;
  readonly note?: (note: string) => string;
  readonly signer?: number;
  readonly cosigner?: number;
  readonly lot?: string;
  /** What the packing says besides. */
  readonly packing?: object;
  /** How many other records come after. */
  readonly longer?: number;
}

interface Shown {
  index: number;
  record: Bytes;
  hashes: Bytes[];
  salt: Bytes;
  facts?: Bytes;
}

export interface Made {
  readonly leaves: readonly Bytes[];
  readonly note: string;
  readonly light: Bytes;
  readonly zip: (change?: (files: Record<string, Bytes>) => void) => Bytes;
}

export function make(shaping: Shaping = {}): Made {
  const logged = [...story(shaping.packing)].map(([name, said]) => [name, shaping.logged?.(name, said) ?? said] as const);
  const leaves = logged.map(([, said]) => leafHash(said.record));
  for (let n = 0; n < (shaping.longer ?? 0); n += 1) leaves.push(leafHash(u64(BigInt(n))));
  const text = `${ORIGIN}\n${leaves.length}\n${base64(root(leaves))}\n`;
  const line = (name: string, key: string, signature: Bytes) => `— ${name} ${base64(concat(bytes(key.split("+")[1] ?? ""), signature))}\n`;
  const cosigned = signed(shaping.cosigner ?? KEY.witness, concat(utf8(`cosignature/v1\ntime ${NOW_S}\n`), utf8(text)));
  const whole =
    `${text}\n` +
    line(ORIGIN, LOG, signed(shaping.signer ?? KEY.log, utf8(text))) +
    line("witness.example.edu/w1", WITNESS, concat(u64(NOW_S), cosigned));
  const note = shaping.note?.(whole) ?? whole;
  const lot = shaping.lot ?? LOT;
  const shown: Shown[] = [];
  for (const [index, [name, said]] of logged.entries()) {
    if (shaping.without?.includes(name) === true) continue;
    const one: Shown = { index, record: said.record.slice(), hashes: path(index, leaves), salt: said.salt };
    if (said.facts !== undefined) one.facts = said.facts;
    shaping.shown?.(name, one);
    shown.push(one);
  }
  return { leaves, note, light: light(shown, note, lot), zip: (change) => zipped(shown, note, lot, change) };
}

function light(shown: readonly Shown[], note: string, lot: string): Bytes {
  let before: Bytes[] = [];
  const records = shown.map(({ index, record, hashes, salt, facts }) => {
    let shared = 0;
    const same = (back: number) => base64(before[before.length - back] ?? ZERO) === base64(hashes[hashes.length - back] ?? new Uint8Array());
    while (shared < before.length && shared < hashes.length && same(shared + 1)) shared += 1;
    before = hashes;
    const own = concat(...hashes.slice(0, hashes.length - shared));
    const opened = facts === undefined ? {} : { facts: [{ position: 0, salt: base64(salt), text: new TextDecoder().decode(facts) }] };
    return { index, record: base64(record), proof: base64(own), shared, ...opened };
  });
  const witnesses = [{ key: WITNESS, operators_own: true }];
  return utf8(JSON.stringify({ format: "nguon check 1", origin: ORIGIN, lot, log_key: LOG, witnesses, checkpoint: note, records }));
}

function zipped(shown: readonly Shown[], note: string, lot: string, change?: (files: Record<string, Bytes>) => void): Bytes {
  const files: Record<string, Bytes> = {};
  const records = shown.map(({ index, record, hashes, salt, facts }) => {
    const file = `records/${String(index).padStart(9, "0")}.tlog-proof`;
    const lines = ["c2sp.org/tlog-proof@v1", `extra ${base64(record)}`, `index ${index}`, ...hashes.map(base64), "", note];
    files[file] = utf8(lines.join("\n"));
    if (facts === undefined) return { index, file };
    const name = `facts/${String(index).padStart(9, "0")}-0.json`;
    files[name] = facts;
    return { index, file, facts: [{ position: 0, file: name, salt: hex(salt) }] };
  });
  files["manifest.json"] = utf8(JSON.stringify({ format: "nguon evidence 1", origin: ORIGIN, lot, checkpoint_size: 7, records }));
  files["lot.json"] = utf8("{}");
  files["log.vkey"] = utf8(`${LOG}\n`);
  files["witnesses.vkey"] = utf8(`${WITNESS}\n`);
  change?.(files);
  return zipSync(files) as Bytes;
}
