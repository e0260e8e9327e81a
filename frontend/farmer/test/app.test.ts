/**
 * The whole app in Chromium, against the test's ledger over HTTP: from the invitation to the record in the log, with the network cut, the
 * browser killed and started again, two pages at once, a clock in 1970, a refusal, an update, a full disk.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { writeLink } from "../src/farmer/enrolment.ts";
import { digits, fits, picture, sees, type } from "./browse.ts";
import { enrolled, ID, inBrowser, LINK, made, Phone, spray, steps, story } from "./phone.ts";
import { FakeServer, serve } from "./server.ts";

test("from the invitation to the log: three weeks without network, the browser killed in between", inBrowser, () =>
  story("weeks", async (phone, ledger) => {
    let page = await enrolled(phone, ledger);
    await sees(page, "Sẵn sàng");
    await fits(page, "home");
    await picture(page, "home");
    await page.until(`caches.keys().then((names) => names.length === 1)`);
    await spray(page, true);
    await sees(page, "đã vào sổ");
    await picture(page, "done");
    assert.equal(ledger.log.length, 1);

    await phone.network(false);
    await page.press("Về màn hình chính");
    await page.press("Thu hoạch");
    await sees(page, "Còn 7 ngày cách ly");
    await fits(page, "harvest");
    await picture(page, "harvest");
    await page.press("Nông sản");
    await page.press("Cà chua Đơn Dương");
    await page.press("Khối lượng");
    await picture(page, "pad");
    await digits(page, "120");
    await page.press("Ký và lưu");
    await sees(page, "Chưa hết thời gian cách ly");
    await picture(page, "warning");
    await page.press("Đúng vậy, cứ ký");
    await sees(page, "trên máy");

    // The phone dies in the field, and is started again where there is no network.
    page = await phone.restart();
    await page.until(`document.body.dataset.screen === "home"`);
    await sees(page, "1 mục trên máy");
    await picture(page, "offline");
    // The second time everything stands there already: two presses.
    await spray(page, false);
    await page.press("Về màn hình chính");
    assert.equal(ledger.log.length, 1);

    await phone.network(true);
    await page.evaluate(`dispatchEvent(new Event("online"))`);
    await sees(page, "Tất cả đã vào sổ");
    assert.equal(ledger.log.length, 3);
    assert.ok(ledger.isSound());
    await page.press("Sổ tay");
    await sees(page, "Đã vào sổ");
    await fits(page, "outbox");
    await picture(page, "outbox");
    await page.press("Lô của tôi");
    await sees(page, "120 kg");
    await fits(page, "lots");
    await picture(page, "lots");
  }));

test("before anybody stands behind the key, things are entered all the same", inBrowser, () =>
  story("admission", async (phone, ledger) => {
    ledger.invite(ID);
    const page = await phone.start("/app");
    await sees(page, "Ghi việc ruộng");
    await fits(page, "welcome");
    await picture(page, "welcome");
    await type(page, "#link", `${phone.origin}/app#${LINK}`);
    await page.press("Mở lời mời");
    await sees(page, "HTX Rau Đơn Dương mời bạn");
    await fits(page, "enrol");
    await picture(page, "enrol");
    await page.press("Nhận lời và tạo khóa");
    await sees(page, "Đọc sáu số này");
    await fits(page, "waiting");
    await picture(page, "waiting");
    await page.press("Bắt đầu ghi");
    await sees(page, "chưa nhận máy này");
    // The same link again leads to the same wait, and makes no second key.
    await page.evaluate(`location.hash = ${JSON.stringify(LINK)}`);
    await sees(page, "Đọc sáu số này");
    // The code on another phone.
    const other = await phone.browser.page({ height: 640 });
    await other.goto(`${phone.origin}/app#${LINK}`);
    await sees(other, "đã được dùng trên một máy khác");
    await picture(other, "used");
    await other.close();
  }));

test("two pages of one phone sign and send at once: one chain, nothing twice", inBrowser, () =>
  story("pages", async (phone, ledger) => {
    const left = await enrolled(phone, ledger);
    await spray(left, true);
    await left.press("Về màn hình chính");
    const right = await phone.open();
    await right.goto(`${phone.origin}/app`);
    await right.until(`document.body.dataset.screen === "home"`);
    for (let n = 0; n < 3; n += 1) {
      await left.press("Phun thuốc");
      await right.press("Phun thuốc");
      await Promise.all([left.press("Ký và lưu"), right.press("Ký và lưu")]);
      await Promise.all([sees(left, "Đã ghi và ký"), sees(right, "Đã ghi và ký")]);
      await left.press("Về màn hình chính");
      await right.press("Về màn hình chính");
    }
    await sees(left, "Tất cả đã vào sổ");
    assert.equal(ledger.log.length, 7);
    assert.ok(ledger.isSound());
    assert.equal(new Set(steps(ledger)).size, 1);
    await right.close();
  }));

test("two phones of one farm, both without network on one plot: two chains, two lots, all of it in the log", inBrowser, async () => {
  const ledger = new FakeServer();
  const served = await serve(join(made.folder, "dist"), ledger);
  const phones = [new Phone(served, join(made.folder, "left")), new Phone(served, join(made.folder, "right"))];
  try {
    for (const [at, phone] of phones.entries()) {
      const id = `${at}e`.repeat(16);
      ledger.invite(id);
      const page = await phone.start(`/app#${writeLink({ id, name: `Người ${at}`, org: "HTX" })}`);
      await page.press("Nhận lời và tạo khóa");
      await sees(page, "Đọc sáu số này");
      ledger.admit_(id);
      await page.evaluate(`dispatchEvent(new Event("online"))`);
      await page.until(`document.body.dataset.screen === "home"`);
      await spray(page, true);
      await sees(page, "đã vào sổ");
      await page.press("Về màn hình chính");
    }
    await served.cut();
    for (const { page } of phones) {
      await page.offline(true);
      await page.press("Thu hoạch");
      await page.press("Nông sản");
      await page.press("Cà chua bi");
      await page.press("Khối lượng");
      await digits(page, "50");
      await page.press("Ký và lưu");
      await page.press("Đúng vậy, cứ ký");
      await sees(page, "trên máy");
      await page.press("Về màn hình chính");
    }
    await served.restore();
    for (const { page } of phones) {
      await page.offline(false);
      await page.evaluate(`dispatchEvent(new Event("online"))`);
      await sees(page, "Tất cả đã vào sổ");
    }
    assert.equal(ledger.log.length, 4);
    assert.ok(ledger.isSound());
    const lots = ledger.log.slice(2).map((one) => JSON.parse(one.payloads[0] ?? "{}")["quantityList"][0]["epcClass"]);
    assert.equal(new Set(lots).size, 2, `each phone's lot has a name of its own: ${lots.join(", ")}`);
  } finally {
    for (const phone of phones) await phone.browser?.stop();
    await served.cut();
  }
});

test("a phone that thinks it is 1970 enters and sends, and is told so", inBrowser, () =>
  story(
    "clock",
    async (phone, ledger) => {
      const page = await enrolled(phone, ledger);
      await sees(page, "Đồng hồ của máy sai nhiều");
      await spray(page, true);
      await sees(page, "đã vào sổ");
      const [logged] = ledger.log;
      assert.equal(logged?.record.deviceTimeMs, 0n);
      const said = Date.parse(JSON.parse(logged?.payloads[0] ?? "{}")["eventTime"]);
      assert.ok(Math.abs(said - Date.now()) < 120_000, "the event's time is the server's");
      await page.press("Về màn hình chính");
      await page.press("Cài đặt");
      await picture(page, "clock");
    },
    "{ const real = Date.now.bind(Date); const began = real(); Date.now = () => real() - began + 86_400_000; }",
  ));

test("a refusal is shown with its reason, the rest goes on, and the entry can be corrected", inBrowser, () =>
  story("refusal", async (phone, ledger) => {
    const page = await enrolled(phone, ledger);
    ledger.refuse = (payload) => (payload.includes("fertilising") ? "payload-too-large" : undefined);
    await spray(page, true);
    await page.press("Về màn hình chính");
    await page.press("Bón phân");
    await page.press("Loại phân");
    await page.press("Loại phân khác");
    await type(page, "dialog[open] input[type=text]", "NPK 16-16-8");
    await page.press("Xong");
    await page.press("Lượng dùng");
    await digits(page, "20");
    await page.press("Ký và lưu");
    await sees(page, "Sổ không nhận mục này");
    await page.press("Mở xem");
    await sees(page, "Sửa và ghi lại");
    await fits(page, "refused");
    await picture(page, "refused");
    ledger.refuse = () => undefined;
    await page.press("Sửa và ghi lại");
    await sees(page, "NPK 16-16-8");
    await page.press("Ký và lưu");
    await sees(page, "đã vào sổ");
    assert.equal(ledger.log.length, 2);
    assert.ok(ledger.isSound());
    await page.press("Về màn hình chính");
    await sees(page, "Tất cả đã vào sổ");
    await page.press("Sổ tay");
    await sees(page, "Sổ không nhận, đã xem");
  }));

test("a newer app waits until somebody wants it, and what was entered is all there after it", inBrowser, () =>
  story("update", async (phone, ledger) => {
    let page = await enrolled(phone, ledger);
    await spray(page, true);
    await sees(page, "đã vào sổ");
    await page.press("Về màn hình chính");
    await phone.served.cut();
    await spray(page, false);
    await page.press("Về màn hình chính");
    await phone.served.restore();
    phone.served.change((file, bytes) => (file === "sw.js" ? Buffer.from(bytes.toString("utf8").replace(/"[0-9a-f]{16}"/, '"feedfacefeedface"')) : bytes));
    page = await phone.restart();
    await sees(page, "Đã có bản mới");
    await picture(page, "update");
    assert.deepEqual(await page.evaluate(`caches.keys().then((names) => names.length)`), 2);
    await page.press("Dùng bản mới");
    await page.until(`caches.keys().then((names) => names.length === 1 && names[0].endsWith("feedfacefeedface")).catch(() => false)`);
    await page.until(`document.body.dataset.screen === "home"`);
    await sees(page, "Tất cả đã vào sổ");
    assert.equal(ledger.log.length, 2);
  }));

test("a full phone says that the entry is not kept, and keeps it once there is room", inBrowser, () =>
  story("full", async (phone, ledger) => {
    const page = await enrolled(phone, ledger);
    await spray(page, true);
    await sees(page, "đã vào sổ");
    await page.press("Về màn hình chính");
    await page.press("Phun thuốc");
    await page.evaluate(`(() => {
      const add = IDBObjectStore.prototype.add;
      window.full = true;
      IDBObjectStore.prototype.add = function (...given) {
        if (window.full) throw new DOMException("full", "QuotaExceededError");
        return add.apply(this, given);
      };
    })()`);
    await page.press("Ký và lưu");
    await sees(page, "CHƯA lưu được mục này");
    await picture(page, "full");
    await page.press("Tôi đã hiểu");
    assert.equal(ledger.log.length, 1);
    await page.evaluate("window.full = false");
    await page.press("Ký và lưu");
    await sees(page, "đã vào sổ");
    assert.equal(ledger.log.length, 2);
    assert.ok(ledger.isSound());
  }));
