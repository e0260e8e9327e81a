import assert from "node:assert/strict";
import { test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { text, utf8 } from "../../verifier/src/core/bytes.ts";
import { at } from "../src/core/calendar.ts";
import { Clock } from "../src/core/clock.ts";
import { type Step } from "../src/core/facts.ts";
import { seedSigner } from "../src/core/key.ts";
import { Server } from "../src/core/server.ts";
import { Database, type Person } from "../src/core/store.ts";
import { writeDraft } from "../src/core/write.ts";
import { ACTS, compose, type Context, type Form, inputOf, lotNumber, missing } from "../src/farmer/acts.ts";
import { Data } from "../src/farmer/data.ts";
import { readLink, rolesOf, writeLink } from "../src/farmer/enrolment.ts";
import { NOW_MS, ORIGIN } from "./ledger.ts";
import { FakeServer, ORGANISATION, PLOTS } from "./server.ts";

const PLOT = { uri: `https://${ORIGIN}/plot/don-duong/T01`, code: "T01", name: "Cà chua", areaM2: 1000, cropCode: "tomato", growingMethod: "FIELD_GROWN" };
const PRODUCT = { uri: `https://${ORIGIN}/p/ca-chua`, code: "ca-chua", name: "Cà chua" };
const CONTEXT: Context = { origin: ORIGIN, organisationUri: `urn:nguon:org:${ORGANISATION}`, key: "ab".repeat(32), nowMs: at("2026-04-12", "08:00"), language: "vi" };

const FORMS: Readonly<Record<string, Form>> = {
  plant: { act: "plant", plot: PLOT, crop: { key: "tomato", name: "cà chua" }, variety: "Rita" },
  feed: { act: "feed", plot: PLOT, input: "NPK 16-16-8", dose: "20 kg" },
  spray: { act: "spray", plot: PLOT, input: "Ví Dụ Aba 36EC", phiDays: 7, dose: "20 ml/bình" },
  water: { act: "water", plot: PLOT, water: "Giếng" },
  waste: { act: "waste", plot: PLOT, collected: "vỏ chai" },
  harvest: { act: "harvest", plot: PLOT, product: PRODUCT, quantity: "120,5" },
  ship: { act: "ship", lot: { uri: `https://${ORIGIN}/p/ca-chua/l/1`, number: "1", name: "Cà chua" }, quantity: "100" },
};

test("each act becomes the facts that the vocabulary has for it", () => {
  const of = (form: Form) => JSON.parse(writeDraft(compose(form, CONTEXT)?.facts as never));
  for (const act of ACTS) assert.equal(missing(FORMS[act] as Form), undefined, act);
  const spray = of(FORMS["spray"] as Form);
  assert.equal(spray.bizStep, "urn:nguon:bizStep:plant_protection");
  assert.deepEqual([spray.action, spray.epcList, spray.readPoint.id], ["OBSERVE", [PLOT.uri], PLOT.uri]);
  assert.deepEqual([spray["nguon:inputName"], spray["nguon:preHarvestIntervalDays"], spray["nguon:dose"]], ["Ví Dụ Aba 36EC", 7, "20 ml/bình"]);
  // Nobody knows the interval: it is not there, and is never zero.
  assert.ok(!("nguon:preHarvestIntervalDays" in of({ ...(FORMS["spray"] as Form), phiDays: null })));
  assert.equal(of({ ...(FORMS["spray"] as Form), phiDays: 0 })["nguon:preHarvestIntervalDays"], 0);
  const harvest = of(FORMS["harvest"] as Form);
  const uri = `https://${ORIGIN}/p/ca-chua/l/${lotNumber("2026-04-12", "T01", CONTEXT.key)}`;
  assert.deepEqual([harvest.action, harvest.bizStep], ["ADD", "creating_class_instance"]);
  assert.deepEqual(harvest.quantityList, [{ epcClass: uri, quantity: 120.5, uom: "KGM" }]);
  assert.deepEqual(harvest.ilmd["nguon:plots"], [PLOT.uri]);
  assert.equal(of(FORMS["plant"] as Form)["nguon:cropCode"], "tomato");
  const brought = of(FORMS["ship"] as Form);
  assert.deepEqual([brought.bizStep, brought.sourceList], ["transporting", undefined]);
  const sold = of({ ...(FORMS["ship"] as Form), to: "buyer" });
  assert.deepEqual([sold.bizStep, sold.sourceList], ["shipping", [{ type: "owning_party", source: CONTEXT.organisationUri }]]);
});

test("what is missing is asked for, one thing after the other, and nothing is signed without it", () => {
  const gaps: [Form, string][] = [
    [{ act: "spray" }, "plot"],
    [{ act: "spray", plot: PLOT }, "input"],
    [{ act: "spray", plot: PLOT, input: "   " }, "input"],
    [{ act: "spray", plot: PLOT, input: "x" }, "phi"],
    [{ act: "feed", plot: PLOT, input: "x" }, "dose"],
    [{ act: "plant", plot: PLOT }, "crop"],
    [{ act: "harvest", plot: PLOT }, "product"],
    [{ act: "harvest", plot: PLOT, product: PRODUCT }, "quantity"],
    [{ act: "harvest", plot: PLOT, product: PRODUCT, quantity: "0" }, "quantity"],
    [{ act: "harvest", plot: PLOT, product: PRODUCT, quantity: "0,0001" }, "quantity"],
    [{ act: "ship" }, "lot"],
    [{ act: "waste", plot: PLOT }, "collected"],
    [{ ...(FORMS["water"] as Form), forAnother: { name: " ", phone: "" } }, "person"],
  ];
  for (const [form, gap] of gaps) {
    assert.equal(missing(form), gap);
    assert.equal(compose(form, CONTEXT), undefined);
  }
});

test("whoever enters for another says so in public, and names them in private alone", () => {
  const composed = compose({ ...(FORMS["water"] as Form), forAnother: { name: "Nguyễn Thị Hoa", phone: "0110000001" } }, CONTEXT);
  assert.equal(composed?.facts.forAnother, true);
  assert.doesNotMatch(writeDraft(composed?.facts as never), /Hoa|0110000001/);
  const [person] = composed?.private ?? [];
  assert.equal(person?.type, 2);
  assert.deepEqual(JSON.parse(text(person?.payload as never) ?? ""), { type: "nguon:Person", name: "Nguyễn Thị Hoa", phone: "0110000001", role: "grower" });
});

test("the exact place is private, six decimals, longitude first", () => {
  const composed = compose({ ...(FORMS["water"] as Form), place: { latitude: 11.708, longitude: 108.5480001, accuracyM: 7.6 } }, CONTEXT);
  assert.doesNotMatch(writeDraft(composed?.facts as never), /108\.5/);
  assert.equal(composed?.private[0]?.type, 3);
  assert.match(text(composed?.private[0]?.payload as never) ?? "", /"coordinates":\[108\.548000,11\.708000\]\},"properties":\{"accuracyM":8\}/);
});

test("lots have numbers that labels and addresses can hold, another for each phone", () => {
  const number = lotNumber("2026-04-12", "T01", "ab".repeat(32));
  assert.match(number, /^260412-T01-[0-9A-HJKMNP-TV-Z]{2}$/);
  assert.notEqual(number, lotNumber("2026-04-12", "T01", "cd".repeat(32)));
  for (const code of ["LÔ-07 đồi chè", "ô/số 1", "🌱", "a".repeat(60), ""]) {
    const found = lotNumber("2026-04-12", code, "ab".repeat(32));
    assert.match(found, /^[A-Za-z0-9-]{1,20}$/, code);
  }
  assert.notEqual(lotNumber("2026-04-12", "don-duong-khu-1", "ab"), lotNumber("2026-04-12", "don-duong-khu-2", "ab"));
});

test("words that hope to turn the page around are smoothed before they are signed", () => {
  const composed = compose({ ...(FORMS["feed"] as Form), input: "Phân\u202e\u0000 <b>x</b>\n", note: "\ud83d" }, CONTEXT);
  const step = composed?.facts.step as Step & { input?: string };
  assert.equal(step.input, "Phân   <b>x</b>");
  assert.equal(composed?.facts.note?.vi, "\ufffd");
  assert.deepEqual(inputOf(FORMS["spray"] as Form, 5), { kind: "spray", name: "Ví Dụ Aba 36EC", dose: "20 ml/bình", phiDays: 7, usedMs: 5 });
});

test("an invitation's link is read back, and nothing else is one", () => {
  const link = { id: "0f".repeat(16), name: "Nguyễn Văn Ba", org: "HTX Rau" };
  assert.deepEqual(readLink(`https://nguon.example/app#${writeLink(link)}`), link);
  assert.deepEqual(readLink(` #${writeLink(link)} `), link);
  for (const bad of ["", "https://nguon.example/app", "#moi=", "#moi=e30", "#moi=%%%", "#moi=bnVsbA", `#moi=${"A".repeat(9000)}`]) assert.equal(readLink(bad), undefined, bad);
  assert.deepEqual(rolesOf(3), ["diary", "lot"]);
});

test("what the server says of the farm is kept, and what this phone signed since comes on top", async () => {
  const ledger = new FakeServer();
  const signer = seedSigner(new Uint8Array(32).fill(3));
  ledger.admitted.add(signer.key);
  ledger.diary = [
    { event_id: "aa".repeat(32), index: 3, day: "2026-04-10", time_ms: at("2026-04-10", "16:00"), step: "plant_protection", effect: "counts", input: "Ví Dụ Aba 36EC", phi_days: 7, lots: [], entered_for_another: true, confirmed_by: null },
    { event_id: "bb".repeat(32), index: 4, day: "2026-04-11", time_ms: at("2026-04-11", "16:00"), step: "plant_protection", effect: "claim", input: "rival", phi_days: 90, lots: [] },
    { event_id: 7, step: null },
  ];
  const db = await Database.open("nguon", new IDBFactory());
  const server = new Server("http://nguon.example", new Clock(() => NOW_MS), ledger.fetch);
  const data = new Data(db, server);
  const person = { key: signer.key, ledger: "x", organisation: ORGANISATION } as Person;
  assert.ok(await data.refresh(person, signer));
  const plots = await data.plots(ORGANISATION, "vi");
  assert.equal(plots.length, PLOTS.length);
  assert.deepEqual(plots[0], { uri: PLOTS[0]?.uri, code: "T01", name: "Cà chua · Ka Đô", areaM2: 1000, cropCode: "tomato", growingMethod: "FIELD_GROWN" });
  const waiting = await data.waiting(ORGANISATION, PLOT.uri, NOW_MS);
  assert.deepEqual([waiting.daysLeft, waiting.free], [5, "2026-04-17"]);
  assert.deepEqual((await data.unconfirmed(ORGANISATION)).map((one) => one.event), ["aa".repeat(32)]);
  assert.deepEqual((await data.applied(ORGANISATION, "plant_protection")).map((one) => one.name), ["rival", "Ví Dụ Aba 36EC"]);
  // A spraying that waits in the outbox counts already.
  const told = { timeMs: NOW_MS, step: "plant_protection", phiDays: 20, input: "mới" };
  await db.put("outbox", { n: 1, author: signer.key, organisation: ORGANISATION, event: "cc".repeat(32), state: { at: "phone" }, summary: { step: "plant_protection", timeMs: NOW_MS, plot: PLOT.uri, told }, photos: [], openings: [], record: utf8("") });
  assert.equal((await data.waiting(ORGANISATION, PLOT.uri, NOW_MS)).free, "2026-05-02");
});
