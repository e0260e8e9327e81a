import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bytes, hex, unbase64, utf8 } from "../../verifier/src/core/bytes.ts";
import { enrol, library } from "../../verifier/src/core/ed25519.ts";
import { sha } from "../../verifier/src/core/hash.ts";
import { Clock } from "../src/core/clock.ts";
import { changePin, isPin, type KeptKey, makeKey, needsPin, openKey, seedSigner, WrongPin } from "../src/core/key.ts";
import { signedHeaders } from "../src/core/request.ts";
import { Server } from "../src/core/server.ts";
import { bytes } from "./given.ts";

const MESSAGE = utf8("thu hoạch");

async function signs(kept: KeptKey, pin = ""): Promise<boolean> {
  const signer = await openKey(kept, pin);
  const key = enrol(bytes(signer.key));
  return typeof key === "object" && library.verify(key, MESSAGE, await signer.sign(MESSAGE));
}

test("a key made by the browser signs, and nobody gets its secret", async () => {
  const kept = await makeKey(undefined);
  assert.equal(kept.kind, "device");
  assert.ok(kept.kind === "device" && !kept.secret.extractable && !needsPin(kept));
  await assert.rejects(crypto.subtle.exportKey("pkcs8", kept.kind === "device" ? kept.secret : (undefined as never)));
  assert.ok(await signs(kept));
  const guarded = await makeKey("1234");
  assert.ok(needsPin(guarded));
  await assert.rejects(openKey(guarded, "1235"), WrongPin);
  assert.ok(await signs(guarded, "1234"));
  const other = await changePin(guarded, "1234", "987654");
  await assert.rejects(openKey(other, "1234"), WrongPin);
  assert.ok(await signs(other, "987654"));
  assert.equal(other.key, guarded.key);
});

test("where the browser makes no such keys, a seed lies sealed under the PIN", async () => {
  await assert.rejects(makeKey(undefined, false), WrongPin);
  const kept = await makeKey("1234", false);
  assert.ok(kept.kind === "seed" && needsPin(kept));
  assert.ok(await signs(kept, "1234"));
  await assert.rejects(openKey(kept, "0000"), WrongPin);
  const other = await changePin(kept, "1234", "55555");
  assert.equal(other.key, kept.key);
  assert.ok(await signs(other, "55555"));
  await assert.rejects(changePin(kept, "9999", "1111"), WrongPin);
  for (const pin of ["123", "123456789", "12a4", ""]) assert.ok(!isPin(pin), pin);
});

const SIGNER = seedSigner(new Uint8Array(32).fill(7) as Bytes);
const LEDGER = "01".repeat(32);

test("a request is signed as the ledger reads it, with the digest of its body", async () => {
  const asked = { method: "GET", authority: "nguon.example", path: "/api/v1/serials/p/che/l/1", query: "first=1" };
  const fields = await signedHeaders(SIGNER, LEDGER, asked, 1_776_038_400);
  const parameters = `("@method" "@authority" "@path" "@query");created=1776038400;keyid="${SIGNER.key}";alg="ed25519";tag="nguon:${LEDGER}"`;
  assert.equal(fields["Signature-Input"], `nguon=${parameters}`);
  const holds = async (base: string, signature: string | undefined): Promise<boolean> => {
    const key = enrol(bytes(SIGNER.key));
    const decoded = unbase64(/^nguon=:(.*):$/.exec(signature ?? "")?.[1] ?? "");
    return typeof key === "object" && decoded !== undefined && library.verify(key, utf8(base), decoded);
  };
  const base = `"@method": GET\n"@authority": nguon.example\n"@path": /api/v1/serials/p/che/l/1\n"@query": ?first=1\n"@signature-params": ${parameters}`;
  assert.ok(await holds(base, fields["Signature"]));
  assert.ok(!(await holds(base.replace("GET", "PUT"), fields["Signature"])));

  const body = utf8("{}");
  const put = await signedHeaders(SIGNER, LEDGER, { method: "PUT", authority: "nguon.example", path: "/x", body }, 1);
  const digest = `sha-256=:${Buffer.from(sha(body)).toString("base64")}:`;
  assert.equal(put["Content-Digest"], digest);
  const covered = `("@method" "@authority" "@path" "@query" "content-digest");created=1;keyid="${SIGNER.key}";alg="ed25519";tag="nguon:${LEDGER}"`;
  assert.ok(await holds(`"@method": PUT\n"@authority": nguon.example\n"@path": /x\n"@query": ?\n"content-digest": ${digest}\n"@signature-params": ${covered}`, put["Signature"]));
});

test("a phone that thinks it is 1970 asks once more with the server's time", async () => {
  const serverMs = Date.parse("2026-04-12T08:00:00Z");
  const created: number[] = [];
  const clock = new Clock(() => 5_000);
  const server = new Server("https://nguon.example", clock, async (_, init) => {
    const s = Number(/created=(\d+)/.exec(new Headers(init?.headers).get("signature-input") ?? "")?.[1]);
    created.push(s);
    const headers = { date: new Date(serverMs).toUTCString() };
    const stale = Math.abs(s - serverMs / 1000) > 300;
    const problem = { type: "urn:nguon:problem:request-signature-stale", vi: { title: "", detail: "" }, en: { title: "", detail: "" } };
    return new Response(JSON.stringify(stale ? problem : { organisation: {} }), { status: stale ? 401 : 200, headers });
  });
  const answer = await server.json({ path: "/api/v1/desk", signer: SIGNER }, LEDGER);
  assert.ok(answer.ok);
  assert.equal(created.length, 2);
  assert.equal(created[1], serverMs / 1000);
  assert.equal(clock.now(), serverMs);
  // The record says that the device did not know the time; the event's time is the server's.
  assert.equal(clock.deviceTimeMs(), 0);
  assert.ok((clock.wrongByMs() ?? 0) > 0);
});

test("a clock is corrected by what servers say, and never runs back behind that", () => {
  let device = Date.parse("2026-04-12T00:00:00Z");
  const clock = new Clock(() => device);
  assert.equal(clock.wrongByMs(), undefined);
  clock.learnFrom("Sun, 12 Apr 2026 00:00:30 GMT");
  assert.equal(clock.now(), device + 30_000);
  assert.equal(clock.wrongByMs(), undefined);
  clock.learnFrom("Sun, 12 Apr 2026 02:00:00 GMT");
  assert.equal(clock.wrongByMs(), 2 * 3_600_000);
  // The battery ran empty.
  device = Date.parse("2025-06-01T00:00:00Z");
  assert.equal(clock.now(), Date.parse("2026-04-12T02:00:00Z"));
  assert.equal(clock.deviceTimeMs(), device);
  for (const nonsense of [null, "", "yesterday", "Thu, 01 Jan 1970 00:00:00 GMT"]) clock.learnFrom(nonsense);
  assert.equal(clock.state?.serverMs, Date.parse("2026-04-12T02:00:00Z"));
  device = Date.parse("2201-01-01T00:00:00Z");
  assert.equal(clock.deviceTimeMs(), 0);
  assert.equal(hex(new Uint8Array([1])), "01");
});
