import assert from "node:assert/strict";
import { before, test } from "node:test";
import { grams } from "../src/core/quantity.ts";
import { writeDraft, writeFacts } from "../src/core/write.ts";
import { subjectsOf } from "../src/core/facts.ts";
import { text } from "../../verifier/src/core/bytes.ts";
import { type Context } from "../src/desk/forms/given.ts";
import { contains, correction, countOf, freshNumber, type LabelledLot, type LotName, lotUri, packLines, readLabels, readMaking, readMove } from "../src/desk/forms/lots.ts";
import { listingOf, readExplanation, readInspection, readListing, readRecall, withdrawn } from "../src/desk/forms/offers.ts";
import { question, readForesight } from "../src/desk/preflight.ts";
import { calledBy } from "../src/desk/scan.ts";
import { cardValues, readLot, readThing } from "../src/desk/things.ts";
import { built, type Desk, walk, without } from "./desk-browser.ts";
import { vi } from "./desk-server.ts";
import { ORIGIN } from "./ledger.ts";

const ORG = "22".repeat(32);
const CONTEXT: Context = { origin: ORIGIN, organisation: ORG, organisationUri: `urn:nguon:org:${ORG}`, nowMs: Date.parse("2026-04-12T08:00:00+07:00") };
const LOOSE = `https://${ORIGIN}/p/ca-chua`;
const BOX = `https://${ORIGIN}/p/ca-chua-hop`;
const PRODUCTS = new Map([
  [LOOSE, { uri: LOOSE, code: "ca-chua" }],
  [BOX, { uri: BOX, code: "ca-chua-hop", gtin: "9521234000105", shelfLifeDays: 7 }],
]);
const lot = (number: string, more: Partial<LotName> = {}): [string, LotName] => [`${LOOSE}/l/${number}`, { uri: `${LOOSE}/l/${number}`, number, left: grams(500_000), ...more }];
const LOTS = new Map([lot("260410-A"), lot("260411-A"), lot("X1", { salt: "ab".repeat(16), maker: "33".repeat(32) })]);
const of = (number: string): string => `${LOOSE}/l/${number}`;
const faults = (read: { readonly ok: boolean; readonly faults?: object }): string[] => (read.ok ? [] : Object.entries(read.faults as Record<string, { key: string }>).map(([name, { key }]) => `${name} ${key}`).sort());
const json = (draft: { readonly facts: Parameters<typeof writeDraft>[0] }) => JSON.parse(writeDraft(draft.facts));

test("packing names what went in and what came out, under the GTIN where there is one", () => {
  const known = { lots: LOTS, products: PRODUCTS, taken: new Set([of("260410-A")]) };
  const values = { inputs: packLines([[of("260410-A"), "300,5", "KGM"], [of("X1"), "100", "KGM"]]), product: BOX, number: "260412-A", made: "1600", madeUom: "", producedOn: "2026-04-12", bestBefore: "2026-04-19", certificates: "https://c" };
  const read = readMaking("pack", values, CONTEXT, known);
  assert.ok(read.ok, faults(read).join());
  const document = json(read.value);
  assert.deepEqual(document["inputQuantityList"], [{ epcClass: of("260410-A"), quantity: 300.5, uom: "KGM" }, { epcClass: of("X1"), quantity: 100, uom: "KGM" }]);
  assert.deepEqual(document["outputQuantityList"], [{ epcClass: "https://id.gs1.org/01/09521234000105/10/260412-A", quantity: 1600 }]);
  assert.deepEqual([document["bizStep"], document["nguon:step"], document["certificationInfo"]], ["creating_class_instance", undefined, ["https://c"]]);
  assert.deepEqual(document["ilmd"], { "cbvmda:lotNumber": "260412-A", "cbvmda:bestBeforeDate": "2026-04-19", "cbvmda:countryOfOrigin": "VN", "gs1:productionDate": "2026-04-12", "nguon:product": BOX });
  // The salt of somebody else's lot comes with it.
  assert.deepEqual(read.value.salts, { [of("X1")]: "ab".repeat(16) });
  const check = (more: object, ...expected: string[]) => assert.deepEqual(faults(readMaking("pack", { ...values, ...more }, CONTEXT, known)), expected);
  check({ inputs: "" }, "inputs lots.choose");
  check({ inputs: packLines([["https://nobody", "1", "KGM"]]) }, "inputs lots.unknown");
  check({ inputs: packLines([[of("260410-A"), "", "KGM"]]) }, "inputs lots.quantity");
  check({ inputs: packLines([[of("260410-A"), "1.250", "KGM"]]) }, "inputs lots.ambiguous");
  check({ product: "https://nobody", number: "Lô 1", made: "0" }, "made lots.made", "number lots.number", "product lots.product");
  check({ number: ".." }, "number lots.number");
  check({ number: "a".repeat(21) }, "number lots.number");
  check({ product: LOOSE, number: "260410-A" }, "number lots.taken");
  check({ bestBefore: "2026-04-11" }, "bestBefore lots.backwards");
  check({ day: "2026-04-13" }, "day fault.future");
  check({ day: "2026-04-11", hour: "06:30" });
});

test("a split has parts, a blend has sources, and each says so", () => {
  const known = { lots: LOTS, products: PRODUCTS, taken: new Set<string>() };
  const outputs = [[LOOSE, "260412-A1", "300", "KGM"], [LOOSE, "260412-A2", "180", "KGM"]].map((line) => line.join("\t")).join("\n");
  const split = readMaking("split", { inputs: packLines([[of("260410-A"), "500", "KGM"]]), outputs }, CONTEXT, known);
  assert.ok(split.ok, faults(split).join());
  const document = json(split.value);
  assert.deepEqual([document["bizStep"], document["outputQuantityList"].length, document["ilmd"]["cbvmda:lotNumber"], document["ilmd"]["nguon:product"]], ["urn:nguon:bizStep:sorting", 2, undefined, LOOSE]);
  assert.deepEqual(subjectsOf(split.value.facts), [of("260410-A"), of("260412-A1"), of("260412-A2")]);
  const check = (making: "split" | "blend", more: object, ...expected: string[]) => assert.deepEqual(faults(readMaking(making, { inputs: packLines([[of("260410-A"), "500", "KGM"]]), outputs, product: LOOSE, number: "B", made: "1", madeUom: "KGM", ...more }, CONTEXT, known)), expected);
  check("split", { outputs: outputs.split("\n")[0] }, "outputs lots.parts");
  check("split", { outputs: `${outputs}\n${outputs}` }, "outputs lots.taken");
  check("split", { inputs: packLines([[of("260410-A"), "1", "KGM"], [of("260411-A"), "1", "KGM"]]) }, "inputs lots.one");
  check("blend", {}, "inputs lots.two");
  check("blend", { inputs: packLines([[of("260410-A"), "1", "KGM"], [of("260411-A"), "1", "KGM"]]) });
});

test("goods are shipped to somebody, received from their maker, and sold with their labels", () => {
  const known = { lots: LOTS, organisations: new Map([["33".repeat(32), "Công ty Đóng gói Đức Trọng"]]) };
  const lots = packLines([[of("260410-A"), "120", "KGM"]]);
  const ship = readMove("ship", { lots, to: "Công ty Đóng gói Đức Trọng", paper: "PX 12/04", labels: "1-10, 12" }, CONTEXT, known);
  assert.ok(ship.ok, faults(ship).join());
  const document = json(ship.value);
  assert.equal(document["destinationList"][0].destination, `urn:nguon:org:${"33".repeat(32)}`);
  assert.equal(document["sourceList"][0].source, CONTEXT.organisationUri);
  assert.deepEqual(document["nguon:labels"], [{ "nguon:first": 1, "nguon:last": 10 }, { "nguon:first": 12, "nguon:last": 12 }]);
  assert.equal(document["bizTransactionList"][0].bizTransaction, `https://${ORIGIN}/paper/${ORG.slice(0, 12)}/px-12-04`);
  const shop = readMove("ship", { lots, to: "Cửa hàng Rau Sạch" }, CONTEXT, known);
  assert.ok(shop.ok && json(shop.value)["destinationList"][0].destination === `https://${ORIGIN}/buyer/${ORG.slice(0, 12)}/cua-hang-rau-sach`);
  const received = readMove("receive", { lots: packLines([[of("X1"), "120", "KGM"]]) }, CONTEXT, known);
  assert.ok(received.ok);
  assert.deepEqual([json(received.value)["bizStep"], json(received.value)["sourceList"][0].source, received.value.salts], ["receiving", `urn:nguon:org:${"33".repeat(32)}`, { [of("X1")]: "ab".repeat(16) }]);
  const check = (act: Parameters<typeof readMove>[0], values: Record<string, string>, ...expected: string[]) => assert.deepEqual(faults(readMove(act, values, CONTEXT, known)), expected);
  check("ship", { lots }, "to fault.missing");
  check("ship", { lots, to: "…" }, "to fault.code");
  check("sell", { lots: packLines([[of("260410-A"), "1", "KGM"], [of("260411-A"), "1", "KGM"]]), labels: "1" }, "labels labels.onelot");
  check("destroy", { lots, labels: "1" }, "labels labels.notthere");
  check("sell", { lots: packLines([[of("260410-A"), "", ""]]) }, "lots lots.quantity");
  check("store", { lots: packLines([[of("260410-A"), "", ""]]) });
});

test("labels are printed once, used when printed, and void for good", () => {
  const labelled: LabelledLot = { uri: of("260410-A"), number: "260410-A", product: BOX, bestBefore: "2026-04-19", printed: [{ first: 1, last: 500 }, { first: 501, last: 600 }], active: [], void: [{ first: 17, last: 17 }] };
  const read = (labelling: Parameters<typeof readLabels>[0], labels: string) => {
    const found = readLabels(labelling, { labels }, CONTEXT, labelled);
    return found.ok ? countOf(found.value.facts.kind === "event" ? (found.value.facts.labels ?? []) : []) : faults(found).join();
  };
  assert.equal(read("print", "601-700"), 100);
  assert.equal(read("print", "600-700"), "labels labels.printed");
  assert.equal(read("activate", "400-550"), 151);
  assert.equal(read("activate", "590-601"), "labels labels.notprinted");
  assert.equal(read("activate", "1-20"), "labels labels.isvoid");
  assert.equal(read("void", "18 – 20; 22"), 4);
  for (const bad of ["0", "5-3", "1-33554432", "x", "1-2-3", "-1"]) assert.equal(read("print", bad), "labels labels.ranges", bad);
  assert.equal(read("print", "601-700, 650"), "labels labels.twice");
  assert.equal(read("print", ""), "labels fault.missing");
  assert.equal(read("print", Array.from({ length: 201 }, (_, at) => 1_000 + 2 * at).join(",")), "labels fault.many");
  assert.deepEqual([contains([{ first: 1, last: 5 }, { first: 6, last: 9 }], { first: 4, last: 7 }), contains([{ first: 1, last: 5 }, { first: 7, last: 9 }], { first: 4, last: 7 })], [true, false]);
  const printed = readLabels("print", { labels: "601" }, CONTEXT, labelled);
  assert.ok(printed.ok);
  assert.deepEqual(json(printed.value)["nguon:lot"], { "cbvmda:lotNumber": "260410-A", "cbvmda:bestBeforeDate": "2026-04-19", "nguon:product": BOX });
});

test("an offer is a price for an amount, and comes back out of its card for being withdrawn", () => {
  const values = { product: BOX, title: "Cà chua hộp", titleEn: "Boxed tomatoes", priceDong: "35.000", pricePer: "1", pricePerUom: "", stock: "1600", stockUom: "", minOrder: "10", minOrderUom: "", validFrom: "2026-04-12", validUntil: "2026-05-12", vatIncluded: "yes", lots: `${of("260410-A")}\n${of("260410-A")}` };
  const products = new Map([[BOX, "Cà chua hộp"]]);
  const read = readListing(values, CONTEXT, { products });
  assert.ok(read.ok, faults(read).join());
  const document = json(read.value);
  assert.deepEqual([document["nguon:priceDong"], document["nguon:stock"], document["nguon:validUntil"], document["nguon:lots"], document["nguon:state"]], [35_000, { "nguon:value": 1600 }, "2026-05-12T23:59:00.000+07:00", [of("260410-A")], "active"]);
  const again = listingOf(document.id, cardValues(document));
  assert.ok(again.ok, faults(again).join());
  assert.deepEqual(json({ facts: again.value }), document);
  assert.deepEqual(json(withdrawn(again.value, CONTEXT)), { ...document, "nguon:state": "withdrawn" });
  const check = (more: object, ...expected: string[]) => assert.deepEqual(faults(readListing({ ...values, ...more }, CONTEXT, { products })), expected);
  check({ priceDong: "35.5" }, "priceDong fault.missing".replace("missing", "number"));
  check({ priceDong: "" }, "priceDong fault.missing");
  check({ stockUom: "KGM" }, "stock listings.units");
  check({ minOrder: "2000" }, "minOrder listings.minimum");
  check({ validUntil: "2026-04-11" }, "validUntil certificates.backwards");
  check({ product: LOOSE }, "product lots.product");
  // A decimal with three places survives the way through a form.
  const odd = { ...document, "nguon:pricePer": { "nguon:value": 1.234, "nguon:uom": "KGM" }, "nguon:stock": { "nguon:value": 12.345, "nguon:uom": "KGM" }, "nguon:minOrder": { "nguon:value": 0.125, "nguon:uom": "KGM" } };
  const oddly = listingOf(document.id, cardValues(odd));
  assert.ok(oddly.ok, faults(oddly).join());
  assert.deepEqual(json({ facts: oddly.value }), odd);
});

test("recalls, explanations and inspections say why", () => {
  const one = [...LOTS.values()][2] as LotName;
  const recall = readRecall("recall", { reason: "Phun thuốc chưa đủ thời gian cách ly" }, CONTEXT, [one]);
  assert.ok(recall.ok);
  assert.deepEqual([json(recall.value)["persistentDisposition"], json(recall.value)["nguon:reason"], recall.value.salts], [{ set: ["recalled"] }, vi("Phun thuốc chưa đủ thời gian cách ly"), { [one.uri]: "ab".repeat(16) }]);
  assert.deepEqual(faults(readRecall("recall", { reason: "hư" }, CONTEXT, [])), ["lots lots.choose", "reason recalls.short"]);
  const ended = readRecall("recall_ended", { reason: "Kết quả kiểm nghiệm đạt" }, CONTEXT, [one]);
  assert.ok(ended.ok && json(ended.value)["persistentDisposition"].unset[0] === "recalled");
  const explained = readExplanation({ note: "Cân lại ngày 13/4" }, CONTEXT, one);
  assert.ok(explained.ok && json(explained.value)["bizStep"] === "urn:nguon:bizStep:other");
  const passed = readInspection({ kind: "inspecting", result: "conformant", note: "Đạt" }, CONTEXT, [one]);
  assert.ok(passed.ok);
  assert.deepEqual([json(passed.value)["disposition"], passed.value.act], ["conformant", "inspection"]);
  const tested = readInspection({ kind: "testing", result: "non_conformant", tested: "Dư lượng", note: "Vượt mức", paper: "KN-12" }, CONTEXT, [one]);
  assert.ok(tested.ok);
  assert.deepEqual([json(tested.value)["nguon:conformant"], json(tested.value)["bizTransactionList"][0].type], [false, "testres"]);
  assert.deepEqual(faults(readInspection({ kind: "testing", result: "non_conformant" }, CONTEXT, [])), ["note inspection.why", "tested fault.missing", "thing inspection.what"]);
});

test("a correction repeats the event and declares it wrong, number for number", () => {
  const harvest = readMaking("pack", { inputs: packLines([[of("260410-A"), "419,5", "KGM"]]), product: BOX, number: "260412-A", made: "1600", madeUom: "" }, CONTEXT, { lots: LOTS, products: PRODUCTS, taken: new Set() });
  assert.ok(harvest.ok);
  const subjects = subjectsOf(harvest.value.facts).map((uri, at) => ({ uri, salt: String(at).repeat(32) }));
  const logged = { event: "ab".repeat(32), act: "lot" as const, json: text(writeFacts(harvest.value.facts, subjects)) ?? "" };
  const draft = correction(logged, "incorrect_data", CONTEXT, "Cân nhầm");
  assert.ok(draft !== undefined);
  const before = JSON.parse(logged.json);
  const { eventID, errorDeclaration, "nguon:note": note, ...rest } = json(draft);
  delete before["nguon:subjects"];
  assert.deepEqual(rest, before);
  assert.equal(eventID, `urn:nguon:event:${"ab".repeat(32)}`);
  assert.deepEqual(errorDeclaration, { declarationTime: "2026-04-12T08:00:00.000+07:00", reason: "incorrect_data" });
  assert.deepEqual(note, vi("Cân nhầm"));
  assert.deepEqual(subjectsOf(draft.facts), subjects.map((one) => one.uri));
  assert.deepEqual(draft.salts, Object.fromEntries(subjects.map((one) => [one.uri, one.salt])));
  for (const bad of ["", "[]", "{}", '{"type":"nguon:Plot"}', '{"type":"ObjectEvent","errorDeclaration":{}}', '{"type":"ObjectEvent","quantity":0.1234567890123456}']) assert.equal(correction({ ...logged, json: bad }, "did_not_occur", CONTEXT), undefined, bad);
});

test("what the rules say is read once each, the gravest first, whatever the server sends", () => {
  const finding = (code: string, severity: string) => ({ code, severity, on_drafts: true, records: [], text_vi: `vi ${code}`, text_en: code });
  const found = readForesight({ results: [{ may_sign: true, refusals: [], lots: [{ uri: "l", raised: [finding("b", "warning"), finding("a", "blocking"), finding("b", "warning")] }], remarks: [finding("c", "x")] }, { may_sign: false, refusals: [finding("d", "x")], lots: [] }] });
  assert.deepEqual([found.maySign, found.said.map((one) => `${one.severity} ${one.code} ${one.draft}`)], [false, ["refusal d 1", "blocking a 0", "warning b 0", "remark c 0"]]);
  for (const nonsense of [null, 7, {}, { results: 7 }]) assert.deepEqual(readForesight(nonsense), { isAsked: false, maySign: true, said: [], looked: 0 });
  assert.equal(readForesight({ results: [null] }).maySign, false);
  const asked = JSON.parse(question(ORG, [{ facts: { kind: "written", json: '{"type":"ObjectEvent","n":1.50}', subjects: [], act: "lot" }, summary: { step: "x", timeMs: 1 } }]));
  assert.deepEqual(asked, { drafts: [{ organisation_id: ORG, act: "lot", facts: { type: "ObjectEvent", n: 1.5 } }] });
});

test("a scanned code leads to its lot, also from a pack's own code", () => {
  for (const [code, expected] of [
    ["https://nguon.example/01/09521234000105/10/A1?lang=en#x", "/01/09521234000105/10/A1"],
    ["https://nguon.example/01/09521234000105/10/A1/21/000019RS2BFNYFP", "/01/09521234000105/10/A1"],
    ["HTTPS://NGUON.EXAMPLE/p/che/l/260412-B/s/00001ABC", "/p/che/l/260412-B"],
    ["/p/che/l/260412-B/", "/p/che/l/260412-B"],
    ["260412-B", "260412-B"],
    ["https://", "https://"],
  ] as const) assert.equal(calledBy(code), expected);
  assert.equal(freshNumber("2026-04-12", new Set(["260412-A", "260412-C"])), "260412-B");
  assert.equal(lotUri(ORIGIN, { uri: BOX, code: "x", gtin: "12345670" }, "A"), "https://id.gs1.org/01/00000012345670/10/A");
  const read = readLot(readThing({ uri: of("a"), kind: "lot", state: { number: 7, balance: { unit: "stone", made: -1 }, findings: "x", status: { recalled: { reason: null } }, labels: null } }) as never);
  assert.deepEqual([read.number, read.status, read.made, read.findings], ["a", "recalled", undefined, []]);
  assert.equal(readThing({ kind: "lot" }), undefined);
});

let files: Map<string, Uint8Array>;
before(async () => {
  files = await built();
});

/** A co-operative with a harvest, two products and a paper. */
function season({ ledger }: Desk): void {
  ledger.thing("product", "p/ca-chua", { type: "nguon:Product", "nguon:code": "ca-chua", "nguon:name": vi("Cà chua Đơn Dương", "Tomatoes"), "nguon:unitName": vi("kg"), "nguon:netContent": { "nguon:value": 1, "nguon:uom": "KGM" } });
  ledger.thing("product", "p/ca-chua-hop", { type: "nguon:Product", "nguon:code": "ca-chua-hop", "gs1:gtin": "9521234000105", "nguon:name": vi("Cà chua hộp 500 g", "Boxed tomatoes"), "nguon:unitName": vi("hộp"), "nguon:shelfLifeDays": 7, "nguon:netContent": { "nguon:value": 0.5, "nguon:uom": "KGM" } });
  ledger.thing("certificate", "certificate/x/vietgap", { type: "nguon:Certificate", "nguon:scheme": "vietgap", "nguon:number": "VG-11", "nguon:issuer": "Lá Ngay", "nguon:validFrom": "2025-01-01" });
  const balance = (made: number, left: number, unit = "gram") => ({ unit, made, used: made - left, shipped: 0, sold: 0, lost: 0, left });
  ledger.thing("lot", "p/ca-chua/l/260412-A", { number: "260412-A", product: LOOSE, status: "active", maker: ORG, harvest_from: "2026-04-12", balance: balance(820_000, 620_500), holding: { left: 620_500 }, plots: [], labels: {}, may_be_offered: true, findings: [{ code: "inside_phi", severity: "warning", vi: "Chưa rõ thời gian cách ly của lần phun ngày 8/4.", en: "The interval of a spraying is unknown.", records: [0] }] }, { path: "/p/ca-chua/l/260412-A" });
  ledger.thing("lot", "p/ca-chua/l/260411-A", { number: "260411-A", product: LOOSE, status: "active", maker: ORG, harvest_from: "2026-04-11", balance: balance(500_000, 500_000), holding: { left: 500_000 }, labels: {}, may_be_offered: true, findings: [] }, { path: "/p/ca-chua/l/260411-A" });
  ledger.thing("lot", "https://id.gs1.org/01/09521234000105/10/260410-A", { number: "260410-A", product: BOX, status: "active", maker: ORG, produced_on: "2026-04-10", best_before: "2026-04-17", balance: balance(800, 320, "piece"), holding: { left: 320 }, labels: { printed: [{ first: 1, last: 800 }], active: [{ first: 1, last: 700 }], void: [{ first: 17, last: 17 }] }, may_be_offered: true, findings: [] }, { path: "/01/09521234000105/10/260410-A" });
  ledger.thing("lot", "p/khac/l/K7", { number: "K7", product: `https://${ORIGIN}/p/khac`, status: "active", maker: "33".repeat(32), balance: balance(90_000, 90_000), labels: {}, findings: [] }, { path: "/p/khac/l/K7", kind: "lot-of-another" });
}

test("lots are packed, received by their code, split, shipped; findings stop nobody unread", { skip: without }, () =>
  walk(files, "lots", async (desk) => {
    const { ledger } = desk;
    season(desk);
    await desk.admitted();
    await desk.go("lots");
    await desk.sees("620,5 kg");
    await desk.looks("lots");
    // Something is searched by a word without its marks.
    await desk.page.evaluate(`{ const search = document.querySelector("input.search"); search.value = "hop 500"; search.dispatchEvent(new Event("input")); }`);
    await desk.sees("1 trên 3 dòng");
    await desk.page.evaluate(`{ const search = document.querySelector("input.search"); search.value = ""; search.dispatchEvent(new Event("input")); }`);

    await desk.press("Đóng gói");
    const scan = async (code: string) => {
      await desk.page.until(`document.querySelector("dialog[open] .finder input") !== null`);
      await desk.page.evaluate(`(() => { const field = [...document.querySelectorAll("dialog[open]")].at(-1).querySelector(".finder input"); field.value = ${JSON.stringify(code)}; field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true })); })()`);
    };
    await scan("https://nguon.example/p/ca-chua/l/260412-A?x=1");
    await desk.sees("còn 620,5 kg");
    await desk.page.evaluate(`{ const amount = document.querySelector(".chosen .amount"); amount.value = "300"; amount.dispatchEvent(new Event("input")); }`);
    await desk.fill({ product: BOX, number: "261128-P", made: "600" });
    await desk.press("VietGAP · VG-11");
    await desk.looks("pack");
    ledger.outlook = () => ({ may_sign: true, gravest: "warning", refusals: [], lots: [{ uri: "x", raised: [{ code: "phi_unverified", severity: "warning", text_vi: "Chưa rõ thời gian cách ly.", text_en: "…" }] }] });
    await desk.press("Xem lại trước khi ký");
    await desk.sees("Chưa rõ thời gian cách ly.");
    assert.equal(await desk.page.evaluate(`[...document.querySelectorAll("dialog[open]")].at(-1).querySelector("button.primary").disabled`), true, "a warning is read before it is signed");
    await desk.looks("pack-sign");
    await desk.signs();
    ledger.outlook = () => ({ may_sign: true, gravest: null, refusals: [], lots: [] });
    assert.deepEqual(desk.last()["inputQuantityList"], [{ epcClass: of("260412-A"), quantity: 300, uom: "KGM" }]);
    assert.deepEqual(desk.last()["outputQuantityList"], [{ epcClass: "https://id.gs1.org/01/09521234000105/10/261128-P", quantity: 600 }]);

    // Goods of somebody else come in by their code, with the salt that their history hangs on.
    await desk.go("lots");
    await desk.press("Nhận hàng");
    await scan("nowhere");
    await desk.sees("Không thấy lô");
    ledger.things.find((one) => one.path === "/p/khac/l/K7")!.kind = "lot";
    await scan("https://truyxuat.example/p/khac/l/K7");
    await desk.sees("K7");
    await desk.page.until(`document.querySelector(".chosen .amount") !== null`);
    await desk.page.evaluate(`{ const amount = document.querySelector(".chosen .amount"); amount.value = "12,5"; amount.dispatchEvent(new Event("input")); }`);
    await desk.press("Xem lại trước khi ký");
    await desk.signs();
    const salt = ledger.things.find((one) => one.path === "/p/khac/l/K7")?.salt;
    assert.deepEqual(desk.last()["nguon:subjects"], [{ uri: `https://${ORIGIN}/p/khac/l/K7`, salt }]);
    assert.equal(desk.last()["sourceList"][0].source, `urn:nguon:org:${"33".repeat(32)}`);

    await desk.go("lots");
    await desk.press("Việc khác");
    await desk.looks("more");
    await desk.press("Chia, phân hạng");
    await scan("260411-A");
    await desk.page.until(`document.querySelectorAll(".part").length === 2 && document.querySelector(".chosen .amount") !== null`);
    await desk.page.evaluate(`{ const amounts = [...document.querySelectorAll(".part .amount")]; amounts[0].value = "300"; amounts[1].value = "180"; for (const one of amounts) one.dispatchEvent(new Event("input")); }`);
    await desk.looks("split");
    await desk.press("Xem lại trước khi ký");
    await desk.signs();
    assert.equal(desk.last()["outputQuantityList"].length, 2);

    await desk.go("lots/ship");
    await scan("260410-A");
    await desk.fill({ to: "Cửa hàng Rau Sạch", labels: "1-120" });
    await desk.page.until(`document.querySelector(".chosen .amount") !== null`);
    await desk.page.evaluate(`{ const amount = document.querySelector(".chosen .amount"); amount.value = "120"; amount.dispatchEvent(new Event("input")); }`);
    await desk.looks("ship");
    // What the rules refuse cannot be signed.
    ledger.outlook = () => ({ may_sign: false, gravest: null, refusals: [{ code: "impossible_day", text_vi: "Ngày này không thể có.", text_en: "…" }], lots: [] });
    await desk.press("Xem lại trước khi ký");
    await desk.sees("Mục này không ký được");
    assert.equal(await desk.page.evaluate(`[...document.querySelectorAll("dialog[open]")].at(-1).querySelector("button.primary").disabled`), true);
    await desk.looks("refused");
    await desk.press("Quay lại");
    ledger.outlook = () => ({ may_sign: true, gravest: null, refusals: [], lots: [] });
    await desk.press("Xem lại trước khi ký");
    await desk.signs();
    assert.deepEqual(desk.last()["nguon:labels"], [{ "nguon:first": 1, "nguon:last": 120 }]);

    // What was found is answered: explained, and the record behind it declared wrong.
    await desk.go(`findings/${encodeURIComponent(of("260412-A"))}`);
    await desk.sees("Chưa rõ thời gian cách ly của lần phun");
    await desk.sees("#0");
    await desk.looks("findings");
    await desk.press("Giải thích");
    await desk.fill({ note: "Thuốc sinh học, nhãn ghi cách ly 1 ngày." });
    await desk.press("Xem lại trước khi ký");
    await desk.signs();
    assert.equal(desk.last()["bizStep"], "urn:nguon:bizStep:other");
    await desk.go(`findings/${encodeURIComponent(of("260412-A"))}`);
    await desk.press("Đính chính");
    await desk.looks("correct");
    await desk.press("Xem lại trước khi ký");
    await desk.signs();
    assert.equal(desk.last()["eventID"], `urn:nguon:event:${ledger.log[0]?.record.event}`);
    assert.equal(desk.last()["errorDeclaration"].reason, "did_not_occur");
    assert.ok(ledger.isSound());
  }));

test("labels, offers and a recall", { skip: without }, () =>
  walk(files, "trade", async (desk) => {
    const { ledger } = desk;
    season(desk);
    await desk.admitted();
    await desk.go("labels");
    await desk.sees("800");
    await desk.looks("labels");
    await desk.press("260410-A");
    await desk.sees("1–800");
    await desk.looks("labels-lot");
    await desk.press("Hủy tem");
    await desk.fill({ labels: "17-18" });
    await desk.press("Xem lại trước khi ký");
    await desk.sees("Có số đã hủy.");
    await desk.fill({ labels: "18-20" });
    await desk.looks("void");
    await desk.press("Xem lại trước khi ký");
    await desk.signs();
    assert.deepEqual([desk.last()["bizStep"], desk.last()["nguon:labels"]], ["decommissioning", [{ "nguon:first": 18, "nguon:last": 20 }]]);

    await desk.go("listings");
    await desk.sees("Chưa chào bán gì");
    await desk.press("Chào bán");
    await desk.go(`listings/new/${encodeURIComponent("https://id.gs1.org/01/09521234000105/10/260410-A")}`);
    await desk.sees("Giá (đồng)");
    await desk.fill({ priceDong: "35.000", minOrder: "10" });
    await desk.looks("listing");
    await desk.press("Xem lại trước khi ký");
    await desk.signs();
    const card = desk.last();
    assert.deepEqual([card["nguon:priceDong"], card["nguon:stock"], card["nguon:lots"].length, card["nguon:vatIncluded"]], [35_000, { "nguon:value": 320 }, 1, true]);
    await desk.go("listings");
    await desk.sees("35.000 ₫ / cái");
    await desk.looks("listings");
    await desk.press("Cà chua hộp 500 g");
    await desk.press("Rút lại");
    await desk.signs();
    assert.deepEqual([desk.last()["nguon:state"], desk.last()["id"]], ["withdrawn", card["id"]]);

    await desk.go(`recalls/${encodeURIComponent(of("260412-A"))}`);
    await desk.sees("02633 000 111");
    await desk.fill({ reason: "Phun thuốc chưa đủ thời gian cách ly" });
    await desk.looks("recall");
    await desk.press("Xem lại trước khi ký");
    await desk.sees("đừng ăn, đừng bán");
    await desk.signs();
    assert.deepEqual([desk.last()["persistentDisposition"], desk.last()["quantityList"]], [{ set: ["recalled"] }, [{ epcClass: of("260412-A") }]]);
    const recalled = ledger.things.find((one) => one.uri === of("260412-A"));
    Object.assign(recalled as object, { status: "recalled", state: { ...recalled?.state, status: { recalled: { reason: { vi: "Phun thuốc chưa đủ thời gian cách ly" } } } } });
    await desk.go("recalls");
    await desk.sees("Phun thuốc chưa đủ");
    await desk.looks("recalls");
    await desk.press("260412-A");
    await desk.fill({ reason: "Kết quả kiểm nghiệm đạt, phiếu KN-12" });
    await desk.press("Xem lại trước khi ký");
    await desk.signs();
    assert.deepEqual(desk.last()["persistentDisposition"], { unset: ["recalled"] });

  }));
