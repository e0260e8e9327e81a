import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { Authority } from "../src/core/authority.ts";
import { type Bytes, concat, equal, hex, u64, utf8 } from "../src/core/bytes.ts";
import { ed25519, enrol, Keyring, library } from "../src/core/ed25519.ts";
import { CheckError } from "../src/core/fault.ts";
import { commitment, dsse, handle, leafHash, ledgerId, nextKeyDigest } from "../src/core/hash.ts";
import { consistencyFromTiles, continues, includes } from "../src/core/merkle.ts";
import { cosigners, openCheckpoint, parseNote, parseVerifierKey, printCheckpoint } from "../src/core/note.ts";
import { isSigned, KIND, parseRecord } from "../src/core/record.ts";
import { bytes, vector } from "./given.ts";

const vectors = vector("ledger.json");
const log = parseVerifierKey(vectors.log_vkey);
const witness = parseVerifierKey(vectors.witness_vkey);
const ledger = ledgerId(vectors.origin, log.key.bytes);

test("every record of the format is read, named, hashed and signed as the vectors say", async () => {
  assert.equal(hex(ledger), vectors.ledger_id);
  const browser = await ed25519();
  assert.equal(browser.by, "browser", "this Node has Ed25519 in WebCrypto, else the two would not be compared");
  for (const { name, record: digits, event_id, leaf_hash, signed_bytes_sha256, next_key_digest } of vectors.records) {
    const record = parseRecord(bytes(digits));
    assert.equal(record.event, event_id, name);
    assert.equal(record.ledger, vectors.ledger_id, name);
    assert.equal(hex(leafHash(record.bytes)), leaf_hash, name);
    const signed = dsse("application/vnd.nguon.record.v1", record.bytes.subarray(0, -64));
    assert.equal(createHash("sha256").update(signed).digest("hex"), signed_bytes_sha256, name);
    if (record.kind === KIND.genesis && next_key_digest !== undefined) assert.equal(hex(record.control), next_key_digest, name);
    const author = enrol(record.authorKey);
    assert.ok(typeof author === "object", name);
    assert.equal(await isSigned(browser, record, author), true, name);
    assert.equal(await isSigned(library, record, author), true, name);
  }
});

test("every record that must be refused is refused, by both arithmetics", async () => {
  const browser = await ed25519();
  for (const { why, record: digits } of vectors.rejects) {
    const holds = async (ed: typeof browser) => {
      try {
        const record = parseRecord(bytes(digits));
        const author = enrol(record.authorKey);
        return record.ledger === vectors.ledger_id && typeof author === "object" && (await isSigned(ed, record, author));
      } catch (error) {
        assert.ok(error instanceof CheckError && error.code === "record-malformed", `${why}: ${error}`);
        return false;
      }
    };
    assert.equal(await holds(browser), false, why);
    assert.equal(await holds(library), false, why);
  }
});

test("keys that must not be enrolled are not, each for its own reason", () => {
  const reasons: Record<string, string> = {
    identity: "identity",
    "small order": "small-order",
    "small order (8)": "small-order",
    "not canonical": "not-canonical",
    "not on the curve": "not-a-point",
  };
  for (const { why, key } of vectors.bad_keys.keys) assert.equal(enrol(bytes(key)), reasons[why], why);
});

test("handles and commitments are those of the vectors", () => {
  for (const { uri, salt, handle: expected } of vectors.subjects) assert.equal(hex(handle(uri, bytes(salt))), expected);
  for (const { type, salt, payload_utf8, commitment: expected } of vectors.sections) {
    assert.equal(hex(commitment(bytes(salt), type, utf8(payload_utf8))), expected);
  }
  const next = bytes(vectors.records.find((one: { name: string }) => one.name === "rotate").record).slice(80, 112);
  assert.equal(hex(nextKeyDigest(next)), vectors.records[0].next_key_digest);
});

test("a delegation whose rights were changed after the device signed gives none", async () => {
  const keyring = new Keyring();
  for (const changed of [false, true]) {
    const authority = new Authority(ledger, library, keyring);
    const named = (name: string) => parseRecord(bytes(vectors.records.find((one: { name: string }) => one.name === name).record));
    await authority.append(named("genesis"), 0n);
    const delegate = changed ? parseRecord(bytes(vectors.bad_possession.record)) : named("delegate");
    const findings = await authority.append(delegate, 1n);
    assert.deepEqual(findings, changed ? ["possession-invalid"] : []);
    assert.equal(authority.keys.has(hex(delegate.control.subarray(0, 32))), !changed);
  }
});

test("the checkpoint of a thousand is signed and cosigned, and one changed bit is noticed", async () => {
  const note = utf8(vectors.log.checkpoint);
  for (const ed of [await ed25519(), library]) {
    const parsed = parseNote(note);
    const checkpoint = await openCheckpoint(ed, parsed, log);
    assert.equal(checkpoint.size, 1000n);
    assert.equal(hex(checkpoint.root), vectors.log.root);
    assert.equal(printCheckpoint(checkpoint), parsed.text);
    assert.deepEqual((await cosigners(ed, parsed, [witness])).map((one) => one.key.name), [witness.name]);
    for (let at = 0; at < note.length; at += 7) {
      const flipped = note.slice();
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      await assert.rejects(async () => {
        const parsed = parseNote(flipped);
        await openCheckpoint(ed, parsed, log);
        // A witness's line under another name is a stranger's: then it has not cosigned.
        if ((await cosigners(ed, parsed, [witness])).length === 0) throw new CheckError("quorum-missing");
      }, CheckError, `bit of byte ${at}`);
    }
  }
});

test("a verifier key with any bit changed is refused", () => {
  for (const vkey of [vectors.log_vkey, vectors.witness_vkey]) {
    for (let at = 0; at < vkey.length; at += 1) {
      const changed = vkey.slice(0, at) + String.fromCharCode(vkey.charCodeAt(at) ^ 1) + vkey.slice(at + 1);
      assert.throws(() => parseVerifierKey(changed), CheckError, changed);
    }
  }
});

/** The thousand records of the vectors, by what the vectors say of them. */
async function thousand(): Promise<Bytes[]> {
  const seed = bytes(vectors.secret_keys["device 2"]);
  const pkcs8 = concat(bytes("302e020100300506032b657004220420"), seed);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]);
  const first = bytes(vectors.log.first_record);
  const entries: Bytes[] = [];
  let prev: Bytes = new Uint8Array(32);
  for (let seq = 0n; seq < 1000n; seq += 1n) {
    const body = first.slice(0, 200);
    body.set(u64(seq), 112);
    body.set(prev, 120);
    body.set(u64(BigInt(vectors.log.t0) + seq), 152);
    const signature = await crypto.subtle.sign("Ed25519", key, dsse("application/vnd.nguon.record.v1", body));
    const entry = concat(body, new Uint8Array(signature));
    entries.push(entry);
    prev = bytes(parseRecord(entry).event);
  }
  assert.ok(equal(entries[0] as Bytes, first));
  assert.equal(hex(prev), vectors.log.last_event_id);
  return entries;
}

test("inclusion and consistency are proven from the vectors' tree, and not from any other", async () => {
  const leaves = (await thousand()).map(leafHash);
  const root = bytes(vectors.log.root);
  for (const [index, proof] of Object.entries<string[]>(vectors.log.inclusion)) {
    const leaf = leaves[Number(index)] as Bytes;
    const hashes = proof.map(bytes);
    assert.ok(includes(leaf, BigInt(index), 1000n, hashes, root), index);
    assert.ok(!includes(leaf, BigInt(index) ^ 1n, 1000n, hashes, root));
    assert.ok(!includes(leaf, BigInt(index), 4000n, hashes, root) && !includes(leaf, BigInt(index), 1000n, hashes.slice(1), root));
    assert.ok(!includes(leaf, 1000n, 1000n, hashes, root));
  }
  const row = concat(...leaves);
  const level1 = vectors.log.tile_sha256;
  const tile = async (path: string): Promise<Bytes | undefined> => {
    const [, level, number, width] = /^tile\/(\d)\/(\d{3})(?:\.p\/(\d+))?$/.exec(path) ?? [];
    if (level === "0") {
      const at = 8192 * Number(number);
      const bytes = row.slice(at, at + 32 * Number(width ?? 256));
      assert.equal(createHash("sha256").update(bytes).digest("hex"), level1[path] ?? "", path);
      return bytes;
    }
    const roots = [0, 1, 2].map((n) => treeRoot(leaves.slice(256 * n, 256 * n + 256)));
    return level === "1" && width === "3" ? concat(...roots) : undefined;
  };
  for (const [size, earlier] of Object.entries<string>(vectors.log.root_at)) {
    const proof = await consistencyFromTiles(BigInt(size), 1000n, tile);
    assert.ok(continues(BigInt(size), bytes(earlier), 1000n, root, proof), size);
    if (size !== "0") assert.ok(!continues(BigInt(size), new Uint8Array(32), 1000n, root, proof), size);
  }
});

function treeRoot(row: Bytes[]): Bytes {
  let hashes = row;
  while (hashes.length > 1) {
    hashes = hashes.flatMap((left, at) => {
      if (at % 2 === 1) return [];
      return [new Uint8Array(createHash("sha256").update(concat(Uint8Array.of(1), left, hashes[at + 1] as Bytes)).digest())];
    });
  }
  return hashes[0] as Bytes;
}
