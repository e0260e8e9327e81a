/**
 * The app against a real ledger's server: `node real.mjs` with a JSON on standard input.
 *
 * ```json
 * {"server": "http://127.0.0.1:8080", "organisation": "<id>", "manager": "<seed of a root or admin key, hex>", "plot": "T01", "product": "Cà chua", "shell": true}
 * ```
 *
 * The test plays the manager with the app's own core, and the farmer in Chromium. What the browser asks goes through a proxy of the test's own,
 * which can cut the line; with `shell` it also serves the app's shell, for a server that does not yet.
 */

import assert from "node:assert/strict";
import { createServer, request as ask, type IncomingMessage } from "node:http";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { IDBFactory } from "fake-indexeddb";
import { type Bytes, hex, unbase64, utf8 } from "../../verifier/src/core/bytes.ts";
import { KIND } from "../../verifier/src/core/record.ts";
import { type Author, Book } from "../src/core/book.ts";
import { Clock } from "../src/core/clock.ts";
import { comparison } from "../src/core/digests.ts";
import { commitmentOf, delegation, type Invitation, opening, revocation, ROLE, SECTION } from "../src/core/draft.ts";
import { seedSigner } from "../src/core/key.ts";
import { LogView } from "../src/core/log.ts";
import { Outbox } from "../src/core/outbox.ts";
import { Server } from "../src/core/server.ts";
import { Database } from "../src/core/store.ts";
import { type Who } from "../src/farmer/data.ts";
import { freshId, writeLink } from "../src/farmer/enrolment.ts";
import { Browsers, digits, fits, picture, type Page, sees, type as typed } from "./browse.ts";
import { bytes, here, project } from "./given.ts";

interface Given {
  readonly server: string;
  readonly organisation: string;
  readonly manager: string;
  readonly plot: string;
  readonly product: string;
  readonly shell?: boolean;
}

async function standardInput(): Promise<Given> {
  let text = "";
  for await (const chunk of process.stdin) text += chunk;
  return JSON.parse(text) as Given;
}

/** The co-operative's manager: a key, an outbox, no screen. */
class Manager {
  private constructor(
    readonly server: Server,
    readonly author: Author,
    readonly book: Book,
    readonly outbox: Outbox,
  ) {}

  static async of({ server: base, organisation, manager }: Given): Promise<Manager> {
    const db = await Database.open("manager", new IDBFactory());
    const signer = seedSigner(bytes(manager));
    const server = new Server(base, new Clock());
    const ledger = await server.json<{ ledger_id: string }>({ path: "/api/v1/ledger" });
    assert.ok(ledger.ok);
    const author = { signer, ledger: ledger.value.ledger_id, organisation };
    const log = new LogView(db, server);
    const who = await server.json<Who>({ path: "/api/v1/desk", signer }, author.ledger);
    assert.ok(who.ok, JSON.stringify(who));
    const head = who.value.key?.head;
    if (head !== null && head !== undefined) await db.put("chains", { author: signer.key, seq: head.seq + 1, prev: head.event_id });
    const outbox = new Outbox(db, server, log, { signerOf: () => signer });
    return new Manager(server, author, new Book(db, server.clock, () => log.seen(author.ledger)), outbox);
  }

  async signed(method: string, path: string, body?: unknown): Promise<any> {
    const ask = { method, path, signer: this.author.signer, ...(body === undefined ? {} : { body: utf8(JSON.stringify(body)) }) };
    const answer = await this.server.json<any>(ask, this.author.ledger);
    assert.ok(answer.ok, `${method} ${path}: ${JSON.stringify(answer)}`);
    return answer.value;
  }

  /** Lays an invitation down; the person's opening stays with the manager. */
  async invite(name: string): Promise<{ id: string; link: string; admit: (shown: string) => Promise<string> }> {
    const id = freshId();
    const person = opening(SECTION.person, utf8(JSON.stringify({ type: "nguon:Person", name, phone: "0110000009", role: "grower" })));
    const { ledger, organisation } = this.author;
    const invitation: Invitation = { ledger_id: ledger, organisation, roles: ROLE.diary | ROLE.lot, flags: 0, not_after_ms: Date.now() + 400 * 86_400_000, person: hex(commitmentOf(person)) };
    await this.signed("PUT", `/api/v1/desk/enrolments/${id}`, { invitation, expires_at_ms: Date.now() + 86_400_000 });
    const admit = async (shown: string): Promise<string> => {
      const { enrolments } = await this.signed("GET", "/api/v1/desk/enrolments");
      const { answer, state } = enrolments.find((one: { id: string }) => one.id === id);
      assert.equal(state, "answered");
      assert.equal(comparison(id, answer.device), shown, "both screens show the same six digits");
      const body = delegation(answer.device, invitation, unbase64(answer.possession) as Bytes);
      await this.book.control(this.author, KIND.delegate, body, { summary: { step: "delegate", timeMs: Date.now() } }, person);
      assert.notEqual(await this.outbox.round(), "closed");
      assert.ok((await this.outbox.entries()).every((one) => one.state.at === "received" || one.state.at === "log"), JSON.stringify((await this.outbox.entries()).map((one) => one.state)));
      return answer.device as string;
    };
    return { id, link: writeLink({ id, name, org: "HTX" }), admit };
  }

  /** Waits until the read models say it. */
  async until(path: string, holds: (answer: any) => boolean): Promise<void> {
    for (const end = Date.now() + 60_000; Date.now() < end; ) {
      if (holds(await this.signed("GET", path))) return;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    assert.fail(`in vain: ${path}`);
  }

  /** Enters a watering in somebody's name. */
  async enterFor(name: string, plot: string): Promise<void> {
    const facts = { kind: "event", timeMs: Date.now(), what: { type: "ObjectEvent", action: "OBSERVE", objects: [{ uri: plot }] }, step: { key: "irrigation", water: "Giếng" }, place: plot, forAnother: true } as const;
    const person = { type: SECTION.person, payload: utf8(JSON.stringify({ type: "nguon:Person", name, role: "grower" })) };
    const found = await this.signed("GET", `/api/v1/desk/subject?uri=${encodeURIComponent(plot)}`);
    await this.book.say(this.author, facts, { summary: { step: "irrigation", timeMs: facts.timeMs }, private: [person], salts: { [plot]: found.salt } });
    await this.outbox.round();
    await this.until(`/api/v1/desk/diary?plot=${encodeURIComponent(plot)}`, (answer) => answer.entries.some((one: any) => one.entered_for_another));
  }

  async revoke(device: string, lastGood: number | undefined): Promise<void> {
    await this.book.control(this.author, KIND.revoke, revocation(device, lastGood, 1), { summary: { step: "revoke", timeMs: Date.now() } });
    await this.outbox.round();
  }
}

/** Passes everything on to the ledger's server, as long as the line is there. */
async function line(given: Given, shell: string): Promise<{ origin: string; cut(): void; restore(): void; close(): void }> {
  let isCut = false;
  const special: Readonly<Record<string, string>> = { "/app": "app.html", "/app/sw.js": "sw.js", "/app/manifest.webmanifest": "manifest.webmanifest" };
  const types: Readonly<Record<string, string>> = { js: "text/javascript", css: "text/css", json: "application/json", html: "text/html; charset=utf-8", svg: "image/svg+xml", png: "image/png", webmanifest: "application/manifest+json" };
  const own = async (path: string): Promise<Buffer | undefined> => {
    const file = special[path] ?? /^\/assets\/([A-Za-z0-9._-]+)$/.exec(path)?.[1];
    return file === undefined || given.shell !== true ? undefined : readFile(join(shell, file)).catch(() => undefined);
  };
  const server = createServer((request: IncomingMessage, response) => {
    if (isCut) return void request.socket.destroy();
    const path = (request.url ?? "").split("?")[0] ?? "";
    void own(path).then((file) => {
      if (file !== undefined) {
        const name = special[path] ?? path;
        response.writeHead(200, { "content-type": types[name.slice(name.lastIndexOf(".") + 1)] ?? "text/plain", "service-worker-allowed": "/app" });
        return void response.end(file);
      }
      const { hostname, port } = new URL(given.server);
      const onward = ask({ hostname, port, path: request.url, method: request.method, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on("error", () => response.destroy());
      request.pipe(onward);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    origin: `http://127.0.0.1:${address.port}`,
    cut: () => {
      isCut = true;
      server.closeAllConnections();
    },
    restore: () => {
      isCut = false;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function enter(page: Page, manager: Manager, origin: string, name: string): Promise<string> {
  const invitation = await manager.invite(name);
  await page.goto(`${origin}/app#${invitation.link}`);
  await page.press("Nhận lời và tạo khóa");
  await sees(page, "Đọc sáu số này");
  const shown = String(await page.evaluate(`document.querySelector(".digits").innerText`)).replace(/\s/g, "");
  const device = await invitation.admit(shown);
  await page.evaluate(`dispatchEvent(new Event("online"))`);
  await page.until(`document.body.dataset.screen === "home"`);
  // The plots have come once the chooser has them.
  await page.until(`new Promise((resolve) => { const open = indexedDB.open("nguon"); open.onsuccess = () => { const all = open.result.transaction("diary").objectStore("diary").count(); all.onsuccess = () => { open.result.close(); resolve(all.result > 0); }; }; })`);
  return device;
}

/** The URI of the plot with this code. */
async function plotOf(manager: Manager, code: string): Promise<string> {
  for (let after = ""; ; ) {
    const { subjects, next } = await manager.signed("GET", `/api/v1/desk/subjects?kind=plot${after}`);
    const found = subjects.find((one: any) => one.state["nguon:code"] === code);
    if (found !== undefined) return found.uri as string;
    assert.notEqual(next, null, `no plot ${code}`);
    after = `&after=${encodeURIComponent(next)}`;
  }
}

async function play(given: Given): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "nguon-real-"));
  const { everything } = (await import(pathToFileURL(here("build.mjs")).href)) as { everything(out: string): Promise<unknown> };
  await everything(join(folder, "dist"));
  const manager = await Manager.of(given);
  const wire = await line(given, join(folder, "dist"));
  const browsers = await Browsers.load(project("tests/browser/chromium.mjs"));
  const profile = join(folder, "phone");
  let browser = await browsers.start({ folder: profile });
  try {
    let page = await browser.page({ shared: true, height: 640 });
    const device = await enter(page, manager, wire.origin, "Nguyễn Văn Ba");
    console.log("admitted: the manager saw the same six digits, and the delegation is in the log");

    await page.press("Phun thuốc");
    await page.press("Thửa");
    await page.press(given.plot);
    await page.press("Tên thuốc");
    await page.press("Thuốc khác");
    await typed(page, "dialog[open] input[type=text]", "Ví Dụ Aba 36EC");
    await page.press("Xong");
    await page.press("7");
    const photo = join(folder, "row.png");
    await writeFile(photo, await page.screenshot());
    await page.press("Thêm ảnh, ngày giờ, ghi chú…");
    await page.choose("#photo", photo);
    await page.until(`document.querySelector(".thumb img") !== null`);
    await page.press("Ký và lưu");
    await page.until(`document.querySelector("dialog[open]") !== null || document.body.dataset.screen === "done"`);
    if (await page.evaluate(`document.querySelector("dialog[open]") !== null`)) await page.press("Đúng vậy, cứ ký");
    await sees(page, "đã vào sổ");
    const [spraying] = (await manager.signed("GET", `/api/v1/desk/diary?plot=${encodeURIComponent(await plotOf(manager, given.plot))}`)).entries;
    const record = await manager.server.json<{ sections: { payload?: string }[] }>({ path: `/api/v1/records/${spraying.event_id}` });
    assert.ok(record.ok);
    const facts = Buffer.from(record.value.sections[0]?.payload ?? "", "base64").toString("utf8");
    const [, blake3] = /"nguon:blake3":"([0-9a-f]{64})"/.exec(facts) ?? [];
    await page.until(`fetch("/images/${blake3}").then((answer) => answer.ok)`);
    console.log("a spraying is in the log, its receipt verified on the phone, and its photograph shown by the ledger");

    // The line is cut, the browser dies, and starts again.
    wire.cut();
    await page.offline(true);
    await page.press("Về màn hình chính");
    await page.press("Thu hoạch");
    await sees(page, "Còn 7 ngày cách ly");
    await page.press("Nông sản");
    await page.press(given.product);
    await page.press("Khối lượng");
    await digits(page, "12");
    await page.press("Ký và lưu");
    await sees(page, "Chưa hết thời gian cách ly");
    await page.press("Đúng vậy, cứ ký");
    await sees(page, "trên máy");
    await browser.stop();
    browser = await browsers.start({ folder: profile });
    page = await browser.page({ shared: true, height: 640 });
    await page.offline(true);
    await page.goto(`${wire.origin}/app`);
    await sees(page, "1 mục trên máy");
    wire.restore();
    await page.offline(false);
    await page.evaluate(`dispatchEvent(new Event("online"))`);
    await sees(page, "Tất cả đã vào sổ");
    console.log("the harvest from the field is in the log after the browser was killed without network");

    // The lot has its page, whose finding is the one that the phone had foretold; a shopper's check holds.
    await page.press("Cài đặt");
    await page.until(`(async () => { document.querySelectorAll("dialog[open]").forEach((one) => one.close()); return true; })()`);
    await page.press("Tải lại thửa, nông sản, lô");
    await sees(page, "Đã tải xong");
    await page.press("Tôi đã hiểu");
    await page.press("Lô của tôi");
    await sees(page, "12 kg");
    await sees(page, "khi chưa hết thời gian cách ly");
    await fits(page, "lots");
    await picture(page, "real-lots");
    const path = String(await page.evaluate(`document.querySelector(".lot a").getAttribute("href")`));
    const shopper = await browser.page({ height: 740 });
    await shopper.goto(`${wire.origin}${path}`);
    await sees(shopper, "khi chưa hết thời gian cách ly");
    const check = await shopper.evaluate(`document.querySelector('[data-module="verifier"] button') !== null`);
    if (check) {
      await shopper.evaluate(`document.querySelector('[data-module="verifier"] button').click()`);
      await shopper.until(`document.querySelector('[data-state="holds"]') !== null`);
      console.log(`${path}: the shopper's own check holds`);
    }
    await shopper.close();
    await page.press("Tin");
    await sees(page, "Tin từ sổ");

    // The manager enters for somebody, who confirms it on the own phone.
    const plot = await plotOf(manager, given.plot);
    await manager.enterFor("Nguyễn Văn Ba", plot);
    await page.press("Ghi việc");
    await page.press("Cài đặt");
    await page.press("Tải lại thửa, nông sản, lô");
    await sees(page, "Đã tải xong");
    await page.press("Tôi đã hiểu");
    await page.press("Tin");
    await page.press("Đúng, tôi xác nhận");
    await sees(page, "đã vào sổ");
    await manager.until(`/api/v1/desk/diary?plot=${encodeURIComponent(plot)}`, (answer) => answer.entries.some((one: any) => one.entered_for_another && one.confirmed_by !== null));
    console.log("what the manager entered in the farmer's name is confirmed by the farmer's own key");

    // The spraying was written down wrongly: everybody sees what it would have meant.
    await page.press("Về màn hình chính");
    await page.press("Sổ tay");
    await page.until(`(() => { const found = [...document.querySelectorAll(".entry")].filter((one) => one.innerText.includes("Phun thuốc")).at(-1); found?.click(); return found !== undefined; })()`);
    await page.press("Mục này ghi sai");
    await page.press("Đúng, mục này sai");
    await sees(page, "đã vào sổ");
    await manager.until(`/api/v1/desk/subject?uri=${encodeURIComponent(path)}`, (answer) => answer.state.findings.some((one: any) => one.code === "spray_taken_back"));
    console.log("the spraying is declared wrong, and the lot says what it would have meant");

    // The phone is lost: what it sends afterwards is held, and the app says so.
    await manager.revoke(device, 3);
    await page.press("Về màn hình chính");
    await page.press("Phun thuốc");
    await page.press("Ký và lưu");
    await page.until(`document.querySelector("dialog[open]") !== null || document.body.dataset.screen === "done"`);
    if (await page.evaluate(`document.querySelector("dialog[open]") !== null`)) await page.press("Đúng vậy, cứ ký");
    await sees(page, "sổ đang giữ");
    await picture(page, "real-held");
    console.log("after the revocation the next record is held, and the phone keeps it");
    assert.deepEqual(page.complaints, []);
  } finally {
    await browser.stop();
    wire.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

await play(await standardInput());
