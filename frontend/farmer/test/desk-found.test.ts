import assert from "node:assert/strict";
import { before, test } from "node:test";
import { base64, type Bytes, hex, text, unbase64, utf8 } from "../../verifier/src/core/bytes.ts";
import { enrol, library } from "../../verifier/src/core/ed25519.ts";
import { nextKeyDigest } from "../../verifier/src/core/hash.ts";
import { isSigned, KIND, parseRecord } from "../../verifier/src/core/record.ts";
import { commitmentOf, possessionMessage } from "../src/core/draft.ts";
import { seedSigner } from "../src/core/key.ts";
import { found, readFounder, rotation } from "../src/desk/found.ts";
import { print, publicKey, read, readRow, rowsOf } from "../src/desk/paper.ts";
import { readPaper } from "../src/desk/root.ts";
import { readWish } from "../src/desk/screens/erasures.ts";
import { codeText, paperText } from "../src/desk/sheetpaper.ts";
import { built, walk, without } from "./desk-browser.ts";
import { bytes, given, vector } from "./given.ts";
import { FakeDesk } from "./desk-server.ts";
import { LEDGER, NOW_MS } from "./ledger.ts";

const PAPERS: { title: string; seed: string; text: string }[] = given("paper.json").papers;

test("a paper is character for character what the command line prints, and each reads the other's", () => {
  for (const { title, seed, text: printed } of PAPERS) {
    assert.equal(paperText(title, bytes(seed)), printed);
    const back = read(printed);
    assert.ok(back.ok && hex(back.seed) === seed);
    assert.ok(printed.includes(back.key));
    const scanned = read(codeText(bytes(seed)));
    assert.ok(scanned.ok && hex(scanned.seed) === seed);
  }
});

test("a seed comes back from paper, however its rows were typed", () => {
  const own = Uint8Array.from({ length: 32 }, (_, place) => place * 7 + 3) as Bytes;
  for (const seed of [own, new Uint8Array(32), new Uint8Array(32).fill(255)] as Bytes[]) {
    for (const paper of [print(seed), print(seed).toLowerCase().replaceAll(" ", "  "), print(seed).replaceAll("0", "O").replaceAll(/(?<=[A-Z0-9 ]{8})1/g, "l"), print(seed).replace(/(\S{4}) (\S{4})/g, "$1-$2"), `xem\n${print(seed)}\nhết`]) {
      const back = read(paper);
      assert.ok(back.ok && hex(back.seed) === hex(seed), paper);
    }
  }
});

test("every wrong character is named by its row, and rows must all be there once and in their place", () => {
  const seed = Uint8Array.from({ length: 32 }, (_, place) => place * 7 + 3) as Bytes;
  const paper = print(seed);
  const fault = (wrong: string) => {
    const back = read(wrong);
    return back.ok ? undefined : back.fault;
  };
  for (const [place, line] of paper.split("\n").filter((one) => one !== "").entries()) {
    for (let at = 5; at < line.length; at += 1) {
      if (line[at] === " ") continue;
      const wrong = line.slice(0, at) + (line[at] === "7" ? "8" : "7") + line.slice(at + 1);
      assert.deepEqual(fault(paper.replace(line, wrong)), { key: "paper.check", row: place + 1 }, wrong);
    }
  }
  assert.deepEqual(fault(paper.split("\n").slice(0, 3).join("\n")), { key: "paper.missing", row: 4 });
  assert.deepEqual(fault(paper + paper), { key: "paper.twice", row: 1 });
  assert.deepEqual(fault(paper.replace("  1 ", "  x ").replace("  2 ", "  1 ").replace("  x ", "  2 ")), { key: "paper.check", row: 2 });
  assert.deepEqual(fault("1 ABCD"), { key: "paper.length", row: 1, found: 4 });
  assert.deepEqual(fault("1 ABCU"), { key: "paper.letter", row: 1, letter: "U" });
  assert.equal(fault(`key ${publicKey(new Uint8Array(32).fill(1) as Bytes)}\n${paper}`)?.key, "paper.other");
  assert.equal(fault(`key ${publicKey(seed)}\n${paper}`), undefined);
  assert.deepEqual(readRow(1, "ß".repeat(16)), { key: "paper.letter", row: 1, letter: "ß" });
  const rows = rowsOf(seed);
  const values = Object.fromEntries(rows.map((row, at) => [`row${at + 1}`, row]));
  const typed = readPaper(values);
  assert.ok(typed.ok && hex(typed.value) === hex(seed));
  const other = readPaper(values, "00".repeat(32));
  assert.deepEqual(other.ok ? {} : other.faults, { row4: { key: "paper.other", values: {} } });
  const wrong = readPaper({ ...values, row2: "x", row3: "" });
  assert.deepEqual(wrong.ok ? [] : Object.keys(wrong.faults), ["row2", "row3"]);
});

const FOUNDER = { name: "HTX Dâu tây Lang Biang", nameEn: "Lang Biang Strawberry Co-operative", sort: "cooperative", address: "Phường Lang Biang - Đà Lạt", tax: "5800000000", hotline: "02633000000", person: "Trần Thị Sen", phone: "0912345678" };

test("a root signs genesis, card and this device's rights as one chain that the ledger takes", async () => {
  const founder = readFounder(FOUNDER, []);
  assert.ok(founder.ok);
  const [root, next, device] = [1, 2, 3].map((fill) => seedSigner(new Uint8Array(32).fill(fill) as Bytes));
  assert.ok(root !== undefined && next !== undefined && device !== undefined);
  const made = await found(root, next.key, device, founder.value, { ledger: LEDGER, nowMs: NOW_MS, deviceTimeMs: NOW_MS });
  const records = made.parcels.map((one) => parseRecord(unbase64(one.record) as Bytes));
  assert.deepEqual(records.map((one) => [one.kind, one.seq, one.author]), [[KIND.genesis, 0n, root.key], [KIND.event, 1n, root.key], [KIND.delegate, 2n, root.key]]);
  for (const [at, record] of records.entries()) {
    const author = enrol(record.authorKey);
    assert.ok(typeof author === "object" && (await isSigned(library, record, author)));
    assert.equal(record.organisation, made.organisation);
    if (at > 0) assert.equal(record.prev, records[at - 1]?.event);
  }
  const [genesis, card, admitted] = records;
  assert.equal(hex(genesis?.control as Bytes), hex(nextKeyDigest(bytes(next.key))));
  const said = JSON.parse(text(unbase64(made.parcels[1]?.openings[0]?.payload ?? "") as Bytes) ?? "");
  assert.deepEqual([said["id"], said["nguon:kind"], said["nguon:identifiers"]], [`urn:nguon:org:${made.organisation}`, "cooperative", [{ "nguon:scheme": "tax", "nguon:value": "5800000000" }]]);
  assert.ok(!JSON.stringify(said).includes("Sen"));
  assert.equal(card?.act, 3);
  const control = admitted?.control as Bytes;
  const [person] = made.parcels[2]?.openings ?? [];
  const opened = commitmentOf({ type: 2, salt: bytes(person?.salt ?? ""), payload: unbase64(person?.payload ?? "") as Bytes });
  assert.equal(hex(control.subarray(44, 76)), hex(opened));
  const invitation = { ledger_id: LEDGER, organisation: made.organisation, roles: 63, flags: 0, not_after_ms: made.notAfterMs, person: hex(opened) };
  const key = enrol(bytes(device.key));
  assert.ok(typeof key === "object" && (await library.verify(key, possessionMessage(device.key, invitation), control.slice(76) as Bytes)));
  // A ledger takes all three, and once more the same.
  const ledger = new FakeDesk();
  for (let time = 0; time < 2; time += 1) {
    const answer = (await (await ledger.submit(utf8(JSON.stringify({ records: made.parcels })))).json()) as { results: { state: string }[] };
    assert.deepEqual(answer.results.map((one) => one.state), ["logged", "logged", "logged"]);
  }
  assert.ok(ledger.admitted.has(device.key));
  await assert.rejects(found(root, root.key, device, founder.value, { ledger: LEDGER, nowMs: NOW_MS, deviceTimeMs: NOW_MS }));
  const moved = parseRecord(unbase64((await rotation(next, made.organisation, device.key, { ledger: LEDGER, deviceTimeMs: NOW_MS })).record) as Bytes);
  assert.deepEqual([moved.kind, moved.seq, moved.author, moved.organisation, hex(moved.control)], [KIND.rotate, 0n, next.key, made.organisation, hex(nextKeyDigest(bytes(device.key)))]);
});

test("genesis and rotation of the format's check values are written again byte for byte", async () => {
  const vectors = vector("ledger.json");
  const signers = new Map(Object.values<string>(vectors.secret_keys).map((seed) => [seedSigner(bytes(seed)).key, seedSigner(bytes(seed))] as const));
  let written = 0;
  for (const { record: digits } of vectors.records as { record: string }[]) {
    const record = parseRecord(bytes(digits));
    if (record.kind !== KIND.rotate) continue;
    const signer = signers.get(record.author);
    const after = [...signers.values()].find((one) => hex(nextKeyDigest(bytes(one.key))) === hex(record.control));
    if (signer === undefined || after === undefined) continue;
    const again = await rotation(signer, record.organisation, after.key, { ledger: record.ledger, deviceTimeMs: Number(record.deviceTimeMs) });
    // What the check value had seen of the log is the only difference that a page without a log can have.
    const mine = parseRecord(unbase64(again.record) as Bytes);
    assert.deepEqual([mine.kind, mine.seq, mine.organisation, hex(mine.control), mine.author], [record.kind, record.seq, record.organisation, hex(record.control), record.author]);
    if (mine.event === record.event) assert.equal(base64(mine.bytes), base64(record.bytes));
    written += 1;
  }
  assert.ok(written > 0, "the check values have a rotation");
});

test("who founds is asked for what the card needs, and for nothing that is a person's", () => {
  const faults = (more: object) => {
    const one = readFounder({ ...FOUNDER, ...more }, []);
    return one.ok ? [] : Object.entries(one.faults).map(([name, { key }]) => `${name} ${key}`).sort();
  };
  assert.deepEqual(faults({}), []);
  assert.deepEqual(faults({ name: "", address: " ", sort: "army", tax: "12", hotline: "x", website: "htx", person: "", commune: "Atlantis", phone: "1" }), ["address fault.missing", "commune fault.commune", "hotline fault.phone", "name fault.missing", "person fault.missing", "phone fault.phone", "sort fault.choose", "tax found.tax", "website found.website"]);
});

test("an erasure names a record's section, also out of a link", () => {
  const event = "ab".repeat(32);
  const wish = (more: object) => {
    const one = readWish({ event, which: "delegation", reason: "consent", ...more });
    return one.ok ? [one.value.event, one.value.section, one.value.reason] : Object.keys(one.faults);
  };
  assert.deepEqual(wish({}), [event, 255, 1]);
  assert.deepEqual(wish({ event: `https://nguon.example/api/v1/records/${event.toUpperCase()}` }), [event, 255, 1]);
  assert.deepEqual(wish({ which: "person", reason: "error" }), [event, 1, 4]);
  assert.deepEqual(wish({ which: "other", section: "2" }), [event, 2, 1]);
  assert.deepEqual(wish({ which: "other", section: "40", event: "x", reason: "why" }), ["event", "section", "reason"]);
});

let files: Map<string, Uint8Array>;
before(async () => {
  files = await built();
});

test("a co-operative is made in the page: papers, restore test, three records; the root is kept nowhere", { skip: without }, () =>
  walk(files, "found", async (desk) => {
    const { ledger, page } = desk;
    await page.goto(`${desk.origin}/app/desk`);
    await desk.press("Bắt đầu");
    await desk.sees("Tổ chức là ai");
    await desk.press("Tạo khóa gốc");
    await desk.sees("Chỗ này không để trống được.");
    await desk.fill({ ...FOUNDER, commune: "Lang Biang - Đà Lạt" });
    await desk.looks("found");
    await desk.press("Tạo khóa gốc");
    if ((await desk.text()).includes("Không thấy xã")) {
      await desk.fill({ commune: "" });
      await desk.press("Tạo khóa gốc");
    }
    await desk.sees("Tờ thứ hai");
    await desk.looks("papers");
    const rows = (await page.evaluate(`[...document.querySelectorAll(".paper .rows code")].map((one) => one.innerText)`)) as string[];
    assert.equal(rows.length, 8);
    // The network may be cut while the keys are in the page.
    await page.offline(true);
    await page.evaluate(`document.querySelector('a[href="#found/restore"]').click()`);
    await desk.sees("Gõ lại từ giấy");
    const typed = Object.fromEntries(rows.map((row, at) => [`${at < 4 ? "a" : "b"}row${(at % 4) + 1}`, row.toLowerCase()]));
    await desk.fill({ ...typed, arow3: rows[2]?.replace(/^./, (letter) => (letter === "7" ? "8" : "7")) ?? "", brow1: rows[0] ?? "" });
    await desk.press("Ký và gửi");
    await desk.sees("Dòng 3 chép sai");
    await desk.looks("restore");
    await desk.fill({ ...typed, arow1: rows[4] ?? "", arow2: rows[5] ?? "", arow3: rows[6] ?? "", arow4: rows[7] ?? "" });
    await desk.press("Ký và gửi");
    await desk.sees("là của khóa khác");
    await desk.fill(typed);
    await desk.press("Ký và gửi");
    await desk.sees("Cần mạng để biết sổ nào");
    await desk.press("Tôi đã hiểu");
    await page.offline(false);
    // The answer to what was sent is lost once: the same bytes go again.
    let lost = false;
    ledger.interrupt = (method) => (method === "POST" && !lost ? ((lost = true), new Response("{}", { status: 503 })) : undefined);
    await desk.press("Ký và gửi");
    await desk.sees("Đã ký, chưa gửi được");
    await desk.looks("found-waits");
    assert.equal(ledger.log.length, 0);
    await desk.press("Gửi ngay");
    await desk.logged(3);
    await desk.sees("Để được tỉnh công nhận");
    await desk.looks("organisation");
    assert.deepEqual(ledger.log.map((one) => one.record.kind), [KIND.genesis, KIND.event, KIND.delegate]);
    // Nowhere in this browser is a seed: neither as bytes nor as rows.
    const seeds = PAPERS.length > 0 ? rows : [];
    const stored = (await page.evaluate(`(async () => {
      const base = await new Promise((resolve) => { const open = indexedDB.open("nguon"); open.onsuccess = () => resolve(open.result); });
      const all = [];
      for (const name of base.objectStoreNames) all.push(await new Promise((resolve) => { const get = base.transaction(name).objectStore(name).getAll(); get.onsuccess = () => resolve(get.result); }));
      const seen = (value) => value instanceof Uint8Array ? [...value].map((byte) => byte.toString(16).padStart(2, "0")).join("") : typeof value === "object" && value !== null ? Object.values(value).map(seen).join(" ") : String(value);
      return seen(all) + JSON.stringify(localStorage) + JSON.stringify(sessionStorage);
    })()`)) as string;
    const back = read(seeds.slice(0, 4).map((row, at) => `${at + 1} ${row}`).join("\n"));
    assert.ok(back.ok);
    assert.ok(!stored.includes(hex(back.seed)) && !stored.includes(rows[0] ?? "?"));
    assert.equal(ledger.log[0]?.record.author, back.key);

    // This device is in: it works, and the root's paper gives somebody the admin right.
    await desk.go("members");
    await desk.sees("Khóa gốc của tổ chức");
    await desk.press("Trần Thị Sen");
    await desk.press("Yêu cầu xóa tên người này");
    await desk.press("Gửi yêu cầu");
    await desk.sees("Tên trong bản giao quyền");
    await desk.looks("erasures");
    assert.deepEqual(Object.values(ledger.erasures[0] ?? {}).slice(0, 3), [ledger.log[2]?.record.event, 255, 1]);
    await desk.press("Yêu cầu xóa");
    await desk.fill({ event: "x" });
    await desk.press("Gửi yêu cầu");
    await desk.sees("Cần mã bản ghi");
    await desk.looks("erasure");
  }));

test("an inspector opens a lot and signs what came of it", { skip: without }, () =>
  walk(files, "inspector", async (desk) => {
    const { ledger } = desk;
    ledger.roles = ["inspection"];
    ledger.standing = ["inspector"];
    ledger.thing("lot", "p/ca-chua/l/260412-A", { number: "260412-A", maker: "33".repeat(32), harvest_from: "2026-04-12", balance: { unit: "gram", made: 820_000, left: 1 }, findings: [{ severity: "warning", vi: "Sản lượng hơi cao.", en: "High." }] }, { path: "/p/ca-chua/l/260412-A" });
    await desk.admitted("Anh Kiểm");
    await desk.go("inspector");
    await desk.fill({ code: "https://nguon.example/p/ca-chua/l/260412-A" });
    await desk.press("Mở");
    await desk.sees("Sản lượng hơi cao.");
    await desk.fill({ result: "non_conformant" });
    await desk.press("Xem lại trước khi ký");
    await desk.sees("Không đạt thì phải nói vì sao.");
    await desk.fill({ result: "conformant", note: "Đã đối chiếu nhật ký" });
    await desk.looks("inspector");
    await desk.press("Xem lại trước khi ký");
    await desk.signs();
    assert.deepEqual([desk.last()["bizStep"], desk.last()["disposition"], ledger.log[0]?.record.act], ["inspecting", "conformant", 4]);
    await desk.go("inspector/nowhere");
    await desk.sees("Không thấy lô");
  }));
