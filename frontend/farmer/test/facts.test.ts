import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { text } from "../../verifier/src/core/bytes.ts";
import { eventTime, vietnamDay } from "../src/core/calendar.ts";
import { actOf, type Amount, type EventFacts, type Facts, type Photo, type Step, subjectsOf, type What } from "../src/core/facts.ts";
import { type Text, whole } from "../src/core/json.ts";
import { grams, parseQuantity, pieces, type Quantity, shownQuantity, toEpcis, typedQuantity } from "../src/core/quantity.ts";
import { writeDraft, writeFacts } from "../src/core/write.ts";
import { given, project } from "./given.ts";

type Json = Record<string, any>;

// A reader for the documents of the tests: whatever it leaves out, the bytes that are written again would lack.
const defined = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
const prose = (values: Json[] | undefined): Text | undefined => {
  const of = (language: string) => values?.find((one) => one["@language"] === language)?.["@value"];
  return values === undefined ? undefined : defined({ vi: of("vi"), en: of("en") });
};
const quantity = (value: number | undefined, uom: string | undefined): Quantity | undefined =>
  value === undefined ? undefined : parseQuantity(String(value), uom);
const measured = (json: Json | undefined): Quantity | undefined => (json === undefined ? undefined : quantity(json["nguon:value"], json["nguon:uom"]));
const photos = (json: Json[] | undefined): Photo[] | undefined =>
  json?.map((one) => defined({ blake3: one["nguon:blake3"], mediaType: one["nguon:mediaType"], caption: prose(one["nguon:caption"]) }) as Photo);
const amounts = (whole: string[] = [], counted: Json[] = []): Amount[] => [
  ...whole.map((uri) => ({ uri })),
  ...counted.map((one) => defined({ uri: one["epcClass"], quantity: quantity(one["quantity"], one["uom"]) }) as Amount),
];

function step(json: Json): Step {
  const own = (json["nguon:step"] ?? json["bizStep"]) as string;
  const key = own.replace("urn:nguon:bizStep:", "");
  const counted = (list: Json[] = []) => list.length > 0 && list.every((one) => one["uom"] === undefined && one["quantity"] !== undefined);
  const words: Record<string, string> = { retail_selling: "selling", holding: "recall" };
  const created = json["inputQuantityList"] === undefined ? "harvesting" : counted(json["outputQuantityList"]) ? "packing" : "processing";
  return defined({
    key: key === "creating_class_instance" ? created : (words[key] ?? key),
    crop: json["nguon:cropCode"],
    variety: json["nguon:variety"],
    seedOrigin: json["nguon:seedOrigin"],
    input: json["nguon:inputName"],
    dose: json["nguon:dose"],
    activeSubstance: json["nguon:activeSubstance"],
    target: json["nguon:target"],
    areaM2: key === "plant_protection" ? json["nguon:areaSquareMetres"] : undefined,
    phiDays: json["nguon:preHarvestIntervalDays"],
    water: json["nguon:waterSource"],
    collected: json["nguon:collected"],
    events: json["nguon:confirms"],
    tested: json["nguon:tested"],
    conformant: json["nguon:conformant"] ?? ({ conformant: true, non_conformant: false } as Json)[json["disposition"]],
    reason: prose(json["nguon:reason"]),
  }) as Step;
}

function read(json: Json): Facts {
  const type = json["type"] as string;
  const n = (name: string) => json[`nguon:${name}`];
  const card = { uri: json["id"] };
  switch (type) {
    case "nguon:Organisation":
      return defined({ ...card, kind: "organisation", name: prose(n("name")), sort: n("kind"), address: prose(n("address")), commune: n("commune"), identifiers: n("identifiers")?.map((one: Json) => ({ scheme: one["nguon:scheme"], value: one["nguon:value"] })), hotline: n("hotline"), website: n("website") }) as Facts;
    case "nguon:Plot":
      return defined({ ...card, kind: "plot", code: n("code"), commune: n("commune"), placeName: prose(n("placeName")), areaM2: n("areaSquareMetres"), crop: prose(n("crop")), cropCode: n("cropCode"), growingMethod: n("growingMethod"), plantingAreaCode: n("plantingAreaCode") }) as Facts;
    case "nguon:Product":
      return defined({ ...card, kind: "product", code: n("code"), gtin: json["gs1:gtin"], name: prose(n("name")), category: n("category"), description: prose(n("description")), unitName: prose(n("unitName")), netContent: measured(n("netContent")), shelfLifeDays: n("shelfLifeDays"), inputPerOutput: n("inputPerOutput")?.toString(), brand: prose(n("brand")), warnings: prose(n("warnings")), storage: prose(n("storage")), standards: n("standards"), image: photos(n("image") && [n("image")])?.[0] }) as Facts;
    case "nguon:Certificate":
      return defined({ ...card, kind: "certificate", scheme: n("scheme"), number: n("number"), issuer: n("issuer"), holder: n("holder"), validFrom: n("validFrom"), validUntil: n("validUntil"), scope: prose(n("scope")), covers: n("covers"), legalBasis: n("legalBasis") }) as Facts;
    case "nguon:Listing":
      return defined({ ...card, kind: "listing", product: n("product"), lots: n("lots"), title: prose(n("title")), priceDong: n("priceDong"), pricePer: measured(n("pricePer")), vatIncluded: n("vatIncluded"), validFromMs: Date.parse(n("validFrom")), validUntilMs: Date.parse(n("validUntil")), stock: measured(n("stock")), minOrder: measured(n("minOrder")), state: n("state") }) as Facts;
    default: {
      const what: What =
        type === "TransformationEvent"
          ? (defined({ type, process: json["transformationID"], inputs: amounts(json["inputEPCList"], json["inputQuantityList"]), outputs: amounts(json["outputEPCList"], json["outputQuantityList"]) }) as What)
          : ({ type: "ObjectEvent", action: json["action"], objects: amounts(json["epcList"], json["quantityList"]) } as What);
      const lot: Json = json["ilmd"] ?? json["nguon:lot"] ?? {};
      return defined({
        kind: "event",
        timeMs: Date.parse(json["eventTime"]),
        id: json["eventID"],
        what,
        step: step(json),
        place: json["readPoint"]?.id,
        placeAfter: json["bizLocation"]?.id,
        papers: json["bizTransactionList"]?.map((one: Json) => ({ type: one["type"], uri: one["bizTransaction"] })),
        source: json["sourceList"]?.[0].source,
        destination: json["destinationList"]?.[0].destination,
        certificates: json["certificationInfo"],
        lot: defined({ number: lot["cbvmda:lotNumber"], harvestFrom: lot["cbvmda:harvestStartDate"], harvestUntil: lot["cbvmda:harvestEndDate"], bestBefore: lot["cbvmda:bestBeforeDate"], useBy: lot["cbvmda:itemExpirationDate"], countryOfOrigin: lot["cbvmda:countryOfOrigin"], growingMethod: lot["cbvmda:growingMethodCode"], producedOn: lot["gs1:productionDate"], product: lot["nguon:product"], plots: lot["nguon:plots"] }),
        labels: n("labels")?.map((one: Json) => ({ first: one["nguon:first"], last: one["nguon:last"] })),
        forAnother: n("enteredForAnother"),
        note: prose(n("note")),
        photos: photos(n("photos")),
      }) as Facts;
    }
  }
}

test("facts are written byte for byte as the ledger's own side writes them", () => {
  const documents: string[] = given("facts.json").documents;
  assert.ok(documents.length >= 25);
  for (const document of documents) {
    const json = JSON.parse(document) as Json;
    const facts = read(json);
    assert.equal(text(writeFacts(facts, json["nguon:subjects"])), document);
    // Subjects are named in the same order, too.
    assert.deepEqual(subjectsOf(facts), json["nguon:subjects"].map((one: Json) => one["uri"]));
  }
});

test("the examples of the vocabulary's page are what is written for them", () => {
  const page = readFileSync(project("crates/epcis/README.md"), "utf8");
  const examples = page.split("```json\n")[1]?.split("\n```")[0]?.split("\n\n") ?? [];
  assert.equal(examples.length, 2);
  for (const example of examples) {
    const json = JSON.parse(example) as Json;
    assert.deepEqual(JSON.parse(writeDraft(read(json))), { ...json, "@context": JSON.parse(writeDraft(read(json)))["@context"] });
  }
});

const event = (more: Partial<EventFacts>): EventFacts => ({
  kind: "event",
  timeMs: Date.parse("2026-04-12T06:00:00+07:00"),
  what: { type: "ObjectEvent", action: "OBSERVE", objects: [{ uri: "https://nguon.example/demo/plot/a/T01" }] },
  step: { key: "irrigation" },
  ...more,
});

test("what is rare is written too: corrections, confirmations, parts, for another", () => {
  const of = (facts: Facts) => JSON.parse(writeDraft(facts)) as Json;
  const wrong = of(event({ correction: { of: `urn:nguon:event:${"a".repeat(64)}`, declaredMs: Date.parse("2026-04-13T06:00:00+07:00"), reason: "incorrect_data" } }));
  assert.equal(wrong["eventID"], `urn:nguon:event:${"a".repeat(64)}`);
  assert.deepEqual(wrong["errorDeclaration"], { declarationTime: "2026-04-13T06:00:00.000+07:00", reason: "incorrect_data" });
  const confirming = of(event({ step: { key: "confirming", events: ["urn:nguon:event:b"] } }));
  assert.equal(confirming["bizStep"], "urn:nguon:bizStep:confirming");
  assert.deepEqual(confirming["nguon:confirms"], ["urn:nguon:event:b"]);
  const part = of(event({ part: { number: 1, of: 2 }, forAnother: true, note: { vi: "mưa" } }));
  assert.deepEqual([part["nguon:part"], part["nguon:parts"], part["nguon:enteredForAnother"]], [1, 2, true]);
  assert.deepEqual(part["nguon:note"], [{ "@value": "mưa", "@language": "vi" }]);
  // A sorting that looks like a packing says what it is; a packing that looks like one says nothing more.
  const what: What = { type: "TransformationEvent", inputs: [{ uri: "l1", quantity: grams(1000) }], outputs: [{ uri: "l2", quantity: pieces(2) }] };
  assert.equal(of(event({ what, step: { key: "packing" } }))["nguon:step"], undefined);
  assert.equal(of(event({ what, step: { key: "processing" } }))["nguon:step"], "urn:nguon:bizStep:processing");
  assert.equal(of(event({ what, step: { key: "harvesting" } }))["nguon:step"], "urn:nguon:bizStep:harvesting");
  assert.deepEqual(of(event({ what: { type: "ObjectEvent", action: "OBSERVE", objects: [] } }))["epcList"], []);
});

test("each step is signed as the act that its role is for", () => {
  const acts = (keys: string[]) => keys.map((key) => actOf(event({ step: { key } as Step })));
  assert.deepEqual(new Set(acts(["planting", "fertilising", "plant_protection", "irrigation", "waste", "testing", "confirming"])), new Set(["diary"]));
  assert.deepEqual(new Set(acts(["harvesting", "packing", "shipping", "transporting", "handling"])), new Set(["lot"]));
  assert.deepEqual(acts(["inspecting", "recall", "recall_ended"]), ["inspection", "recall", "recall"]);
});

test("a quantity is exact, however it was typed", () => {
  const check = (typed: string, uom: string | undefined, expected: string | undefined) => {
    const found = typedQuantity(typed, uom);
    assert.equal(found === undefined ? undefined : `${found.amount} ${found.unit}`, expected, typed);
  };
  check("12,5", "KGM", "12500 gram");
  check("12.5", "KGM", "12500 gram");
  check("0,1", "KGM", "100 gram");
  check("007", "KGM", "7000 gram");
  check("12,", "KGM", "12000 gram");
  check("0,0001", "KGM", undefined);
  check("80", undefined, "80 piece");
  check("80,5", undefined, undefined);
  check("-1", "KGM", undefined);
  check("1e3", "KGM", undefined);
  check("9223372036854775807", "GRM", "9223372036854775807 gram");
  check("9223372036854775808", "GRM", undefined);
  for (const amount of [0n, 1n, 100n, 12_500n, 419_500n, 10n ** 18n + 1n]) {
    const { decimal, uom } = toEpcis(grams(amount));
    assert.deepEqual(parseQuantity(decimal, uom), grams(amount));
  }
  assert.equal(shownQuantity(grams(1_234_500), "vi"), "1.234,5 kg");
  assert.equal(shownQuantity(grams(1_234_500), "en"), "1,234.5 kg");
  assert.equal(shownQuantity(pieces(80), "vi", "khay"), "80 khay");
});

test("days are Vietnam's, and half a character never reaches the ledger", () => {
  const midnight = Date.parse("2026-06-07T17:00:00Z");
  assert.equal(vietnamDay(midnight), "2026-06-08");
  assert.equal(vietnamDay(midnight - 1), "2026-06-07");
  assert.equal(eventTime(midnight), "2026-06-08T00:00:00.000+07:00");
  assert.equal(whole("a\ud83d"), "a\ufffd");
  assert.equal(whole("🌱"), "🌱");
  assert.doesNotMatch(writeDraft(event({ note: { vi: "x\udc00" } })), /\\ud/i);
});

test("facts that were written elsewhere are signed as they stand, with the subjects behind them", () => {
  const written = (json: string): Facts => ({ kind: "written", json, subjects: ["a", "b", "a"], act: "lot" });
  const facts = written('{"type":"ObjectEvent","quantity":12.50 }\n');
  assert.deepEqual([subjectsOf(facts), actOf(facts)], [["a", "b"], "lot"]);
  assert.equal(text(writeFacts(facts, [{ uri: "a", salt: "00" }])), '{"type":"ObjectEvent","quantity":12.50,"nguon:subjects":[{"uri":"a","salt":"00"}]}');
  assert.equal(text(writeFacts(facts, [])), '{"type":"ObjectEvent","quantity":12.50 }');
  assert.equal(text(writeFacts(written("{}"), [{ uri: "a", salt: "00" }])), '{"nguon:subjects":[{"uri":"a","salt":"00"}]}');
  for (const bad of ["[]", "7", "null", "{", '{"nguon:subjects":[]}', '{"urn:nguon:voc:subjects":1}']) assert.throws(() => writeDraft(written(bad)), bad);
});
