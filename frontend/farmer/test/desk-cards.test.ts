import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { text, utf8, type Bytes } from "../../verifier/src/core/bytes.ts";
import { fileDigest } from "../src/core/digests.ts";
import { writeDraft } from "../src/core/write.ts";
import { communeCode, readCommunes, shownCommune } from "../src/desk/communes.ts";
import { gtin, readCertificate, readPlot, readProduct } from "../src/desk/forms/cards.ts";
import { type Context, Given, slug } from "../src/desk/forms/given.ts";
import { areaM2, drawing, feature, geometry, readPlace, type Shape } from "../src/desk/geo.ts";
import { built, walk, without } from "./desk-browser.ts";
import { project } from "./given.ts";
import { vi } from "./desk-server.ts";

const CONTEXT: Context = { origin: "nguon.example/thu", organisation: "22".repeat(32), organisationUri: `urn:nguon:org:${"22".repeat(32)}`, nowMs: Date.parse("2026-04-12T08:00:00+07:00") };
const SQUARE = "11.8, 108.5\n11.8, 108.501\n11.801, 108.501\n11.801, 108.5";

const shape = (given: string): Shape => {
  const read = readPlace(given);
  assert.ok(read.ok, read.ok ? "" : `${read.fault.key}: ${given.slice(0, 80)}`);
  return read.found[0]?.shape as Shape;
};
const fault = (given: string): string | undefined => {
  const read = readPlace(given);
  return read.ok ? undefined : read.fault.key;
};
const polygon = (...positions: [number, number][]): string => JSON.stringify({ type: "Polygon", coordinates: [positions] });

test("an outline is the same however it was brought: coordinates in either order, GeoJSON, KML", () => {
  const expected = '{"type":"Polygon","coordinates":[[[108.500000,11.800000],[108.501000,11.800000],[108.501000,11.801000],[108.500000,11.801000],[108.500000,11.800000]]]}';
  const kml = `<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>Tất cả</name><Placemark><name>Thửa &amp; 1</name><Polygon><outerBoundaryIs><LinearRing><coordinates>
    108.5,11.8,900 108.501,11.8,900 108.501,11.801,900 108.5,11.801,900 108.5,11.8,900
    </coordinates></LinearRing></outerBoundaryIs><innerBoundaryIs><LinearRing><coordinates>108.5002,11.8002 108.5004,11.8002 108.5003,11.8004 108.5002,11.8002</coordinates></LinearRing></innerBoundaryIs></Polygon></Placemark></Document></kml>`;
  for (const given of [
    SQUARE,
    "108.5 11.8\n108.501 11.8\n108.501 11.801\n108.5 11.801",
    "11,800000 108,500000\n11,800000 108,501000\n11,801000 108,501000\n11,801000 108,500000",
    "lat, lon\n1. 11.8; 108.5\n2. 11.8; 108.501\n3. 11.801; 108.501; 915\n4. 11.801; 108.5\n",
    `11°48'0.0"N 108°30'00.0"E\n11°48'00"N 108°30'3.6"E\n11°48'3,6"N 108°30'3.6"E\n11°48′3.6″N 108°30′0″E`,
    // Clockwise, and a corner twice.
    polygon([108.5, 11.8], [108.5, 11.801], [108.5, 11.801], [108.501, 11.801], [108.501, 11.8], [108.5, 11.8]),
    kml,
    kml.replaceAll("<", "<").replace("<kml", "\ufeff<kml").replace('\ufeff<kml xmlns="http://www.opengis.net/kml/2.2">', "<k:kml>").replaceAll("<Polygon>", "<k:Polygon>"),
  ]) {
    const geo = geometry(shape(given));
    const rotated = JSON.parse(geo).coordinates[0].slice(0, -1).map(String).sort();
    assert.deepEqual(rotated, JSON.parse(expected).coordinates[0].slice(0, -1).map(String).sort(), given.slice(0, 60));
  }
  assert.equal(geometry(shape(SQUARE)), expected);
  const named = readPlace(kml);
  assert.equal(named.ok && named.found[0]?.name, "Thửa & 1");
  assert.equal(feature(shape("11.87005, 108.5")), '{"type":"Feature","geometry":{"type":"Point","coordinates":[108.500000,11.870050]},"properties":{}}');
});

test("an area is that on the ellipsoid, as the ledger's own side works it out", () => {
  // The same bounds as in crates/export/src/geometry/tests.rs: 110.62 m by 108.98 m.
  const area = areaM2(shape(SQUARE)) ?? 0;
  assert.ok(area > 12_045 && area < 12_065, String(area));
  // One degree by one degree at 11° to 12° north, by closed form on the ellipsoid: 110 612 m by 109 076 m in the middle.
  const degree = areaM2(shape(polygon([108, 11], [109, 11], [109, 12], [108, 12], [108, 11]))) ?? 0;
  assert.ok(Math.abs(degree / (110_615.7 * 109_106.7) - 1) < 0.001, String(degree));
  const two = shape(JSON.stringify({ type: "MultiPolygon", coordinates: [[[[108.5, 11.8], [108.501, 11.8], [108.501, 11.801], [108.5, 11.801], [108.5, 11.8]]], [[[108.6, 11.8], [108.601, 11.8], [108.601, 11.801], [108.6, 11.801], [108.6, 11.8]]]] }));
  assert.equal(areaM2(two), 2 * area);
  assert.equal(areaM2(shape("11.87005, 108.5")), undefined);
  const drawn = drawing(shape(SQUARE));
  assert.match(drawn?.d ?? "", /^M[0-9.]+ [0-9.]+(L[0-9.]+ [0-9.]+){3}Z$/);
  assert.ok(Math.abs((drawn?.metres ?? 0) - 111) < 2);
});

test("whatever a file holds, it is read or refused by name, and soon", () => {
  const square = (move = 0): [number, number][] => [[108.5 + move, 11.8], [108.501 + move, 11.8], [108.501 + move, 11.801], [108.5 + move, 11.801], [108.5 + move, 11.8]];
  const check = (given: string, expected: string) => assert.equal(fault(given), expected, given.slice(0, 90));
  check("", "geo.nothing");
  check(" \n ", "geo.nothing");
  check("x".repeat((1 << 20) + 1), "geo.too_large");
  check("PK\u0003\u0004", "geo.kmz");
  check("{", "geo.not_json");
  check("[".repeat(200_000), "geo.line");
  check(`{"a":${"[".repeat(200_000)}`, "geo.not_json");
  check("{}", "geo.not_geojson");
  check('{"type":"LineString","coordinates":[[108.5,11.8],[108.6,11.8]]}', "geo.not_geojson");
  check('{"type":"FeatureCollection","features":[]}', "geo.not_geojson");
  check('{"type":"FeatureCollection","features":[null,7]}', "geo.not_geojson");
  check('{"type":"MultiPolygon","coordinates":[]}', "geo.not_geojson");
  check('{"type":"Point","coordinates":["108.5","11.8"]}', "geo.not_a_position");
  check('{"type":"Point","coordinates":[108.5]}', "geo.not_a_position");
  check('{"type":"Point","coordinates":{"0":108.5}}', "geo.not_a_position");
  check('{"type":"Point","coordinates":[1e999,11.8]}', "geo.not_a_position");
  check('{"type":"Point","coordinates":[11.8,108.5]}', "geo.swapped");
  check('{"type":"Point","coordinates":[585000,1305000]}', "geo.not_degrees");
  check('{"type":"Point","coordinates":[2.35,48.85]}', "geo.outside_vietnam");
  check(JSON.stringify({ type: "Polygon", crs: { type: "name", properties: { name: "urn:ogc:def:crs:EPSG::3405" } }, coordinates: [square()] }), "geo.other_system");
  assert.equal(fault(JSON.stringify({ type: "Polygon", crs: { type: "name", properties: { name: "urn:ogc:def:crs:OGC:1.3:CRS84" } }, coordinates: [square()] })), undefined);
  check(polygon(...square().slice(0, 4)), "geo.not_closed");
  check(polygon([108.5, 11.8], [108.6, 11.8], [108.5, 11.8]), "geo.too_few_positions");
  check(polygon([108.5, 11.8], [108.6, 11.8], [108.7, 11.8], [108.5, 11.8]), "geo.no_area");
  check(polygon([108.5, 11.8], [108.6, 11.9], [108.6, 11.8], [108.5, 11.9], [108.5, 11.8]), "geo.no_area");
  check(polygon([108.5, 11.8], [108.6, 11.9], [108.6, 11.8], [108.5, 11.95], [108.5, 11.8]), "geo.crosses_itself");
  check(polygon([108.5, 11.8], [108.6, 11.8], [108.55, 11.8], [108.55, 11.9], [108.5, 11.8]), "geo.crosses_itself");
  check(polygon(...Array.from({ length: 5_001 }, (_, at): [number, number] => [108.5 + at / 1e6, 11.8])), "geo.too_many_positions");
  check("11.8\n108.5", "geo.line");
  check("11.8, 108.5, 3, 4", "geo.line");
  check("48.85, 2.35", "geo.outside_vietnam");
  check("585000 1305000", "geo.not_degrees");
  check("11.8, 108.5\n11.8, 108.6", "geo.too_few_positions");
  check("<html></html>", "geo.not_kml");
  check("<kml></kml>", "geo.not_kml");
  check("<kml><Placemark><Polygon><coordinates>a,b</coordinates></Polygon></Placemark></kml>", "geo.not_a_position");
  check('<!DOCTYPE lolz [<!ENTITY lol "lol">]><kml><Placemark><name>&lol;</name></Placemark></kml>', "geo.not_kml");
  check("<".repeat(1 << 20), "geo.not_kml");
  check("<kml>".repeat(200_000), "geo.not_kml");
  check(`<kml><Placemark><Point><coordinates>${"108.5,11.8 ".repeat(6_000)}</coordinates></Point></Placemark></kml>`, "geo.too_many_positions");
  // A large but honest outline is read within a moment.
  const round = Array.from({ length: 4_000 }, (_, at): [number, number] => [108.5 + Math.cos((at / 4_000) * 2 * Math.PI) / 100, 11.8 + Math.sin((at / 4_000) * 2 * Math.PI) / 100]);
  const began = performance.now();
  assert.equal(fault(polygon(...round, round[0] as [number, number])), undefined);
  assert.ok(performance.now() - began < 5_000);
});

const COMMUNES = readCommunes(readFileSync(project("fixtures/communes.csv"), "utf8"));

test("communes are found by their whole name or their code", () => {
  assert.ok(COMMUNES.length > 200);
  const [one] = COMMUNES;
  assert.match(one?.code ?? "", /^[0-9]{5}@2025-07-01$/);
  assert.equal(communeCode(one?.code ?? "", COMMUNES), one?.code);
  assert.equal(communeCode("phường mũi né", COMMUNES), "22918@2025-07-01");
  assert.equal(communeCode("Mũi Né", COMMUNES), "22918@2025-07-01");
  assert.equal(communeCode("Atlantis", COMMUNES), undefined);
  assert.equal(shownCommune("22918@2025-07-01", COMMUNES), "Phường Mũi Né, Lâm Đồng (Bình Thuận)");
  assert.equal(shownCommune("99999@2025-07-01", COMMUNES), "99999@2025-07-01");
});

const faults = (read: { readonly ok: boolean; readonly faults?: object }): string[] => (read.ok ? [] : Object.entries(read.faults as Record<string, { key: string }>).map(([name, { key }]) => `${name} ${key}`).sort());

test("a plot's card says what is public, and its outline goes into the private section", () => {
  const known = { communes: COMMUNES, uris: new Set<string>() };
  const values = { code: "ĐO-T01", commune: "22918@2025-07-01", crop: "Cà chua", cropEn: "Tomatoes", cropCode: "tomato", growingMethod: "FIELD_GROWN", plantingAreaCode: "VN-LDOR-0001", place: SQUARE, areaSquareMetres: "" };
  const read = readPlot(values, CONTEXT, known);
  assert.ok(read.ok, JSON.stringify(faults(read)));
  const document = JSON.parse(writeDraft(read.value.facts));
  assert.equal(document.id, `https://nguon.example/thu/plot/${"22".repeat(6)}/do-t01`);
  assert.equal(document["nguon:areaSquareMetres"], areaM2(shape(SQUARE)));
  assert.ok(!JSON.stringify(document).includes("108.5"));
  assert.equal(read.value.private?.[0]?.type, 3);
  assert.equal(text(read.value.private?.[0]?.payload as Bytes), feature(shape(SQUARE)));
  assert.deepEqual(faults(readPlot({ ...values, code: " ", commune: "Atlantis", crop: "", place: "x", areaSquareMetres: "1,5" }, CONTEXT, known)), ["areaSquareMetres fault.number", "code fault.missing", "commune fault.commune", "crop fault.missing", "place geo.not_a_position"]);
  assert.deepEqual(faults(readPlot({ ...values, code: "…" }, CONTEXT, known)), ["code fault.code"]);
  assert.deepEqual(faults(readPlot(values, CONTEXT, { ...known, uris: new Set([document.id]) })), ["code plots.taken"]);
  assert.deepEqual(faults(readPlot(values, CONTEXT, { ...known, uris: new Set([document.id]), uri: document.id })), []);
  assert.deepEqual(faults(readPlot({ ...values, place: "11.8, 108.5", areaSquareMetres: "40001" }, CONTEXT, known)), ["place geo.point_too_coarse"]);
  assert.deepEqual(faults(readPlot({ ...values, place: "11.8, 108.5", areaSquareMetres: "40.000" }, CONTEXT, known)), []);
  assert.deepEqual(faults(readPlot({ ...values, place: "" }, CONTEXT, known)), ["areaSquareMetres fault.missing"]);
});

test("a product's card has a GTIN only if its check digit fits", () => {
  for (const [typed, expected] of [["9521234000105", "9521234000105"], ["952 1234 00010 5", "9521234000105"], ["9521234000106", undefined], ["012345678905", "012345678905"], ["12345670", "12345670"], ["123", undefined], ["abcdefgh", undefined]] as const) assert.equal(gtin(typed), expected, typed);
  const values = { name: "Cà chua bi", nameEn: "Cherry tomatoes", code: "ca-chua-bi", category: "tomato", unitName: "hộp", netContent: "0,25", netContentUom: "KGM", shelfLifeDays: "7", inputPerOutput: "4,50", standards: "TCVN 1\nTCVN 1\n QCVN 2 ", gtin: "9521234000105" };
  const read = readProduct(values, CONTEXT, { codes: new Set() });
  assert.ok(read.ok, JSON.stringify(faults(read)));
  const document = JSON.parse(writeDraft(read.value.facts));
  assert.deepEqual(
    { ...document, "@context": undefined },
    { "@context": undefined, type: "nguon:Product", id: "https://nguon.example/thu/p/ca-chua-bi", "nguon:code": "ca-chua-bi", "gs1:gtin": "9521234000105", "nguon:name": vi("Cà chua bi", "Cherry tomatoes"), "nguon:category": "tomato", "nguon:unitName": vi("hộp"), "nguon:netContent": { "nguon:value": 0.25, "nguon:uom": "KGM" }, "nguon:shelfLifeDays": 7, "nguon:inputPerOutput": 4.5, "nguon:standards": ["TCVN 1", "QCVN 2"] },
  );
  assert.deepEqual(faults(readProduct({ ...values, code: "Cà chua", gtin: "1", netContent: "1.250", shelfLifeDays: "0", inputPerOutput: "0" }, CONTEXT, { codes: new Set() })), ["code products.code", "gtin products.gtin", "inputPerOutput products.ratio", "netContent fault.ambiguous", "shelfLifeDays fault.range"]);
  assert.deepEqual(faults(readProduct(values, CONTEXT, { codes: new Set(["ca-chua-bi"]) })), ["code products.taken"]);
});

test("a paper names what it covers and the digest of its scans", () => {
  const values = { scheme: "vietgap", number: "VG-25/0011", issuer: "Tổ chức Lá Ngay", validFrom: "2025-09-15", validUntil: "2027-09-14", covers: "https://a\nhttps://b\nhttps://a", legalBasis: "TCVN 11892-1:2017" };
  const file = { blake3: fileDigest(utf8("scan")), mediaType: "application/pdf", bytes: 4, name: "vietgap.pdf" };
  const read = readCertificate(values, CONTEXT, { files: [file] });
  assert.ok(read.ok, JSON.stringify(faults(read)));
  const document = JSON.parse(writeDraft(read.value.facts));
  assert.equal(document.id, `https://nguon.example/thu/certificate/${"22".repeat(6)}/vietgap-vg-25-0011`);
  assert.deepEqual([document["nguon:holder"], document["nguon:covers"]], [CONTEXT.organisationUri, ["https://a", "https://b"]]);
  assert.deepEqual(JSON.parse(text(read.value.private?.[0]?.payload as Bytes) ?? ""), { type: "nguon:Attachments", files: [file] });
  assert.equal(read.value.private?.[0]?.type, 4);
  assert.deepEqual(faults(readCertificate({ ...values, number: "", validFrom: "", validUntil: "2024-01-01" }, CONTEXT)), ["number fault.missing", "validFrom fault.missing"]);
  assert.deepEqual(faults(readCertificate({ ...values, validUntil: "2025-09-14" }, CONTEXT)), ["validUntil certificates.backwards"]);
  assert.deepEqual(faults(readCertificate({ ...values, scheme: "other" }, CONTEXT)), ["schemeOther fault.missing"]);
  const other = readCertificate({ ...values, scheme: "other", schemeOther: "4C Việt Nam" }, CONTEXT);
  assert.ok(other.ok && JSON.parse(writeDraft(other.value.facts))["nguon:scheme"] === "4c-viet-nam");
});

test("numbers are read as Vietnamese write them, and never guessed", () => {
  const whole = (typed: string) => new Given({ n: typed }).optionalWhole("n", 1, 10_000_000);
  assert.deepEqual(["1.250", "1 250", "1.250.000", "1250", " 7 ", "12.5", "1.2500", "-1", "1e3", "0"].map(whole), [1250, 1250, 1_250_000, 1250, 7, undefined, undefined, undefined, undefined, undefined]);
  const amount = (typed: string) => {
    const given = new Given({ q: typed, qUom: "KGM" });
    const found = given.optionalQuantity("q");
    return found === undefined ? given.faults["q"]?.key : String(found.amount);
  };
  assert.deepEqual(["12,5", "12.5", "1250", "1.250", "1,250", "12.345.678", "0,250", "0.250", "0", "x", "1,2345"].map(amount), ["12500", "12500", "1250000", "fault.ambiguous", "fault.ambiguous", "fault.ambiguous", "250", "250", "fault.quantity", "fault.quantity", "fault.quantity"]);
  assert.deepEqual([slug("Đơn Dương – Thửa 1"), slug("…"), slug("a".repeat(60))], ["don-duong-thua-1", "", "a".repeat(40)]);
});

let files: Map<string, Uint8Array>;
before(async () => {
  files = await built();
});

test("a plot is brought in as a file, a product with its picture, a paper with its scan", { skip: without }, () =>
  walk(files, "cards", async (desk) => {
    const folder = await mkdtemp(join(tmpdir(), "nguon-desk-"));
    try {
      const { ledger } = desk;
      await desk.admitted();
      await desk.go("plots");
      await desk.sees("Chưa có thửa nào");
      await desk.press("Thêm thửa");
      const kml = join(folder, "thua.kml");
      await writeFile(kml, `<kml><Placemark><name>Thửa 1</name><Polygon><outerBoundaryIs><LinearRing><coordinates>108.5,11.8 108.5012,11.8003 108.501,11.801 108.5004,11.8011 108.5,11.801 108.5,11.8</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark><Placemark><name><![CDATA[<b>]]>Thửa 2</name><Point><coordinates>108.6,11.8</coordinates></Point></Placemark></kml>`);
      await desk.page.choose("dialog input[type=file]", kml);
      await desk.sees("Tệp có 2 hình");
      await desk.press("Chọn");
      await desk.sees("5 góc");
      await desk.fill({ code: "DO-T01", crop: "Cà chua", cropCode: "tomato", commune: "Đơn Dương" });
      await desk.looks("plot");
      await desk.press("Xem lại trước khi ký");
      await desk.sees("Bộ quy tắc đã xem");
      await desk.looks("plot-sign");
      await desk.signs();
      assert.equal(desk.last()["nguon:code"], "DO-T01");
      assert.match(ledger.log[0]?.payloads[1] ?? "", /"Polygon"/);
      await desk.go("plots");
      await desk.sees("DO-T01");
      await desk.looks("plots");

      await desk.go("products");
      await desk.press("Thêm sản phẩm");
      await desk.fill({ name: "Cà chua bi Đơn Dương", nameEn: "Cherry tomatoes", code: "ca-chua-bi", unitName: "hộp", netContent: "0,25", gtin: "9521234000105" });
      const picture = join(folder, "anh.svg");
      await writeFile(picture, "not a picture");
      await desk.page.choose("dialog input[name=image]", picture);
      await desk.press("Xem lại trước khi ký");
      await desk.sees("Tệp này không phải ảnh");
      await desk.looks("product");
      const png = join(folder, "anh.png");
      await writeFile(png, Buffer.from((await desk.page.evaluate(`(async () => { const c = new OffscreenCanvas(2000, 900); c.getContext("2d").fillRect(0, 0, 2000, 900); const b = new Uint8Array(await (await c.convertToBlob()).arrayBuffer()); return btoa(String.fromCharCode(...b)); })()`)) as string, "base64"));
      await desk.page.choose("dialog input[name=image]", png);
      await desk.press("Xem lại trước khi ký");
      await desk.signs();
      const image = desk.last()["nguon:image"];
      assert.equal(image["nguon:mediaType"], "image/jpeg");
      for (const end = Date.now() + 10_000; !ledger.images.has(image["nguon:blake3"]); ) {
        assert.ok(Date.now() < end, "the picture follows its record");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }

      await desk.go("certificates");
      await desk.press("Thêm giấy");
      const scan = join(folder, "vietgap.pdf");
      await writeFile(scan, "%PDF-1.7 scan");
      await desk.page.choose("dialog input[name=files]", scan);
      await desk.fill({ number: "VG-25-0011", issuer: "Tổ chức Chứng nhận Lá Ngay", validFrom: "2025-09-15", validUntil: "2026-12-14" });
      await desk.press("DO-T01");
      await desk.looks("certificate");
      await desk.press("Xem lại trước khi ký");
      await desk.sees(fileDigest(utf8("%PDF-1.7 scan")).slice(0, 16));
      await desk.signs();
      assert.equal(desk.last()["nguon:covers"].length, 1);
      assert.match(ledger.log[2]?.payloads[1] ?? "", /vietgap\.pdf/);
      await desk.go("certificates");
      await desk.sees("Sắp hết hạn");
      await desk.looks("certificates");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }));
