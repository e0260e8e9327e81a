import assert from "node:assert/strict";
import { test } from "node:test";
import { Authority, type Key } from "../src/core/authority.ts";
import { ed25519, Keyring } from "../src/core/ed25519.ts";
import { isSigned, parseRecord } from "../src/core/record.ts";
import { bytes, vector } from "./given.ts";

const vectors = vector("rights.json");

/** A key as the vectors write it. */
function written(key: string, { organisation, rights, lastGood, fork, head }: Key): object {
  const kind = rights === "root" ? "root" : rights === "former" ? "former root" : "delegated";
  return {
    key,
    organisation,
    rights: kind,
    roles: rights === "root" ? 63 : rights === "former" ? 0 : rights.roles,
    not_after_ms: typeof rights === "object" ? String(rights.notAfterMs) : null,
    revoked: lastGood !== undefined,
    last_good: lastGood === undefined || lastGood < 0n ? null : String(lastGood),
    frozen: fork?.frozen ?? false,
    head_seq: head === undefined ? null : Number(head.seq),
  };
}

test("every history comes to the findings and the end that the vectors tell", async () => {
  const ed = await ed25519();
  for (const { name, records, keys, organisations } of vectors.histories) {
    const keyring = new Keyring();
    const authority = new Authority(bytes(vectors.ledger_id), ed, keyring);
    for (const [index, one] of records.entries()) {
      const record = parseRecord(bytes(one.record));
      const author = keyring.enrol(record.authorKey);
      assert.ok(typeof author === "object" && (await isSigned(ed, record, author)), `${name}, entry ${index}`);
      assert.deepEqual(await authority.append(record, BigInt(index)), one.findings, `${name}, entry ${index}`);
    }
    const sorted = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
    assert.deepEqual(sorted(authority.keys).map(([key, state]) => written(key, state)), keys, name);
    const standing = sorted(authority.organisations).map(([id, { root, standing }]) => ({ id, root, standing }));
    assert.deepEqual(standing, organisations, name);
  }
});
