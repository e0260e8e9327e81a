import assert from "node:assert/strict";
import { test } from "node:test";
import { equal, Fields, hex, unhex, utf8 } from "../../verifier/src/core/bytes.ts";
import { enrol, library } from "../../verifier/src/core/ed25519.ts";
import { dsse, handle } from "../../verifier/src/core/hash.ts";
import { isSigned, KIND, type LogRecord, parseRecord } from "../../verifier/src/core/record.ts";
import { comparison } from "../src/core/digests.ts";
import { ACT, type Act, adoption, bodyOf, commitmentOf, delegation, type Draft, type Invitation, possessionMessage, readInvitation, revocation, signDraft, signPossession } from "../src/core/draft.ts";
import { seedSigner } from "../src/core/key.ts";
import { bytes, vector } from "./given.ts";

const vectors = vector("ledger.json");
const signers = new Map(
  Object.values<string>(vectors.secret_keys).map((seed) => {
    const signer = seedSigner(bytes(seed));
    return [signer.key, signer] as const;
  }),
);
const subject = vectors.subjects[0];

/** The draft that a record was made of, as far as a draft can say it: subjects whose names are not known are put in afterwards. */
function draftOf(record: LogRecord): Draft | undefined {
  const fields = new Fields(record.bytes);
  fields.take(160);
  const seen = { size: fields.u64(), root: hex(fields.take(32)) };
  const openings = record.sections.map(({ commitment }) => {
    const known = vectors.sections.find((one: { commitment: string }) => one.commitment === commitment);
    return { type: known.type, salt: bytes(known.salt), payload: utf8(known.payload_utf8) };
  });
  if (record.subjects.some((one) => one.handle !== subject.handle)) return undefined;
  const act = Object.entries(ACT).find(([, number]) => number === record.act)?.[0] as Act | undefined;
  return {
    kind: record.kind,
    ...(act === undefined ? {} : { act }),
    ledger: record.ledger,
    ...(record.kind === KIND.genesis ? {} : { organisation: record.organisation }),
    seq: Number(record.seq),
    ...(record.seq === 0n ? {} : { prev: record.prev }),
    deviceTimeMs: Number(record.deviceTimeMs),
    ...(seen.size === 0n ? {} : { seen }),
    subjects: record.subjects.map(({ newest }) => ({ uri: subject.uri, salt: subject.salt, newest })),
    openings,
    control: record.control,
  };
}

test("every record of the vectors is written again byte for byte, and signed by its author", async () => {
  let written = 0;
  for (const { name, record: digits, event_id } of vectors.records) {
    const record = parseRecord(bytes(digits));
    const signer = signers.get(record.author);
    assert.ok(signer !== undefined, name);
    const draft = draftOf(record);
    if (draft === undefined) continue;
    assert.equal(hex(bodyOf(draft, signer.key)), digits.slice(0, -128), name);
    const signed = await signDraft(signer, draft);
    assert.equal(hex(signed.bytes), digits, name);
    assert.equal(signed.event, event_id, name);
    const author = enrol(signed.authorKey);
    assert.ok(typeof author === "object" && (await isSigned(library, signed, author)), name);
    written += 1;
  }
  // One has 255 subjects that only their handles tell of.
  assert.equal(written, vectors.records.length - 1);
});

test("handles and commitments are those of the vectors", () => {
  assert.equal(hex(handle(subject.uri, bytes(subject.salt))), subject.handle);
  for (const { type, salt, payload_utf8, commitment } of vectors.sections) {
    assert.equal(hex(commitmentOf({ type, salt: bytes(salt), payload: utf8(payload_utf8) })), commitment);
  }
});

const named = (name: string): LogRecord => parseRecord(bytes(vectors.records.find((one: { name: string }) => one.name === name).record));

test("a device agrees to exactly the rights of its invitation, as the vectors have it", async () => {
  const record = named("delegate");
  const fields = new Fields(record.control);
  const device = hex(fields.take(32));
  const [roles, flags, not_after_ms] = [fields.u16(), fields.u16(), Number(fields.u64())];
  const person = hex(fields.take(32));
  const invitation: Invitation = {
    ledger_id: record.ledger,
    organisation: record.organisation,
    roles,
    flags,
    not_after_ms,
    person: /^0+$/.test(person) ? null : person,
  };
  const signer = signers.get(device);
  assert.ok(signer !== undefined);
  const possession = await signPossession(signer, invitation);
  assert.equal(hex(delegation(device, invitation, possession)), hex(record.control));
  // Another right is another agreement.
  const greedy = { ...invitation, roles: roles | 32 };
  assert.ok(!equal(possessionMessage(device, greedy), possessionMessage(device, invitation)));
  assert.notEqual(hex(await signPossession(signer, greedy)), hex(possession));
  assert.deepEqual(readInvitation(JSON.parse(JSON.stringify(invitation))), invitation);
  for (const bad of [null, 1, {}, { ...invitation, roles: 65_536 }, { ...invitation, roles: -1 }, { ...invitation, ledger_id: "02" }, { ...invitation, person: 3 }]) {
    assert.equal(readInvitation(bad), undefined);
  }
});

test("the control bodies of the desk are those of the vectors", () => {
  const revoke = named("revoke");
  const fields = new Fields(revoke.control);
  const [key, lastGood, reason] = [hex(fields.take(32)), fields.u64(), fields.u16()];
  assert.equal(hex(revocation(key, Number(lastGood), reason)), hex(revoke.control));
  assert.equal(hex(revocation(key, undefined, reason)).slice(64, 80), "f".repeat(16));
  const adopt = named("adopt");
  const events = Array.from({ length: adopt.control.length / 32 }, (_, at) => hex(adopt.control.slice(32 * at, 32 * at + 32)));
  assert.equal(hex(adoption(events)), hex(adopt.control));
  assert.throws(() => adoption([]));
});

test("what a record cannot hold is refused before anything is signed", async () => {
  const signer = [...signers.values()][0];
  assert.ok(signer !== undefined);
  const draft: Draft = { kind: KIND.event, act: "diary", ledger: "11".repeat(32), organisation: "22".repeat(32), seq: 0, deviceTimeMs: 0 };
  await signDraft(signer, draft);
  const bad: Partial<Draft>[] = [
    { ledger: "11" },
    { seq: 1 },
    { seq: -1 },
    { seq: 0, prev: "33".repeat(32) },
    { deviceTimeMs: 1.5 },
    { subjects: Array.from({ length: 256 }, () => ({ uri: "a", salt: "00".repeat(16) })) },
    { subjects: [{ uri: "a", salt: "00" }] },
    { openings: Array.from({ length: 33 }, () => ({ type: 1, salt: new Uint8Array(32), payload: new Uint8Array() })) },
    { control: new Uint8Array(32) },
  ];
  for (const change of bad) await assert.rejects(signDraft(signer, { ...draft, ...change }), Error, JSON.stringify(Object.keys(change)));
});

test("both screens show the same six digits, and others for another key", () => {
  const [id, key] = ["000102030405060708090a0b0c0d0e0f", vectors.ledger_id as string];
  const digits = comparison(id, key);
  assert.match(digits ?? "", /^[0-9]{6}$/);
  assert.equal(digits, comparison(id, key));
  assert.notEqual(digits, comparison(id, `${key.slice(0, -1)}${key.endsWith("0") ? "1" : "0"}`));
  assert.notEqual(digits, comparison("100102030405060708090a0b0c0d0e0f", key));
  assert.equal(comparison("00", key), undefined);
  assert.ok(unhex(id, 16) !== undefined && dsse("x", utf8("y")).length > 0);
});
