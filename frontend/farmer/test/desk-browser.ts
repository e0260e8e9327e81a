/** The desk in Chromium, against the test's ledger over HTTP. With `PICTURES=FOLDER` the walks leave screenshots there. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { here, project } from "./given.ts";
import { FakeDesk, serve } from "./desk-server.ts";
import { LEDGER } from "./ledger.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const PICTURES = process.env["PICTURES"];
export const without = !existsSync(CHROMIUM) && "no chromium";

export interface Page {
  complaints: string[];
  goto(url: string): Promise<void>;
  evaluate(expression: string): Promise<any>;
  until(expression: string): Promise<any>;
  choose(selector: string, file: string): Promise<void>;
  offline(offline: boolean): Promise<void>;
  screenshot(): Promise<Buffer>;
  close(): Promise<void>;
  send(method: string, params?: object): Promise<any>;
}
interface Chromium {
  page(options?: object): Promise<Page>;
  stop(): Promise<void>;
}

/** The desk as a build emits it, by the address where each file is served. */
export async function built(): Promise<Map<string, Uint8Array>> {
  const load = async (name: string) => (await import(pathToFileURL(here(name)).href)) as Record<string, any>;
  const { options } = await load("build.mjs");
  const { desk } = await load("desk.mjs");
  const files: Record<string, Buffer> = {};
  const served = new Map<string, Uint8Array>();
  const asset = (name: string, bytes: Uint8Array | string): string => {
    const digest = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
    const path = `/assets/${name.replace(".", `-${digest}.`)}`;
    served.set(path, Buffer.from(bytes as Uint8Array));
    return path;
  };
  await desk({ options, files, asset, icon: "/assets/icon.svg" });
  served.set("/app/desk", files["desk.html"] as Buffer);
  served.set("/assets/icon.svg", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'));
  return served;
}

export class Desk {
  constructor(
    readonly page: Page,
    readonly ledger: FakeDesk,
    readonly origin: string,
    readonly name: string,
  ) {}

  /** Makes a device's key in this browser, as the app does, and admits it. */
  async admitted(name = "Chị Lan"): Promise<string> {
    await this.page.goto(`${this.origin}/app/desk`);
    await this.sees("Bàn làm việc của hợp tác xã");
    const key = (await this.page.evaluate(`(async () => {
      const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
      const key = [...new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      const base = await new Promise((resolve) => { const open = indexedDB.open("nguon"); open.onsuccess = () => resolve(open.result); });
      const store = base.transaction("people", "readwrite").objectStore("people");
      const person = { key, kept: { kind: "device", key, secret: pair.privateKey }, ledger: ${JSON.stringify(LEDGER)}, organisation: ${JSON.stringify(this.ledger.organisation)}, name: ${JSON.stringify(name)}, organisationName: "HTX", roles: 55, notAfterMs: 4e12, madeMs: 1 };
      await new Promise((resolve) => (store.put(person).onsuccess = resolve));
      base.close();
      return key;
    })()`)) as string;
    this.ledger.admitted.add(key);
    this.ledger.members.push({ key, name, roles: this.ledger.roles, rights: this.ledger.rights });
    await this.go("");
    return key;
  }

  async go(hash: string): Promise<void> {
    await this.page.goto("about:blank");
    await this.page.goto(`${this.origin}/app/desk#${hash}`);
    await this.page.until(`document.querySelector("main h1") !== null && !document.querySelector("main").hasAttribute("aria-busy")`);
  }

  /** Waits until these words are shown, also over a page that loads itself anew. */
  async sees(words: string): Promise<void> {
    const expression = `(([...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body)?.innerText ?? "").toLowerCase().includes(${JSON.stringify(words.toLowerCase())})`;
    for (const end = Date.now() + 30_000; ; ) {
      if (await this.page.evaluate(expression).catch(() => false)) return;
      if (Date.now() > end) throw new Error(`in vain: ${words}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  text(): Promise<string> {
    return this.page.evaluate(`([...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body)?.innerText ?? ""`);
  }

  /** Presses what has these words on it. */
  async press(words: string): Promise<void> {
    await this.page.until(`(() => {
      const open = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document;
      const found = [...open.querySelectorAll("button, a, tr.opens, label.tick, summary")].find((one) => !one.disabled && (one.innerText.trim() === ${JSON.stringify(words)} || (one.matches("tr, label") && one.innerText.includes(${JSON.stringify(words)}))));
      if (found === undefined) return false;
      found.click();
      return true;
    })()`);
  }

  async fill(values: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(values)) {
      await this.page.until(`(() => {
        const open = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document;
        const all = [...open.querySelectorAll('[name="' + ${JSON.stringify(name)} + '"]')];
        if (all.length === 0) return false;
        const wanted = ${JSON.stringify(value)};
        if (all[0].type === "checkbox") { for (const one of all) one.checked = wanted.split("\\n").includes(one.value); }
        else all[0].value = wanted;
        all[0].dispatchEvent(new Event("input", { bubbles: true }));
        all[0].dispatchEvent(new Event("change", { bubbles: true }));
        return true;
      })()`);
    }
  }

  async width(width: number, height = width > 600 ? 900 : 740): Promise<void> {
    await this.page.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 });
  }

  /** Nothing runs over the edge, everything that is pressed has a name and room; at both widths, with a picture of each. */
  async looks(name: string): Promise<void> {
    for (const width of [1280, 360]) {
      await this.width(width);
      await new Promise((resolve) => setTimeout(resolve, 120));
      const faults = (await this.page.evaluate(`(() => {
        const faults = [];
        // A phone's browser widens its window to what is too wide: so the width that was asked for is what counts.
        if (document.documentElement.scrollWidth > ${width} || innerWidth > ${width}) faults.push("wider than the screen: " + document.documentElement.scrollWidth + " " + innerWidth);
        for (const one of document.querySelectorAll("button, main a, .drawer a, input, select, textarea")) {
          const box = one.getBoundingClientRect();
          if (box.width === 0 || one.matches("input[type=checkbox]")) continue;
          const inline = one.matches("a") && getComputedStyle(one).display === "inline";
          if (!inline && box.height < 24) faults.push("low: " + one.outerHTML.slice(0, 90));
          if (box.right > ${width} + 1 && one.closest(".scroll") === null) faults.push("over the edge: " + one.outerHTML.slice(0, 90));
          if (!(one.innerText || one.getAttribute("aria-label") || one.labels?.length || one.placeholder)) faults.push("no name: " + one.outerHTML.slice(0, 90));
        }
        const words = document.body.innerText.match(/(?:^|\\s)[a-z]+(?:\\.[a-z-]+){1,3}(?=\\s|$)/g) ?? [];
        return [...faults, ...words.filter((word) => !/\\.(?:xlsx|kml|pdf|csv)$/.test(word)).map((word) => "a sentence that is missing: " + word)];
      })()`)) as string[];
      for (const scheme of ["dark", "light"]) {
        await this.page.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
        faults.push(...(await this.#axe()).map((fault) => `${scheme}: ${fault}`));
        if (PICTURES !== undefined && scheme === "dark" && width === 1280) {
          await mkdir(PICTURES, { recursive: true });
          await writeFile(join(PICTURES, `${name}-dark.png`), await this.page.screenshot());
        }
      }
      assert.deepEqual(faults, [], `${name} at ${width}`);
      if (PICTURES !== undefined) {
        await mkdir(PICTURES, { recursive: true });
        await writeFile(join(PICTURES, `${name}-${width}.png`), await this.page.screenshot());
      }
    }
    await this.width(1280);
  }

  /** What axe finds, where the tests of pages have brought it. */
  async #axe(): Promise<string[]> {
    const script = project("tests/pages/node_modules/axe-core/axe.min.js");
    if (!existsSync(script)) return [];
    if (!(await this.page.evaluate("window.axe !== undefined"))) await this.page.evaluate(`${readFileSync(script, "utf8")}; undefined`);
    return (await this.page.evaluate(`axe.run(document, { resultTypes: ["violations"] }).then((found) => found.violations.map((one) => one.id + ": " + one.nodes.slice(0, 3).map((node) => node.html.slice(0, 140)).join(" | ")))`)) as string[];
  }

  /** Confirms the last look and waits until the log has it. */
  async signs(): Promise<void> {
    const before = this.ledger.log.length;
    await this.sees("Bộ quy tắc sẽ nói gì");
    await this.page.until(`(() => {
      const open = [...document.querySelectorAll("dialog[open]")].at(-1);
      const tick = [...open.querySelectorAll("label.tick input")].at(-1);
      if (tick && !tick.checked) tick.click();
      const press = [...open.querySelectorAll("button.primary")].find((one) => one.innerText.trim() === "Ký và gửi" && !one.disabled);
      if (press === undefined) return false;
      press.click();
      return true;
    })()`);
    await this.logged(before + 1);
  }

  async logged(count: number): Promise<void> {
    for (const end = Date.now() + 20_000; this.ledger.log.length < count; ) {
      if (Date.now() > end) throw new Error(`the log has ${this.ledger.log.length} records, not ${count}: ${await this.text()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** The newest record's public facts. */
  last(): Record<string, any> {
    return JSON.parse(this.ledger.log.at(-1)?.payloads[0] ?? "{}") as Record<string, any>;
  }
}

let Browser: { start(): Promise<Chromium> } | undefined;

/** Plays one walk with a browser, a server and a storage of its own. */
export async function walk(files: ReadonlyMap<string, Uint8Array>, name: string, play: (desk: Desk) => Promise<void>): Promise<void> {
  Browser ??= ((await import(pathToFileURL(project("tests/browser/chromium.mjs")).href)) as { Browser: typeof Browser }).Browser;
  const ledger = new FakeDesk();
  const { origin, server } = await serve(files, ledger);
  const browser = await (Browser as { start(): Promise<Chromium> }).start();
  try {
    const page = await browser.page({ width: 1280, height: 900 });
    const desk = new Desk(page, ledger, origin, name);
    await desk.width(1280);
    try {
      await play(desk);
    } catch (error) {
      console.error(`${name}: ${page.complaints.join("\n")}\n${await desk.text().catch(() => "")}`);
      throw error;
    }
    assert.deepEqual(page.complaints, []);
  } finally {
    await browser.stop();
    server.closeAllConnections();
    server.close();
  }
}
