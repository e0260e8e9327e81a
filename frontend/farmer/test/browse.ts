/** What the tests do with a page: press, type, look, and hold it to what every screen must keep. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { project } from "./given.ts";

const PICTURES = process.env["PICTURES"];

export interface Page {
  complaints: string[];
  goto(url: string): Promise<void>;
  evaluate(expression: string): Promise<any>;
  until(expression: string): Promise<any>;
  press(wanted: string): Promise<void>;
  choose(selector: string, file: string): Promise<void>;
  offline(offline: boolean): Promise<void>;
  screenshot(): Promise<Buffer>;
  close(): Promise<void>;
  send(method: string, params?: object): Promise<any>;
}

export interface Chromium {
  page(options?: object): Promise<Page>;
  stop(): Promise<void>;
}

/** Chromium, by the driver of the project's own tests. */
export const Browsers = {
  async load(driver: string): Promise<{ start(options?: object): Promise<Chromium> }> {
    return ((await import(pathToFileURL(driver).href)) as { Browser: { start(options?: object): Promise<Chromium> } }).Browser;
  },
};

export const sees = (page: Page, words: string): Promise<unknown> =>
  page.until(`((document.querySelector("dialog[open]") ?? document.body).innerText).toLowerCase().includes(${JSON.stringify(words.toLowerCase())})`);

export async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await mkdir(PICTURES, { recursive: true });
  await writeFile(join(PICTURES, `${name}.png`), await page.screenshot());
}

/** Nothing runs over the edge, and whatever is pressed is large enough for a glove and has a name. */
export async function fits(page: Page, name: string): Promise<void> {
  const faults = (await page.evaluate(`(() => {
    const faults = [];
    if (document.documentElement.scrollWidth > innerWidth) faults.push("wider than the screen");
    for (const one of document.querySelectorAll("button, a, summary, label.button, label.face, input:not(.vh)")) {
      const box = one.getBoundingClientRect();
      if (box.width > 0 && (box.height < 47.5 || box.width < 47.5)) faults.push(one.outerHTML.slice(0, 80) + " " + Math.round(box.width) + "×" + Math.round(box.height));
      if (!(one.textContent.trim() || one.getAttribute("aria-label") || one.labels?.length || one.placeholder)) faults.push("no name: " + one.outerHTML.slice(0, 80));
    }
    return faults;
  })()`)) as string[];
  assert.deepEqual([...faults, ...(await axe(page))], [], name);
}

/** What axe finds, where the tests of pages have brought it. */
async function axe(page: Page): Promise<string[]> {
  const script = project("tests/pages/node_modules/axe-core/axe.min.js");
  if (!existsSync(script)) return [];
  await page.evaluate(`${readFileSync(script, "utf8")}; undefined`);
  return page.evaluate(`axe.run(document, { resultTypes: ["violations"] }).then((found) => found.violations.map((one) => one.id + ": " + one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" | ")))`);
}

export async function type(page: Page, selector: string, words: string): Promise<void> {
  await page.until(`document.querySelector(${JSON.stringify(selector)}) !== null`);
  await page.evaluate(`document.querySelector(${JSON.stringify(selector)}).focus()`);
  await page.send("Input.insertText", { text: words });
}

export async function digits(page: Page, number: string): Promise<void> {
  for (const digit of number) await page.press(digit);
  await page.press("Xong");
}
