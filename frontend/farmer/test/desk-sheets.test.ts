import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { text } from "../../verifier/src/core/bytes.ts";
import { NotASheet, readSheet, tally } from "../src/desk/forms/sheet.ts";
import { built, walk, without } from "./desk-browser.ts";
import { NOW_MS, ORIGIN } from "./ledger.ts";

const plot = (n: number) => `https://${ORIGIN}/plot/${"22".repeat(6)}/t${n}`;
const draft = (n: number, more: object = {}) => ({ row: n + 2, act: "diary", facts: { "@context": {}, type: "nguon:Plot", id: plot(n), "nguon:code": `T${n}`, "nguon:areaSquareMetres": 1000.5 }, subjects: [plot(n)], private: [{ type: 3, payload: { type: "Feature" } }], ...more });
const fault = (row: number) => ({ sheet: "Thửa", row, column: "C", header: "Diện tích", value: "1.250", code: "two_numbers", vi: "1.250 là 1250 hay 1,25? Hãy viết 1250 hoặc 1,25.", en: "Write 1250 or 1.25." });

test("a sheet is drafts to sign, or faults by cell, and nothing between", () => {
  const sheet = readSheet({ rows: 2, errors: [], drafts: [draft(1), draft(2, { act: "lot", facts: { type: "ObjectEvent", bizStep: "shipping", eventTime: "2026-04-12T06:00:00.000+07:00", quantityList: [{ epcClass: "https://x/l/A1" }] }, private: [] })] }, "plots", NOW_MS);
  assert.deepEqual(sheet.drafts.map((one) => [one.row, one.act, one.summary.step, one.summary.what, one.summary.timeMs]), [[3, "diary", "plot", "T1", NOW_MS], [4, "lot", "shipping", "A1", Date.parse("2026-04-12T06:00:00+07:00")]]);
  const [first] = sheet.drafts;
  assert.ok(first?.facts.kind === "written" && JSON.parse(first.facts.json)["nguon:areaSquareMetres"] === 1000.5);
  assert.equal(text(first?.private?.[0]?.payload as never), '{"type":"Feature"}');
  assert.deepEqual(tally(sheet.drafts), [["plot", 1], ["shipping", 1]]);
  // One fault, and there are no drafts, whatever else the answer holds.
  const faulty = readSheet({ rows: 2, errors: [fault(3)], drafts: [draft(1)], invitations: [{ row: 2, name: "x" }] }, "plots", NOW_MS);
  assert.deepEqual([faulty.drafts.length, faulty.invitations.length, faulty.errors[0]?.column, faulty.errors[0]?.row], [0, 0, "C", 3]);
  const people = readSheet({ rows: 1, errors: [], drafts: [], invitations: [{ row: 2, name: "Trần Thị Sen", phone: "0912345678", roles: ["diary", "lot"], role: "grower", code: "S1" }] }, "members", NOW_MS);
  assert.deepEqual(people.invitations, [{ row: 2, values: { name: "Trần Thị Sen", phone: "0912345678", work: "grower", roles: "diary\nlot" } }]);
  for (const nonsense of [null, 7, {}, { rows: -1 }, { rows: 1 }, { rows: 1, drafts: [{}] }, { rows: 1, drafts: [draft(1, { act: "admin" })] }, { rows: 1, drafts: [draft(1, { facts: { type: "x", "nguon:subjects": [] } })] }, { rows: 1, drafts: [draft(1, { private: [{ type: 1, payload: {} }] })] }]) {
    assert.throws(() => readSheet(nonsense, "plots", NOW_MS), NotASheet, JSON.stringify(nonsense));
  }
});

let files: Map<string, Uint8Array>;
before(async () => {
  files = await built();
});

test("a sheet with a fault writes nothing; a good one is signed row by row, also over a browser that was closed", { skip: without }, () =>
  walk(files, "sheets", async (desk) => {
    const folder = await mkdtemp(join(tmpdir(), "nguon-desk-"));
    try {
      const { ledger, page } = desk;
      await desk.admitted();
      await desk.go("sheets");
      await desk.looks("sheets");
      const file = join(folder, "thua.xlsx");
      await writeFile(file, "PK a workbook");
      ledger.sheet = { rows: 40, errors: [fault(3), fault(17)], drafts: [] };
      await page.choose('input[name="plots"]', file);
      await desk.sees("2 ô cần sửa, trong 40 dòng");
      await desk.sees("Thửa!C17");
      await desk.looks("faults");
      await desk.press("Tôi đã hiểu");
      assert.equal(ledger.bodies.at(-1)?.body, "PK a workbook");
      assert.equal(ledger.log.length, 0);

      ledger.sheet = { rows: 60, errors: [], drafts: Array.from({ length: 60 }, (_, n) => draft(n)) };
      ledger.outlook = (one) => ({ may_sign: true, refusals: [], lots: [], remarks: one["facts"]["nguon:code"] === "T7" ? [{ code: "coarse", text_vi: "Tọa độ hơi thô.", text_en: "Coarse." }] : [] });
      await page.choose('input[name="plots"]', file);
      await desk.sees("Đọc được 60 dòng");
      await desk.sees("Tọa độ hơi thô.");
      await desk.looks("preview");
      // The browser is closed in the middle of signing.
      await page.evaluate(`{ const put = IDBObjectStore.prototype.add; let left = 23; IDBObjectStore.prototype.add = function (...given) { if (left-- === 0) { location.reload(); throw new Error("closed"); } return put.apply(this, given); }; }`);
      await desk.press("Ký cả 60 dòng");
      await desk.logged(10);
      await desk.go("sheets");
      await desk.sees("đã ký 23 trên 60 dòng");
      await desk.looks("unfinished");
      await desk.press("Ký tiếp");
      await desk.logged(60);
      await desk.sees("Đã vào sổ hết");
      const codes = ledger.log.map((one) => JSON.parse(one.payloads[0] ?? "{}")["nguon:code"]);
      assert.deepEqual(codes, Array.from({ length: 60 }, (_, n) => `T${n}`), "every row once, in its order");
      assert.ok(ledger.isSound());
      await desk.go("sheets");
      assert.ok(!(await desk.text()).includes("nhập dở"));

      // A sheet of people becomes invitations; names stay here.
      ledger.sheet = { rows: 2, errors: [], drafts: [], invitations: [{ row: 2, name: "Trần Thị Sen", phone: "", roles: ["diary"], role: "grower", code: "" }, { row: 3, name: "Lê Văn Tám", phone: "", roles: ["diary", "lot"], role: "foreman", code: "" }] };
      await page.choose('input[name="members"]', file);
      await desk.sees("Lê Văn Tám");
      await desk.press("Tạo 2 lời mời");
      await desk.sees("Chờ quét");
      assert.equal(ledger.enrolments.size, 2);
      assert.ok(!JSON.stringify([...ledger.enrolments]).includes("Tám"));
      // A server that answers nonsense has read nothing.
      ledger.sheet = { rows: 3 };
      await desk.go("sheets");
      await page.choose('input[name="lots"]', file);
      await desk.sees("Chưa có gì được ghi");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }));
