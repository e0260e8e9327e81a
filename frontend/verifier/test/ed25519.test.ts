import assert from "node:assert/strict";
import { test } from "node:test";
import { Point } from "@noble/ed25519";
import { ed25519, enrol, library, TRIAL_KEY, TRIAL_SIGNATURES } from "../src/core/ed25519.ts";
import { bytes, corpus } from "./given.ts";

test("the trial tells a cofactored verifier from a strict one", async () => {
  const key = enrol(bytes(TRIAL_KEY));
  assert.ok(typeof key === "object");
  for (const [signature, holds] of TRIAL_SIGNATURES) {
    assert.equal(await library.verify(key, new Uint8Array(), bytes(signature)), holds);
  }
  // R of the second one is honest up to a point of order 8.
  const r = Point.fromBytes(bytes(TRIAL_SIGNATURES[1]?.[0].slice(0, 64) ?? ""), true);
  assert.ok(!r.isTorsionFree() && !r.isSmallOrder());
});

test("a browser without Ed25519, or with a lax one, is not asked", async () => {
  const absent = { importKey: () => Promise.reject(new Error("NotSupportedError")) };
  const lax = { importKey: () => Promise.resolve({}), verify: () => Promise.resolve(true) };
  const lost = { importKey: () => Promise.resolve({}), verify: () => Promise.resolve(false) };
  for (const subtle of [absent, lax, lost]) assert.equal((await ed25519(subtle as unknown as SubtleCrypto)).by, "library");
  assert.equal((await ed25519()).by, "browser");
});

/** What the rule says, for both arithmetics alike; and that a key which may not be enrolled verifies nothing. */
async function verdict(publicKey: string, message: string, signature: string): Promise<boolean> {
  const key = publicKey.length === 64 ? enrol(bytes(publicKey)) : "not-a-point";
  if (typeof key === "string") return false;
  const answers: boolean[] = [];
  for (const ed of [await ed25519(), library]) answers.push(await ed.verify(key, bytes(message), bytes(signature)));
  assert.equal(answers[0], answers[1], `the two disagree: ${publicKey} ${message} ${signature}`);
  return answers[0] === true;
}

test("wycheproof: both arithmetics agree with the expected verdicts", async () => {
  const file = corpus("wycheproof-ed25519/ed25519_test.json");
  if (file === undefined) return;
  let count = 0;
  for (const group of JSON.parse(file).testGroups) {
    for (const one of group.tests) {
      assert.equal(await verdict(group.publicKey.pk, one.msg, one.sig), one.result === "valid", `case ${one.tcId}: ${one.comment}`);
      count += 1;
    }
  }
  assert.ok(count >= 100, `${count} cases`);
});

test("ed25519-speccheck: nothing that verifiers disagree on is accepted", async () => {
  const file = corpus("ed25519-speccheck/cases.json");
  if (file === undefined) return;
  const cases: { pub_key: string; message: string; signature: string }[] = JSON.parse(file);
  assert.equal(cases.length, 12);
  for (const [at, one] of cases.entries()) {
    assert.equal(await verdict(one.pub_key, one.message, one.signature), false, `case ${at}`);
  }
});
