// Chromium, driven over the DevTools protocol through a pipe: no package, no port, no download. Debian's `chromium`.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
  // A camera that shows a moving picture, and nobody who must allow it.
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  "--remote-debugging-pipe",
];

/** Long on a busy machine of two cores, and never waited for when all is well. */
const PATIENCE_MS = 60_000;

export class Browser {
  #process;
  #folder;
  #next = 0;
  #waiting = new Map();
  #pages = new Map();
  #isKept = false;

  /** Starts one with nothing stored; or with what an earlier one left in `folder`, which then stays. */
  static async start({ folder } = {}) {
    const browser = new Browser();
    browser.#isKept = folder !== undefined;
    browser.#folder = folder ?? (await mkdtemp(join(tmpdir(), "nguon-browser-")));
    const program = process.env.CHROMIUM ?? "chromium";
    const stdio = ["ignore", "ignore", "ignore", "pipe", "pipe"];
    browser.#process = spawn(program, [...FLAGS, `--user-data-dir=${browser.#folder}`], { stdio });
    let heard = "";
    browser.#process.stdio[4].setEncoding("utf8").on("data", (text) => {
      const messages = (heard + text).split("\0");
      heard = messages.pop();
      for (const message of messages) browser.#hear(JSON.parse(message));
    });
    return browser;
  }

  #hear({ id, result, error, method, params, sessionId }) {
    if (id === undefined) {
      this.#pages.get(sessionId)?.hear(method, params);
      return;
    }
    const { resolve, reject } = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) resolve(result);
    else reject(new Error(error.message));
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.#next;
    this.#process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** A new page with nothing stored, or one that shares the browser's own storage. `script` runs in it before any of its own. */
  async page({ script = "", width = 360, height = 740, language = "vi", shared = false } = {}) {
    const context = shared ? {} : await this.send("Target.createBrowserContext");
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank", ...context });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page((method, params) => this.send(method, params, sessionId), targetId, this);
    this.#pages.set(sessionId, page);
    for (const domain of ["Page", "Runtime", "Log", "DOM", "Network"]) await page.send(`${domain}.enable`);
    await page.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 2, mobile: true });
    const { userAgent } = await this.send("Browser.getVersion");
    await page.send("Emulation.setUserAgentOverride", { userAgent, acceptLanguage: language });
    if (script !== "") await page.send("Page.addScriptToEvaluateOnNewDocument", { source: script });
    return page;
  }

  async stop() {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    await this.send("Browser.close").catch(() => this.#process.kill());
    await ended;
    if (!this.#isKept) await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

class Page {
  /** What the page said went wrong: thrown errors, and what its policy refused. */
  complaints = [];
  /** Addresses that it asked for. */
  requests = [];
  #loaded;

  constructor(send, targetId, browser) {
    this.send = send;
    this.targetId = targetId;
    this.browser = browser;
  }

  hear(method, params) {
    if (method === "Page.loadEventFired") this.#loaded?.();
    if (method === "Runtime.exceptionThrown") this.complaints.push(params.exceptionDetails.exception?.description ?? "an error");
    if (method === "Log.entryAdded" && params.entry.source === "security") this.complaints.push(params.entry.text);
    if (method === "Network.requestWillBeSent") this.requests.push(params.request.url);
  }

  async goto(url) {
    const loaded = new Promise((resolve) => (this.#loaded = resolve));
    const { errorText } = await this.send("Page.navigate", { url });
    if (errorText !== undefined) throw new Error(`${url}: ${errorText}`);
    await loaded;
  }

  async evaluate(expression) {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** Waits until the expression is something true, and gives it. */
  async until(expression) {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
      const value = await this.evaluate(expression);
      if (value) return value;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`in vain: ${/const wanted = (".*");/.exec(expression)?.[1] ?? expression}\n${await this.evaluate("document.body.innerText")}`);
  }

  /** Presses what has these words on it, or fits the selector, where a finger would: in its middle. */
  async press(wanted) {
    const point = await this.until(`(async () => {
      const wanted = ${JSON.stringify(wanted)};
      const find = () => {
        const open = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document;
        const all = [...open.querySelectorAll("button, a, summary, label")].filter((one) => !one.disabled);
        const said = all.find((one) => one.innerText.trim().split("\\n").some((line) => line.trim() === wanted)) ?? all.find((one) => one.getAttribute("aria-label") === wanted);
        return said ?? (/^[.#[]/.test(wanted) ? open.querySelector(wanted) : null);
      };
      const where = (one) => { const box = one.getBoundingClientRect(); return { x: box.x + box.width / 2, y: box.y + box.height / 2 }; };
      const found = find();
      if (!found) return undefined;
      found.scrollIntoView({ block: "center", behavior: "instant" });
      const first = where(found);
      // What still moves is not pressed yet, and what lies under something else not at all.
      await new Promise((resolve) => setTimeout(resolve, 60));
      const point = where(found);
      const hit = document.elementFromPoint(point.x, point.y);
      return find() === found && first.x === point.x && first.y === point.y && (found === hit || found.contains(hit)) ? point : undefined;
    })()`);
    const mouse = (type) => this.send("Input.dispatchMouseEvent", { type, ...point, button: "left", clickCount: 1 });
    await mouse("mousePressed");
    await mouse("mouseReleased");
  }

  async choose(selector, file) {
    const { root } = await this.send("DOM.getDocument");
    const { nodeId } = await this.send("DOM.querySelector", { nodeId: root.nodeId, selector });
    await this.send("DOM.setFileInputFiles", { nodeId, files: [file] });
  }

  async offline(offline) {
    await this.send("Network.emulateNetworkConditions", { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  }

  async screenshot() {
    const { data } = await this.send("Page.captureScreenshot", { captureBeyondViewport: true });
    return Buffer.from(data, "base64");
  }

  async close() {
    await this.browser.send("Target.closeTarget", { targetId: this.targetId });
  }
}
