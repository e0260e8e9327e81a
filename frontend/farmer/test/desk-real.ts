/**
 * The desk against a real ledger's server: `node desk-real.mjs < given.json`. It is no part of `node test.mjs`, because somebody has to start
 * that server.
 *
 * ```json
 * {"server": "http://127.0.0.1:8080", "link": "http://127.0.0.1:8080/app/desk#moi=…"}
 * ```
 *
 * The link is an invitation with all roles that somebody admits by itself, as `nguon demo` prints one. The page comes from this tree's own
 * build; everything else is the server's.
 */

import assert from "node:assert/strict";
import { createServer, request as ask } from "node:http";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { built, Desk } from "./desk-browser.ts";
import { project } from "./given.ts";
import { type FakeDesk } from "./desk-server.ts";

interface Given {
  readonly server: string;
  readonly link: string;
}

async function standardInput(): Promise<Given> {
  let text = "";
  for await (const chunk of process.stdin) text += chunk;
  return JSON.parse(text) as Given;
}

const given = await standardInput();
const files = await built();
const upstream = new URL(given.server);
const server = createServer((request, response) => {
  const file = files.get((request.url ?? "").split("?")[0] ?? "");
  if (file !== undefined) {
    const ending = (request.url ?? "").slice((request.url ?? "").lastIndexOf(".") + 1);
    const types: Readonly<Record<string, string>> = { js: "text/javascript", css: "text/css", json: "application/json", svg: "image/svg+xml" };
    response.writeHead(200, { "content-type": types[ending] ?? "text/html; charset=utf-8" });
    return void response.end(file);
  }
  const onward = ask({ hostname: upstream.hostname, port: upstream.port, path: request.url, method: request.method, headers: request.headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  request.pipe(onward);
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const address = server.address();
const origin = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;

const { Browser } = (await import(pathToFileURL(project("tests/browser/chromium.mjs")).href)) as { Browser: { start(): Promise<any> } };
const browser = await Browser.start();
const folder = await mkdtemp(join(tmpdir(), "nguon-desk-real-"));
const told = (what: string): void => console.log(`ok: ${what}`);
try {
  const page = await browser.page({ width: 1280, height: 900 });
  const desk = new Desk(page, undefined as unknown as FakeDesk, origin, "real");
  await desk.width(1280);
  await page.goto(`${origin}/app/desk${given.link.slice(given.link.indexOf("#"))}`);
  await desk.sees("mời bạn");
  await desk.press("Nhận lời và tạo khóa");
  await desk.sees("Việc hôm nay");
  await desk.sees("Hay làm");
  await desk.looks("real-today");
  told("a laptop came in by its link");

  /** Until every entry of this browser is in the log, its receipt verified; and so many of them are there. */
  let made = 0;
  const settled = async (more: number): Promise<void> => {
    made += more;
    await page.until(`(async () => {
      const base = await new Promise((resolve) => { const open = indexedDB.open("nguon"); open.onsuccess = () => resolve(open.result); });
      const all = await new Promise((resolve) => { const get = base.transaction("outbox").objectStore("outbox").getAll(); get.onsuccess = () => resolve(get.result); });
      base.close();
      const refused = all.find((one) => one.state.at === "refused");
      if (refused !== undefined) throw new Error(JSON.stringify(refused.state));
      return all.length === ${made} && all.every((one) => one.state.at === "log");
    })()`);
    await page.until(`document.querySelector("#standing").innerText === "Đã vào sổ hết"`);
    // The server's lists follow the log.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  };

  const signs = async (): Promise<void> => {
    await desk.sees("Bộ quy tắc sẽ nói gì");
    await page.until(`(() => {
      const open = [...document.querySelectorAll("dialog[open]")].at(-1);
      if (!/Bộ quy tắc/.test(open?.innerText ?? "")) return true;
      const tick = [...open.querySelectorAll("label.tick input")].at(-1);
      if (tick && !tick.checked) tick.click();
      const press = [...open.querySelectorAll("button.primary")].find((one) => one.innerText.trim() === "Ký và gửi" && !one.disabled);
      if (press === undefined) return false;
      press.click();
      return true;
    })()`);
    await page.until(`document.querySelectorAll("dialog[open]").length === 0`);
    await settled(1);
  };

  for (const screen of ["plots", "products", "certificates", "lots", "labels", "listings", "recalls", "findings", "members", "looks", "erasures", "organisation", "sheets", "inspector", "outbox"]) {
    await desk.go(screen);
    const text = await desk.text();
    assert.ok(!/Có lỗi trên máy này|chưa có phần đó/.test(text), `${screen}: ${text}`);
    await desk.looks(`real-${screen}`);
  }
  told("every screen stands on the server's own answers");

  const stamp = Date.now().toString(36).slice(-5);
  await desk.go("plots");
  await desk.press("Thêm thửa");
  await desk.fill({ code: `BAN-${stamp}`, crop: "Cà phê chè", cropCode: "arabica", commune: "Xuân Trường - Đà Lạt", place: "11.8501, 108.5501\n11.8501, 108.5512\n11.8511, 108.5513\n11.8512, 108.5502" });
  await desk.sees("4 góc");
  await desk.press("Xem lại trước khi ký");
  await desk.sees("Bộ quy tắc sẽ nói gì");
  await desk.looks("real-plot");
  await signs();
  await desk.go("plots");
  await page.evaluate(`{ const search = document.querySelector("input.search"); search.value = "ban-${stamp}"; search.dispatchEvent(new Event("input")); }`);
  await desk.sees(`BAN-${stamp}`);
  told("a plot's card was judged, signed, logged, its receipt verified");

  await desk.go("products");
  await desk.press("Thêm sản phẩm");
  await desk.fill({ name: "Cà phê thử", code: `thu-${stamp}`, unitName: "túi", netContent: "0,25", category: "coffee" });
  await desk.press("Xem lại trước khi ký");
  await signs();
  await desk.go("products");
  await desk.sees("Cà phê thử");
  told("a product's card");

  // The diary comes in as a sheet: a fault first, then what is right.
  const csv = join(folder, "nhat-ky.csv");
  const template = (await page.evaluate(`fetch("/api/v1/desk/template/diary.xlsx").then((answer) => answer.status)`)) as number;
  assert.equal(template, 200);
  await desk.go("sheets");
  await writeFile(csv, "\ufeffXin chào;Thế giới\n1;2\n");
  await page.choose('input[name="plots"]', csv);
  await desk.sees("ô cần sửa");
  await desk.looks("real-faults");
  await desk.press("Tôi đã hiểu");
  await writeFile(csv, `\ufeffMã thửa;Cây trồng;Diện tích (m²);Xã, phường\nTRANG-${stamp};Cà phê;1250;Phường Xuân Trường - Đà Lạt\nTRANG2-${stamp};Cà phê;900;Phường Xuân Trường - Đà Lạt\n`);
  await page.choose('input[name="plots"]', csv);
  await page.until(`document.querySelector("dialog[open]") !== null`);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await desk.looks("real-preview");
  const preview = await desk.text();
  assert.match(preview, /Đọc được 2 dòng/, preview);
  await desk.press("Ký cả 2 dòng");
  await settled(2);
  await desk.go("plots");
  await page.evaluate(`{ const search = document.querySelector("input.search"); search.value = "trang"; search.dispatchEvent(new Event("input")); }`);
  await desk.sees(`TRANG2-${stamp}`);
  told("a sheet was refused by its cells, and another signed row by row");

  // A member is invited, and the invitation withdrawn.
  await desk.go("members");
  await desk.press("Mời thành viên");
  await desk.fill({ name: "Người Thử" });
  await desk.press("Tạo lời mời");
  await desk.sees("Mã mời của Người Thử");
  await page.evaluate(`document.querySelector("dialog[open]").close()`);
  await desk.sees("Chờ quét");
  told("an invitation was laid down");

  await desk.go("lots");
  await page.until(`document.querySelectorAll("tbody tr.opens").length > 0`);
  const rows = (await page.evaluate(`[...document.querySelectorAll("tbody tr.opens")].map((row) => [...row.children].map((cell) => cell.innerText))`)) as string[][];
  // Something that is still there in kilograms.
  const loose = rows.find((row) => /[1-9].* kg$/.test(row[4] ?? ""));
  assert.ok(loose !== undefined, JSON.stringify(rows.slice(0, 5)));
  await desk.press("Đóng gói");
  await page.until(`document.querySelector("dialog[open] .finder input") !== null`);
  await page.evaluate(`(() => { const field = document.querySelector("dialog[open] .finder input"); field.value = ${JSON.stringify(`${loose[0]} · ${loose[1]}`)}; field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true })); })()`);
  await page.until(`document.querySelector(".chosen .amount") !== null`);
  await page.evaluate(`{ const amount = document.querySelector(".chosen .amount"); amount.value = "1"; amount.dispatchEvent(new Event("input")); const product = document.querySelector('select[name="product"]'); product.value = [...product.options].find((one) => one.text === "Cà phê thử").value; product.dispatchEvent(new Event("input", { bubbles: true })); }`);
  await desk.fill({ number: `T-${stamp}`, made: "4" });
  await desk.press("Xem lại trước khi ký");
  await desk.sees("Bộ quy tắc sẽ nói gì");
  await desk.looks("real-pack");
  await signs();
  await desk.go("lots");
  await page.evaluate(`{ const search = document.querySelector("input.search"); search.value = "t-${stamp}"; search.dispatchEvent(new Event("input")); }`);
  await desk.sees(`T-${stamp}`);
  told("goods were packed");

  await page.evaluate(`document.querySelector("tbody tr.opens").click()`);
  await desk.sees("Tem nhãn");
  await desk.press("Tem nhãn");
  await desk.sees(`Tem của lô T-${stamp}`);
  await desk.press("Ghi đã in");
  await desk.press("Xem lại trước khi ký");
  await signs();
  await desk.sees("1–4");
  const codes = (await page.evaluate(`(async () => { const made = URL.createObjectURL; const bytes = new Promise((resolve) => { URL.createObjectURL = (blob) => { blob.text().then(resolve); return made.call(URL, blob); }; }); [...document.querySelectorAll("button")].find((one) => one.innerText === "Tải mã tem (CSV)").click(); return bytes; })()`)) as string;
  assert.match(codes, /^number,serial,url\n1,/);
  told("labels were recorded, and their codes downloaded");

  await desk.go("lots");
  await page.evaluate(`{ const search = document.querySelector("input.search"); search.value = "t-${stamp}"; search.dispatchEvent(new Event("input")); }`);
  await page.until(`document.querySelectorAll("tbody tr.opens").length === 1`);
  await page.evaluate(`document.querySelector("tbody tr.opens").click()`);
  await desk.press("Đính chính");
  await page.until(`document.querySelectorAll("dialog[open] .lines li").length > 0`);
  await desk.looks("real-correct");
  await page.evaluate(`[...document.querySelectorAll("dialog[open] .lines li")].find((one) => one.innerText.includes("Ghi tem")).querySelector("button").click()`);
  await desk.press("Xem lại trước khi ký");
  await desk.sees("Bộ quy tắc sẽ nói gì");
  await desk.looks("real-correct-sign");
  await page.until(`(() => { const open = [...document.querySelectorAll("dialog[open]")].at(-1); const tick = [...open.querySelectorAll("label.tick input")].at(-1); if (tick && !tick.checked) tick.click(); const press = [...open.querySelectorAll("button.primary")].find((one) => one.innerText.trim() === "Ký và gửi" && !one.disabled); press?.click(); return press !== undefined; })()`);
  await page.until(`document.querySelectorAll("dialog[open]").length <= 1`);
  await settled(1);
  told("a record was declared wrong");

  await desk.go("recalls");
  await desk.press("Gọi hàng về");
  await page.until(`document.querySelector("dialog[open] .finder input") !== null`);
  await page.evaluate(`(() => { const field = document.querySelector("dialog[open] .finder input"); field.value = "T-${stamp}"; field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true })); })()`);
  await desk.sees("Sẽ gọi về");
  await desk.fill({ reason: "Thử lệnh thu hồi trên máy tập" });
  await desk.looks("real-recall");
  await desk.press("Xem lại trước khi ký");
  await signs();
  await desk.go("recalls");
  await desk.sees(`T-${stamp}`);
  told("a lot was recalled");
  assert.deepEqual(page.complaints, []);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser.stop();
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
}
