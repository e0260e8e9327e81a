// The check in a real browser, on a running ledger: `verifier.rs` starts one and says where (LEDGER) and which lot (LOT).
// Whoever sits between the ledger and the reader is played by a proxy of our own, which changes what comes through.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { Browser } from "./chromium.mjs";

const { LEDGER, LOT } = process.env;
let browser;
let proxy;
let between;
let folder;

/** Changes the answer of `/api/v1/check/…`; `undefined` passes everything on. */
let tamper;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "nguon-verifier-"));
  browser = await Browser.start();
  proxy = createServer(async (request, response) => {
    const { accept = "*/*", "accept-language": language = "vi" } = request.headers;
    const answer = await fetch(`${LEDGER}${request.url}`, { headers: { accept, "accept-language": language } });
    let body = Buffer.from(await answer.arrayBuffer());
    let status = answer.status;
    if (tamper !== undefined && request.url.startsWith("/api/v1/check/")) {
      const changed = tamper(body);
      if (changed === undefined) return request.socket.destroy();
      [status, body] = [changed.status ?? status, changed.body];
    }
    const headers = {};
    for (const name of ["content-type", "content-security-policy"]) {
      if (answer.headers.has(name)) headers[name] = answer.headers.get(name);
    }
    response.writeHead(status, headers).end(body);
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  between = `http://127.0.0.1:${proxy.address().port}`;
});

after(async () => {
  await browser?.stop();
  proxy?.closeAllConnections();
  proxy?.close();
  await rm(folder, { recursive: true, force: true });
});

const BOX = '[data-module="verifier"]';

/** What the check in this box came to. */
const result = (box) => `(() => {
  const box = document.querySelector(${JSON.stringify(box)});
  if (!["holds", "fails", "refused"].includes(box?.dataset.state)) return undefined;
  const steps = {};
  for (const row of box.querySelectorAll("[data-step]")) steps[row.dataset.step] = row.dataset.state;
  const codes = [...box.querySelectorAll(".nv-fault code")].map((code) => code.textContent);
  return { state: box.dataset.state, steps, codes, text: box.innerText };
})()`;

/** Opens the lot's page, presses the button, and waits for the verdict. */
async function press(page, address = between) {
  await page.goto(`${address}${LOT}`);
  await page.until(`document.querySelector('${BOX} button')?.textContent`);
  await page.evaluate(`document.querySelector('${BOX} button').click()`);
  return page.until(result(BOX));
}

async function seen(change, options) {
  tamper = change;
  const page = await browser.page(options);
  try {
    return await press(page);
  } finally {
    tamper = undefined;
    await page.close();
  }
}

test("nothing but the loader comes before the press, and then every step is ticked", async () => {
  const page = await browser.page();
  await page.goto(`${LEDGER}${LOT}`);
  const label = await page.until(`document.querySelector('${BOX} button')?.textContent`);
  assert.equal(label, "Tự kiểm tra ngay trên máy này");
  assert.deepEqual(page.requests.filter((url) => /verifier-|\/check\//.test(url)), []);
  await page.evaluate(`document.querySelector('${BOX} button').click()`);
  const { state, steps, text } = await page.until(result(BOX));
  assert.equal(state, "holds", text);
  assert.deepEqual(steps, {
    ledger: "note",
    checkpoint: "ok",
    witnesses: "note",
    memory: "note",
    inclusion: "ok",
    signatures: "ok",
    contents: "ok",
    chains: "ok",
    rights: "ok",
    lot: "ok",
  });
  assert.match(text, /Chỉ có nhân chứng của chính đơn vị vận hành ký/);
  assert.match(text, /Thu hoạch hoặc làm ra/);
  assert.match(text, /Việc kiểm tra này không nói được gì/);
  assert.ok(page.requests.every((url) => url.startsWith(LEDGER)), page.requests.join());
  assert.deepEqual(page.complaints, [], "the page's policy refuses nothing of it");
  if (process.env.PICTURES !== undefined) await writeFile(join(process.env.PICTURES, "lot.png"), await page.screenshot());

  // The same phone comes back when the log has grown, and is shown that nothing was rewound.
  await fetch(`${LEDGER}/grow`, { method: "POST" });
  const again = await press(page, LEDGER);
  assert.equal(again.state, "holds", again.text);
  assert.deepEqual([again.steps.ledger, again.steps.memory], ["ok", "ok"], again.text);
  assert.match(again.text, /phần cũ còn nguyên/);
  assert.ok(page.requests.some((url) => /\/tile\/0\//.test(url)), "the proof is made from tiles");
  await page.close();
});

test("English and Chinese readers get their own sentences", async () => {
  for (const [lang, sentence] of [
    ["en", "Check it yourself on this device"],
    ["zh", "在本机上自行核验"],
  ]) {
    const page = await browser.page({ language: lang });
    await page.goto(`${LEDGER}${LOT}`);
    assert.equal(await page.until(`document.querySelector('${BOX} button')?.textContent`), sentence);
    await page.evaluate(`document.querySelector('${BOX} button').click()`);
    assert.equal((await page.until(result(BOX))).state, "holds");
    await page.close();
  }
});

test("without WebCrypto the answers are the same", async () => {
  const script = "Object.defineProperty(globalThis.crypto, 'subtle', { value: undefined })";
  const good = await seen(undefined, { script });
  assert.equal(good.state, "holds", good.text);
  assert.match(good.text, /tính bằng thư viện kèm theo/);
  const bad = await seen(changed((check) => flip(check.records.at(-1), "record", -1)), { script });
  assert.deepEqual([bad.state, bad.steps.signatures], ["fails", "fail"], bad.text);
});

const flip = (where, name, at) => {
  const bytes = Buffer.from(where[name], "base64");
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  where[name] = bytes.toString("base64");
};

/** The check with every proof whole, changed, and as bytes again. */
const changed = (change) => (body) => {
  const check = JSON.parse(body);
  let before = Buffer.alloc(0);
  for (const record of check.records) {
    const shared = 32 * (record.shared ?? 0);
    before = Buffer.concat([Buffer.from(record.proof, "base64"), before.subarray(before.length - shared)]);
    record.proof = before.toString("base64");
    delete record.shared;
  }
  change(check);
  return { body: Buffer.from(JSON.stringify(check)) };
};

const kind = (record) => Buffer.from(record.record, "base64")[4];
const signature = (check, line, at) => {
  const lines = check.checkpoint.split("\n");
  const place = lines.findIndex((one) => one.startsWith("— ")) + line;
  const [dash, name, encoded] = lines[place].split(" ");
  const where = { encoded };
  flip(where, "encoded", at);
  lines[place] = [dash, name, where.encoded].join(" ");
  check.checkpoint = lines.join("\n");
};

test("whatever is changed on the way is named by its code", async () => {
  const told = (check) => check.records.find((record) => record.facts?.some(({ text }) => text.includes("creating_class_instance")));
  const cases = {
    "a record": ["signatures", "signature-wrong", (check) => flip(told(check), "record", 155)],
    "a signature": ["signatures", "signature-wrong", (check) => flip(told(check), "record", -1)],
    "a record's place": ["inclusion", "inclusion-wrong", (check) => flip(told(check), "record", 155)],
    "an opening": ["contents", "opening-wrong", (check) => (told(check).facts[0].text = told(check).facts[0].text.replace(/"quantity":\d/, '"quantity":9'))],
    "a salt": ["contents", "opening-wrong", (check) => flip(told(check).facts[0], "salt", 5)],
    "an opening kept back": ["rights", "opening-missing", (check) => delete told(check).facts],
    "a proof": ["inclusion", "inclusion-wrong", (check) => flip(told(check), "proof", 40)],
    "the checkpoint": ["checkpoint", "checkpoint-forged", (check) => (check.checkpoint = check.checkpoint.replace(/\n(\d+)\n/, (_, size) => `\n${Number(size) + 1}\n`))],
    "the log's signature": ["checkpoint", "checkpoint-forged", (check) => signature(check, 0, -1)],
    "a cosignature": ["witnesses", "cosignature-forged", (check) => signature(check, 1, -1)],
    "a delegation kept back": ["rights", "key-unknown", (check) => (check.records = check.records.filter((record) => kind(record) !== 0x11))],
    "the operator kept back": ["rights", "operator-missing", (check) => check.records.shift()],
    "the order": ["inclusion", "order-wrong", (check) => check.records.reverse()],
    "another lot": ["ledger", "lot-other", (check) => (check.lot += "-B")],
  };
  for (const [what, [step, code, change]] of Object.entries(cases)) {
    const { state, steps, codes, text } = await seen(changed(change));
    assert.equal(state, "fails", `${what}: ${text}`);
    assert.equal(steps[step], "fail", `${what}: ${text}`);
    assert.ok(codes.includes(code), `${what}: ${codes}`);
  }
});

test("an answer that does not come, or not whole, is told as that", async () => {
  const cases = [
    ["network", () => undefined],
    ["server-busy", () => ({ status: 503, body: Buffer.from("{}") })],
    ["lot-unknown", () => ({ status: 404, body: Buffer.from("{}") })],
    ["server-refused", () => ({ status: 500, body: Buffer.from("") })],
    ["file-malformed", (body) => ({ body: body.subarray(0, body.length >> 1) })],
    ["file-not-evidence", () => ({ body: Buffer.from("<!doctype html>") })],
  ];
  for (const [code, change] of cases) {
    const { state, codes, text } = await seen(change);
    assert.deepEqual([state, codes], ["refused", [code]], text);
  }
});

test("a log that contradicts what this phone saw is a fork, older or newer", async () => {
  const page = await browser.page();
  assert.equal((await press(page)).state, "holds");
  const name = "Object.keys(localStorage).find((key) => key.startsWith('nguon-verifier/'))";
  const size = await page.evaluate(`Number(JSON.parse(localStorage[${name}]).size)`);
  for (const remembered of [size, size - 2]) {
    const root = Buffer.alloc(32, 9).toString("base64");
    await page.evaluate(`localStorage[${name}] = JSON.stringify({ ...JSON.parse(localStorage[${name}]), size: "${remembered}", root: "${root}" })`);
    const { state, codes, text } = await press(page);
    assert.deepEqual([state, codes], ["fails", ["fork"]], text);
    assert.equal(await page.evaluate(`JSON.parse(localStorage[${name}]).root`), root, "what forked is not remembered instead");
  }
  await page.evaluate(`localStorage[${name}] = JSON.stringify({ ...JSON.parse(localStorage[${name}]), logKey: "other" })`);
  const { codes } = await press(page);
  assert.ok(codes.includes("ledger-changed"), codes.join());
  await page.close();
});

test("the page that anybody can host checks a file from a disk without any network, and an address with one", async () => {
  const [html, zip] = await Promise.all([fetch(`${LEDGER}/verify`), fetch(`${LEDGER}/api/v1/evidence${LOT}`)]);
  const [file, good] = [join(folder, "verify.html"), Buffer.from(await zip.arrayBuffer())];
  await writeFile(file, Buffer.from(await html.arrayBuffer()));
  const page = await browser.page();
  await page.goto(pathToFileURL(file).href);
  await page.until("document.querySelector('#file') !== null");
  await page.offline(true);
  const checked = async (name, bytes) => {
    await writeFile(join(folder, name), bytes);
    await page.evaluate("document.querySelector('#result').removeAttribute('data-state')");
    await page.choose("#file", join(folder, name));
    return page.until(result("#result"));
  };
  const whole = await checked("good.zip", good);
  assert.equal(whole.state, "holds", whole.text);
  assert.match(whole.text, /Không rõ họ có độc lập với đơn vị vận hành hay không/);
  const cut = await checked("cut.zip", good.subarray(0, good.length - 30));
  assert.deepEqual([cut.state, cut.codes], ["refused", ["file-truncated"]], cut.text);
  const wrong = await checked("wrong.zip", Buffer.from("no zip"));
  assert.deepEqual([wrong.state, wrong.codes], ["refused", ["file-not-evidence"]], wrong.text);

  await page.offline(false);
  const ask = async (address) => {
    await page.evaluate(`document.querySelector('#result').removeAttribute('data-state');
      document.querySelector('#address').value = ${JSON.stringify(address)};
      document.querySelector('form').requestSubmit()`);
  };
  await ask(`${LEDGER}${LOT}?lang=en`);
  const asked = await page.until(result("#result"));
  assert.equal(asked.state, "holds", asked.text);
  await ask("https://shop.example.org/khong-phai-lo-hang");
  await page.until("document.querySelector('#result .nv-fault code')?.textContent === 'address-malformed'");
  assert.deepEqual(page.complaints, []);
  if (process.env.PICTURES !== undefined) await writeFile(join(process.env.PICTURES, "verify.png"), await page.screenshot());
  await page.close();
});

test("whoever hosts the page pins keys in it, and fewer witnesses than it demands are not enough", async () => {
  const html = await (await fetch(`${LEDGER}/verify`)).text();
  const [log, witness] = await Promise.all(["log.vkey", "witnesses.vkey"].map(async (name) => (await (await fetch(`${LEDGER}/${name}`)).text()).trim()));
  const pinned = async (policy) => {
    const file = join(folder, "pinned.html");
    await writeFile(file, html.replace('{"logs": []}</script>', `${policy}</script>`));
    assert.ok((await readFile(file, "utf8")).includes(policy));
    const page = await browser.page();
    await page.goto(`${pathToFileURL(file).href}?address=${encodeURIComponent(`${LEDGER}${LOT}`)}`);
    // A link fills in the address; another server is asked when somebody presses.
    await page.evaluate("document.querySelector('form button').click()");
    const shown = await page.until(`${result("#result")} ?? (document.querySelector('#result > .nv-fault') && { codes: [document.querySelector('#result code').textContent] })`);
    await page.close();
    return shown;
  };
  const met = await pinned(JSON.stringify({ logs: [{ log, witnesses: [witness], quorum: 1 }] }));
  assert.deepEqual([met.state, met.steps.ledger], ["holds", "ok"], met.text);
  // In this ledger time stands still, so that its newest checkpoint is always too old; and the page says so.
  assert.match(met.text, /1 nhân chứng được ghim đã ký \(cần 1\).*đã hơn một ngày/);
  // A key of the vectors: nobody here signs with it.
  const vectors = JSON.parse(await readFile(new URL("../../fixtures/vectors/ledger.json", import.meta.url), "utf8"));
  const unmet = await pinned(JSON.stringify({ logs: [{ log, witnesses: [witness, vectors.witness_vkey], quorum: 2 }] }));
  assert.deepEqual([unmet.state, unmet.codes], ["fails", ["quorum-missing"]], unmet.text);
  assert.deepEqual((await pinned('{"logs": [{}]}')).codes, ["policy-malformed"]);
});

test("where the browser reads codes, the camera leads to the check", async () => {
  // Headless Chromium has a camera that shows a test picture, and no BarcodeDetector: the detector is the only part that is played.
  const script = `globalThis.BarcodeDetector = class { async detect(video) { return video.videoWidth > 0 ? [{ rawValue: ${JSON.stringify(`${LEDGER}${LOT}`)} }] : [] } }`;
  const page = await browser.page({ script });
  await page.goto(`${LEDGER}/verify`);
  await page.until("document.querySelector('#scan') !== null");
  await page.evaluate("document.querySelector('#scan').click()");
  const { state, text } = await page.until(result("#result"));
  assert.equal(state, "holds", text);
  assert.equal(await page.evaluate("document.querySelector('video').hidden"), true, "the camera is off again");
  assert.deepEqual(page.complaints, []);
  await page.close();
});
