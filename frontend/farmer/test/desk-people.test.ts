import assert from "node:assert/strict";
import { before, test } from "node:test";
import { base64, hex, text, unbase64, unhex, type Bytes } from "../../verifier/src/core/bytes.ts";
import { KIND } from "../../verifier/src/core/record.ts";
import { comparison } from "../src/core/digests.ts";
import { commitmentOf, delegation, ROLE, signPossession } from "../src/core/draft.ts";
import { seedSigner } from "../src/core/key.ts";
import { readLink } from "../src/farmer/enrolment.ts";
import { delegationOf, invite, linkOf, readEnrolments } from "../src/desk/enrol.ts";
import { path } from "../src/desk/qr.ts";
import { readRevocation } from "../src/desk/screens/chains.ts";
import { built, walk, without } from "./desk-browser.ts";
import { LEDGER, NOW_MS } from "./ledger.ts";

const CONTEXT = { ledger: LEDGER, organisation: "22".repeat(32), nowMs: NOW_MS, isRoot: false };
const FORM = { name: " Nguyễn  Văn Ba\u202e ", phone: "0912 345 678", roles: "diary\nlot", until: "2028-04-12", days: "7" };

test("an invitation commits to a name that only its maker has, and its link carries the name behind the hash", () => {
  const made = invite(FORM, CONTEXT);
  assert.ok(made.ok);
  const { invitation, person, id } = made.value;
  assert.equal(invitation.roles, ROLE.diary | ROLE.lot);
  assert.equal(invitation.not_after_ms, Date.parse("2028-04-12T23:59:59.999+07:00"));
  assert.equal(text(person?.payload as Bytes), '{"type":"nguon:Person","name":"Nguyễn Văn Ba","phone":"0912 345 678"}');
  assert.equal(invitation.person, hex(commitmentOf(person as NonNullable<typeof person>)));
  assert.match(id, /^[0-9a-f]{32}$/);
  const link = linkOf("https://nguon.example", made.value, "HTX Rau");
  const [before, code = ""] = link.split("#moi=");
  assert.equal(before, "https://nguon.example/app");
  assert.match(code, /^[A-Za-z0-9_-]+$/);
  const said = JSON.parse(text(unbase64(code.replaceAll("-", "+").replaceAll("_", "/").padEnd(Math.ceil(code.length / 4) * 4, "=")) as Bytes) ?? "");
  assert.deepEqual(said, { id, name: "Nguyễn Văn Ba", org: "HTX Rau" });
});

test("what an invitation cannot be is said field by field", () => {
  const faults = (more: object, context = {}) => {
    const read = invite({ ...FORM, ...more }, { ...CONTEXT, ...context });
    return read.ok ? {} : Object.fromEntries(Object.entries(read.faults).map(([name, { key }]) => [name, key]));
  };
  assert.deepEqual(faults({}), {});
  assert.deepEqual(faults({ name: " \u200e ", phone: "abc", roles: "", until: "2026-02-30", days: "31" }), { name: "fault.missing", phone: "fault.phone", roles: "fault.roles", until: "fault.day", days: "fault.range" });
  assert.deepEqual(faults({ until: "2026-04-12" }), { until: "fault.past" });
  assert.deepEqual(faults({ until: "2039-04-12" }), { until: "fault.far" });
  assert.deepEqual(faults({ roles: "admin" }), { roles: "fault.admin" });
  assert.deepEqual(faults({ roles: "admin" }, { isRoot: true }), {});
  assert.deepEqual(faults({ roles: "king\nadmin\ndiary" }, { isRoot: true }), {});
});

test("a device is delegated exactly what was offered, and only if it signed exactly that", async () => {
  const made = invite(FORM, CONTEXT);
  assert.ok(made.ok);
  const kept = made.value;
  const device = seedSigner(new Uint8Array(32).fill(5) as Bytes);
  const possession = await signPossession(device, kept.invitation);
  const answer = (more: object = {}, invitation: object = kept.invitation, possessed: Bytes = possession, key = device.key) =>
    readEnrolments({ enrolments: [{ id: kept.id, invitation, created_at_ms: 1, expires_at_ms: 2, state: "answered", answer: { device: key, possession: base64(possessed) }, ...more }] })[0] as ReturnType<typeof readEnrolments>[number];
  const found = await delegationOf(kept, answer());
  assert.ok("control" in found);
  assert.equal(hex(found.control), hex(delegation(device.key, kept.invitation, possession)));
  const distrust = async (one: ReturnType<typeof answer>, own: typeof kept | undefined = kept) => {
    const judged = await delegationOf(own, one);
    return "distrust" in judged ? judged.distrust : undefined;
  };
  assert.equal(await distrust(answer()), undefined);
  assert.equal(await delegationOf(undefined, answer()).then((one) => "distrust" in one && one.distrust), "not-ours");
  assert.equal(await distrust(answer({ id: "00".repeat(16) })), "not-ours");
  assert.equal(await distrust(answer({ answer: null })), "not-ours");
  assert.equal(await distrust(answer({}, { ...kept.invitation, roles: 63 })), "other-rights");
  assert.equal(await distrust(answer({}, { ...kept.invitation, person: null })), "other-rights");
  assert.equal(await distrust(answer({}, "nonsense" as never)), "other-rights");
  assert.equal(await distrust(answer({}, kept.invitation, possession, "00".repeat(32))), "weak-key");
  const greedy = await signPossession(device, { ...kept.invitation, roles: 63 });
  assert.equal(await distrust(answer({}, kept.invitation, greedy)), "possession-invalid");
  for (const nonsense of [null, 7, {}, { enrolments: 3 }, { enrolments: [null, 1, { id: "x" }] }]) assert.deepEqual(readEnrolments(nonsense), []);
});

test("a lost phone's records stand as far as somebody says", () => {
  const read = (values: Record<string, string>, head?: number) => {
    const found = readRevocation({ reason: "stolen", ...values }, "aa".repeat(32), head);
    return found.ok ? [found.value.lastGood, found.value.reason] : Object.keys(found.faults);
  };
  assert.deepEqual(read({ which: "all" }, 41), [41, 2]);
  assert.deepEqual(read({ which: "all" }), [undefined, 2]);
  assert.deepEqual(read({ which: "none" }, 41), [undefined, 2]);
  assert.deepEqual(read({ which: "until", seq: "0" }, 41), [0, 2]);
  assert.deepEqual(read({ which: "until", seq: "42" }, 41), ["seq"]);
  assert.deepEqual(read({ which: "until", seq: "" }, 41), ["seq"]);
  assert.deepEqual(read({ which: "all", reason: "because" }, 41), ["reason"]);
});

test("a code is one path with the quiet zone that cameras need", () => {
  const { d, side } = path("https://nguon.example/app#moi=abc");
  assert.ok(side >= 21 + 8);
  // The first dark square of the finder pattern stands after four light ones; seven are dark in a row.
  assert.ok(d.startsWith("M4 4h7v1h-7z"), d.slice(0, 20));
});

let files: Map<string, Uint8Array>;
before(async () => {
  files = await built();
});

test("a manager invites, compares six digits, gives rights, and ends a lost phone", { skip: without }, () =>
  walk(files, "people", async (desk) => {
    const { ledger } = desk;
    await desk.page.goto(`${desk.origin}/app/desk`);
    await desk.sees("Bàn làm việc của hợp tác xã");
    await desk.looks("welcome");
    await desk.admitted();
    await desk.sees("Không có gì đang chờ");
    await desk.go("members");
    await desk.press("Mời thành viên");
    await desk.press("Tạo lời mời");
    await desk.sees("Chỗ này không để trống được.");
    await desk.fill({ name: "Trần Thị Sen", phone: "0912345678", work: "tổ 3" });
    await desk.looks("invite");
    await desk.press("Tạo lời mời");
    await desk.sees("Mã mời của Trần Thị Sen");
    await desk.looks("code");
    const [[id, enrolment]] = [...ledger.enrolments] as [[string, NonNullable<ReturnType<typeof ledger.enrolments.get>>]];
    assert.ok(!JSON.stringify([...ledger.enrolments]).includes("Sen"), "the server never sees the name");
    const link = (await desk.page.evaluate(`document.querySelector("input.link").value`)) as string;
    assert.ok(link.startsWith(`${desk.origin}/app#moi=`));
    // The phone answers.
    const phone = seedSigner(new Uint8Array(32).fill(9) as Bytes);
    enrolment.answer = { device: phone.key, possession: base64(await signPossession(phone, enrolment.invitation)) };
    enrolment.state = "answered";
    await desk.go("members");
    await desk.sees("1 máy đang chờ xác nhận");
    await desk.press("Trần Thị Sen");
    await desk.sees("hai màn hình hiện cùng sáu số");
    const digits = String(await desk.page.evaluate(`document.querySelector(".digits").innerText`)).replace(/\s/g, "");
    assert.equal(digits, comparison(id, phone.key));
    await desk.looks("confirm");
    await desk.press("Tôi đã gặp người này và hai màn hình hiện cùng sáu số.");
    await desk.press("Ký và giao quyền");
    await desk.logged(1);
    const [given] = ledger.log;
    assert.equal(given?.record.kind, KIND.delegate);
    assert.equal(hex(given?.record.control.subarray(0, 32) as Bytes), phone.key);
    assert.match(given?.payloads[0] ?? "", /Trần Thị Sen/);
    await desk.go("members");
    await desk.sees("0912345678");
    await desk.looks("members");
    // The phone is lost.
    await desk.press("Trần Thị Sen");
    await desk.press("Mất máy, ngắt khóa này");
    await desk.sees("Khóa đã ngắt không dùng lại được");
    await desk.looks("revoke");
    await desk.press("Ký và ngắt");
    await desk.logged(2);
    assert.ok(ledger.revoked.has(phone.key));
    assert.equal(hex(ledger.log[1]?.record.control as Bytes), `${phone.key}${"ff".repeat(8)}0001`);
    await desk.go("members");
    await desk.sees("Đã ngắt");
    await desk.go("looks");
    await desk.sees("Thành viên và máy");
  }));

test("what wants an answer stands on the first screen; a fork and a held record are resolved there", { skip: without }, () =>
  walk(files, "today", async (desk) => {
    const { ledger } = desk;
    const key = await desk.admitted();
    ledger.messages = {
      findings: [
        { lot: "https://nguon.example/thu/p/ca-chua/l/260412-A", path: "/p/ca-chua/l/260412-A", code: "inside_phi", severity: "blocking", vi: "Thu hoạch ngày 12/4/2026, còn 3 ngày mới hết thời gian cách ly.", en: "Harvested inside the pre-harvest interval.", records: [3] },
        { lot: "https://nguon.example/thu/p/ca-chua/l/260411-B", path: null, code: "no_certificate", severity: "warning", vi: "Lô nêu giấy chứng nhận đã hết hạn.", en: "The certificate has ended.", records: [] },
      ],
      held: [{ event_id: "ab".repeat(32), author: "cd".repeat(32), seq: 7, reason: "after-revocation", received_at_ms: NOW_MS }],
      forks: [{ key, first: "01".repeat(32), other: "02".repeat(32), frozen: true }],
      scan_signs: [{ lot: "https://nguon.example/thu/p/ca-chua/l/260412-A", path: null, number: 17, day: "2026-04-14", sign: "far_apart" }],
      reports: [{ case: "K7-2", lot: "https://nguon.example/thu/p/ca-chua/l/260412-A", reason: "looks-different", words: "<b>Tem</b> bị rách\u202e", received_at_ms: NOW_MS, progress: "received" }],
    };
    await desk.go("");
    await desk.sees("Thu hoạch ngày 12/4/2026");
    await desk.sees("“<b>Tem</b> bị rách”");
    await desk.looks("today");
    await desk.page.evaluate(`[...document.querySelectorAll(".todo")].find((one) => one.innerText.includes("bị giữ")).querySelector("button").click()`);
    await desk.sees("đứng ra chịu trách nhiệm");
    await desk.looks("held");
    await desk.press("Ký nhận bản ghi này");
    await desk.logged(1);
    assert.equal(ledger.log[0]?.record.kind, KIND.adopt);
    assert.equal(hex(ledger.log[0]?.record.control as Bytes), "ab".repeat(32));
    await desk.sees("Một khóa ký hai bản");
    await desk.page.evaluate(`[...document.querySelectorAll(".todo")].find((one) => one.innerText.includes("ký hai bản")).querySelector("button").click()`);
    await desk.sees("Bản vào sổ trước vẫn đúng");
    await desk.looks("fork");
    await desk.press("Nhận cả bản kia");
    await desk.logged(2);
    assert.equal(hex(ledger.log[1]?.record.control as Bytes), "02".repeat(32));
    await desk.go("outbox");
    await desk.sees("Đã vào sổ");
    await desk.looks("outbox");
    assert.ok(unhex(key, 32) !== undefined);
  }));

test("a laptop comes in by a link: its key is made here, six digits are read out, and it opens when somebody has signed", { skip: without }, () =>
  walk(files, "join", async (desk) => {
    const { ledger, page } = desk;
    const made = invite({ ...FORM, roles: "diary\nlot\ncommerce" }, { ...CONTEXT, nowMs: Date.now() });
    const late = invite({ ...FORM, until: "2028-04-12" }, { ...CONTEXT, nowMs: Date.now() });
    assert.ok(made.ok && late.ok);
    ledger.enrolments.set(made.value.id, { invitation: made.value.invitation, created_at_ms: 1, expires_at_ms: Date.now() + 1e7, answer: null, state: "open" });
    await page.goto(`${desk.origin}/app/desk`);
    await desk.fill({ link: "https://nguon.example/" });
    await desk.press("Nhận lời mời");
    await desk.sees("Đây không phải liên kết mời");
    await desk.fill({ link: linkOf(desk.origin, late.value, "HTX") });
    await desk.press("Nhận lời mời");
    await desk.sees("Không có lời mời này");
    await desk.press("Thôi");
    await page.goto("about:blank");
    await page.goto(linkOf(desk.origin, made.value, "HTX Rau").replace("/app#", "/app/desk#"));
    await desk.sees("HTX Rau Đơn Dương mời bạn");
    assert.ok(!String(await page.evaluate("location.href")).includes("moi="), "the secret does not stay in the address");
    await desk.looks("join");
    await desk.press("Nhận lời và tạo khóa");
    await desk.sees("Chờ xác nhận");
    const { answer } = ledger.enrolments.get(made.value.id) as NonNullable<ReturnType<typeof ledger.enrolments.get>>;
    const shown = String(await page.evaluate(`document.querySelector(".digits").innerText`)).replace(/\s/g, "");
    assert.equal(shown, comparison(made.value.id, answer?.device ?? ""));
    await desk.looks("join-wait");
    // The manager's side takes what this browser answered.
    const [laid] = readEnrolments({ enrolments: [{ id: made.value.id, ...ledger.enrolments.get(made.value.id) }] });
    assert.ok("control" in (await delegationOf(made.value, laid as NonNullable<typeof laid>)));
    ledger.admitted.add(answer?.device ?? "");
    ledger.members.push({ key: answer?.device ?? "", name: "Nguyễn Văn Ba", roles: ["diary", "lot", "commerce"] });
    (ledger.enrolments.get(made.value.id) as { state: string }).state = "admitted";
    await desk.sees("Không có gì đang chờ");
    await desk.sees("Nguyễn Văn Ba");
  }));

test("the link that the desk writes is the one that the farmer's app reads", () => {
  const made = invite(FORM, CONTEXT);
  assert.ok(made.ok);
  assert.deepEqual(readLink(linkOf("https://nguon.example", made.value, "HTX")), { id: made.value.id, name: "Nguyễn Văn Ba", org: "HTX" });
});
