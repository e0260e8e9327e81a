/** A phone of the tests: the built app in a browser of its own, before the test's ledger. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { pathToFileURL } from "node:url";
import { comparison } from "../src/core/digests.ts";
import { writeLink } from "../src/farmer/enrolment.ts";
import { Browsers, type Chromium, type Page, sees, type } from "./browse.ts";
import { here, project } from "./given.ts";
import { FakeServer, serve, type Served } from "./server.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** Why a test in the browser cannot run here, if it cannot. */
export const inBrowser = { skip: !existsSync(CHROMIUM) && "no chromium" };

/** What `build.mjs` made, and where the tests of this file keep things. */
export const made = { folder: "", files: {} as Record<string, Buffer> };
let Browser: { start(options?: object): Promise<Chromium> };

export const build = async (out: string): Promise<{ files: Record<string, Buffer> }> =>
  ((await import(pathToFileURL(here("build.mjs")).href)) as { everything(out: string): Promise<{ files: Record<string, Buffer> }> }).everything(out);

before(async () => {
  made.folder = await mkdtemp(join(tmpdir(), "nguon-app-"));
  made.files = (await build(join(made.folder, "dist"))).files;
  Browser = await Browsers.load(project("tests/browser/chromium.mjs"));
});
after(() => rm(made.folder, { recursive: true, force: true, maxRetries: 5 }));

/** A phone: a browser with a storage of its own, which outlives it. */
export class Phone {
  browser!: Chromium;
  page!: Page;
  #isOffline = false;
  get origin(): string {
    return this.served.origin;
  }
  constructor(
    readonly served: Served,
    readonly profile: string,
    readonly script = "",
  ) {}

  async start(path = "/app"): Promise<Page> {
    this.browser = await Browser.start({ folder: this.profile });
    this.page = await this.open();
    await this.page.goto(`${this.origin}${path}`);
    return this.page;
  }

  /** Starts the browser alone. */
  async boot(): Promise<void> {
    this.browser = await Browser.start({ folder: this.profile });
  }

  async open(): Promise<Page> {
    const page = await this.browser.page({ shared: true, height: 640, script: this.script });
    if (this.#isOffline) await page.offline(true);
    return page;
  }

  /** The network goes or comes: the phone notices, and in truth nobody is there, not for its service worker either. */
  async network(there: boolean): Promise<void> {
    this.#isOffline = !there;
    await (there ? this.served.restore() : this.served.cut());
    await this.page.offline(!there);
  }

  async restart(): Promise<Page> {
    await this.browser.stop();
    return this.start();
  }
}

export const ID = "0f".repeat(16);
export const LINK = writeLink({ id: ID, name: "Nguyễn Văn Ba", org: "HTX Rau Đơn Dương" });

export async function enrolled(phone: Phone, ledger: FakeServer): Promise<Page> {
  ledger.invite(ID);
  const page = await phone.start(`/app#${LINK}`);
  await page.press("Nhận lời và tạo khóa");
  await sees(page, "Đọc sáu số này");
  const device = ledger.enrolments.get(ID)?.answer?.device ?? "";
  const shown = String(await page.evaluate(`document.querySelector(".digits").innerText`)).replace(/\s/g, "");
  assert.equal(shown, comparison(ID, device));
  ledger.admit_(ID);
  // The phone asks by itself after a few seconds; a network that comes makes it ask at once.
  await page.evaluate(`dispatchEvent(new Event("online"))`);
  await page.until(`document.body.dataset.screen === "home"`);
  await page.until(`navigator.serviceWorker.controller !== null || navigator.serviceWorker.ready.then(() => true)`);
  return page;
}

export async function story(name: string, play: (phone: Phone, ledger: FakeServer) => Promise<void>, script = ""): Promise<void> {
  const ledger = new FakeServer();
  const served = await serve(join(made.folder, "dist"), ledger);
  const phone = new Phone(served, join(made.folder, name), script);
  try {
    await play(phone, ledger);
    assert.deepEqual(phone.page.complaints, []);
  } finally {
    await phone.browser?.stop();
    await served.cut();
  }
}

/** What was done, in the order of the log. */
export const steps = (ledger: FakeServer): string[] => ledger.log.map((one) => JSON.parse(one.payloads[0] ?? "{}")["bizStep"]);

export async function spray(page: Page, first: boolean): Promise<void> {
  await page.press("Phun thuốc");
  if (first) {
    await page.press("Thửa");
    await page.press("T01");
    await page.press("Tên thuốc");
    await page.press("Thuốc khác");
    await type(page, "dialog[open] input[type=text]", "Ví Dụ Aba 36EC");
    await page.press("Xong");
    await page.press("7");
  }
  await page.press("Ký và lưu");
  await sees(page, "Đã ghi và ký");
}
