import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bytes, concat, hex, utf8 } from "../src/core/bytes.ts";
import { check, type Options, type Report, type Step } from "../src/core/check.ts";
import { ed25519, library } from "../src/core/ed25519.ts";
import { type Code, CODES, CheckError, coded } from "../src/core/fault.ts";
import { type Memory, memoryOn, type Remembered } from "../src/core/memory.ts";
import { parsePolicy } from "../src/core/policy.ts";
import { readEvidence } from "../src/core/zip.ts";
import { delegation, KEY, LEDGER, LOG, LOT, make, ORIGIN, record, root, type Shaping, story, subject, vkey, WITNESS } from "./ledger.ts";
import { KIND } from "../src/core/record.ts";

const NOW_MS = 1_776_000_200_000;

/** Checks bytes with both arithmetics, which must say the same. */
async function judge(bytes: Bytes, options: Partial<Options> = {}): Promise<Report> {
  const evidence = readEvidence(bytes);
  const said: Report[] = [];
  for (const ed of [library, await ed25519()]) said.push(await check(evidence, { nowMs: NOW_MS, ...options, ed }));
  const [first, second] = said as [Report, Report];
  const plain = (report: Report) => report.steps.map(({ step, state, faults }) => ({ step, state, faults }));
  assert.deepEqual(plain(first), plain(second));
  return first;
}

const codes = (report: Report): string[] =>
  report.steps.flatMap((step) => step.faults.map((fault) => `${step.step}: ${fault.code}`));

/** Both forms of what is made so must fail at this step with this code. */
async function fails(story: string, shaping: Shaping, step: Step, code: Code): Promise<void> {
  const made = make(shaping);
  for (const [form, bytes] of [["light", made.light], ["zip", made.zip()]] as const) {
    const report = await judge(bytes);
    assert.equal(report.holds, false, `${story}, ${form}`);
    assert.ok(codes(report).includes(`${step}: ${code}`), `${story}, ${form}: ${codes(report).join(", ")}`);
    const wrong = report.steps.find((one) => one.step === step);
    assert.equal(wrong?.state, "fail", `${story}, ${form}`);
  }
}

/** Flips one bit of the named record's own bytes. */
const flip = (name: string, part: "record" | "salt" | "facts" | "hash", at: number): Shaping => ({
  shown: (shown, one) => {
    if (shown !== name) return;
    const bytes = part === "hash" ? one.hashes[0]?.slice() : one[part]?.slice();
    assert.ok(bytes !== undefined);
    const place = at < 0 ? bytes.length + at : at;
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    if (part === "hash") one.hashes[0] = bytes;
    else one[part] = bytes;
  },
});

test("a lot that is in order holds in both forms, and says what it says", async () => {
  const made = make();
  for (const bytes of [made.light, made.zip()]) {
    const report = await judge(bytes);
    assert.deepEqual(codes(report), []);
    assert.equal(report.holds, true);
    assert.deepEqual(report.told.map((one) => [one.facts["bizStep"], one.voids]), [["creating_class_instance", []], ["packing", []]]);
    assert.equal(report.checkpoint?.size, 7n);
  }
  const light = await judge(made.light);
  const notes = light.steps.map((step) => step.note);
  assert.deepEqual(notes.slice(0, 4), ["ledger-first", "checkpoint-signed", "operator-only", "memory-unchecked"]);
  assert.equal((await judge(made.zip())).steps[2]?.note, "witnesses-unknown");
});

test("one changed bit anywhere in a record, an opening or a proof is named for what it breaks", async () => {
  await fails("the body", flip("harvest", "record", 155), "signatures", "signature-wrong");
  await fails("the body", flip("harvest", "record", 155), "inclusion", "inclusion-wrong");
  await fails("the signature", flip("harvest", "record", -1), "signatures", "signature-wrong");
  await fails("the magic", flip("harvest", "record", 0), "signatures", "record-malformed");
  await fails("the ledger's name", flip("harvest", "record", 20), "signatures", "wrong-ledger");
  await fails("the facts", flip("harvest", "facts", 30), "contents", "opening-wrong");
  await fails("the salt", flip("harvest", "salt", 3), "contents", "opening-wrong");
  await fails("the proof", flip("harvest", "hash", 7), "inclusion", "inclusion-wrong");
});

test("a forged record that is in the log all the same is still forged", async () => {
  const forged = (by: number): Shaping => ({
    logged: (name, said) => {
      if (name !== "packing") return said;
      const other = record({ kind: KIND.event, by, seq: 0n, organisation: said.record.slice(48, 80), subject: subject(LOT) });
      return { ...other, record: concat(other.record.subarray(0, -1), Uint8Array.of((other.record.at(-1) ?? 0) ^ 1)) };
    },
  });
  await fails("a broken signature", forged(KEY.phone), "signatures", "signature-wrong");
  const stranger: Shaping = {
    logged: (name, said) =>
      name === "packing" ? record({ kind: KIND.event, by: KEY.stranger, seq: 0n, organisation: said.record.slice(48, 80), subject: subject(LOT) }) : said,
  };
  await fails("a stranger's key", stranger, "rights", "key-unknown");
  const elsewhere: Shaping = {
    logged: (name, said) =>
      name === "packing"
        ? record({ kind: KIND.event, by: KEY.phone, seq: 1n, prev: said.record.slice(120, 152), organisation: said.record.slice(48, 80), ledger: new Uint8Array(32).fill(9) })
        : said,
  };
  await fails("another ledger's record", elsewhere, "signatures", "wrong-ledger");
  const slipped: Shaping = {
    logged: (name, said) =>
      name === "packing"
        ? record({ kind: KIND.event, by: KEY.phone, seq: 1n, prev: new Uint8Array(32).fill(9), organisation: said.record.slice(48, 80), subject: subject(LOT) })
        : said,
  };
  await fails("a record slipped in", slipped, "chains", "chain-broken");
});

test("rights that are not shown are not believed", async () => {
  await fails("no operator", { without: ["operator"] }, "rights", "operator-missing");
  await fails("no co-operative", { without: ["cooperative"] }, "rights", "key-unknown");
  await fails("no delegation", { without: ["delegate"] }, "rights", "key-unknown");
  const weaker: Shaping = {
    logged: (name, said) => {
      if (name !== "delegate") return said;
      const organisation = said.record.slice(48, 80);
      const control = delegation(organisation, KEY.phone, 1);
      return record({ kind: KIND.delegate, by: KEY.cooperative, seq: 1n, prev: organisation, organisation, control });
    },
  };
  const report = await judge(make(weaker).light);
  assert.equal(report.holds, true);
  assert.equal(report.steps.find((step) => step.step === "rights")?.note, "rights-void");
  assert.deepEqual(report.told.map((one) => one.voids), [["role-lacking"], ["role-lacking"]]);
});

test("facts that are kept back, or that nobody signed, are named", async () => {
  await fails("kept back", { shown: (name, one) => name === "harvest" && delete one.facts }, "rights", "opening-missing");
  await fails("of no section", { shown: (name, one) => void (name === "operator" && (one.facts = utf8("{}"))) }, "contents", "opening-unknown");
  await fails("of another lot", { lot: "https://id.gs1.org/01/09521234000105/10/XOAI-260115-B" }, "lot", "lot-not-told-of");
});

test("a signed recall is told, whatever else holds", async () => {
  const recalled = async (packing: object, shaping: Shaping = {}) => (await judge(make({ ...shaping, packing }).light)).isRecalled;
  assert.equal(await recalled({}), false);
  assert.equal(await recalled({ persistentDisposition: { set: ["recalled"] } }), true);
  assert.equal(await recalled({ disposition: "recalled" }), true);
  assert.equal(await recalled({ disposition: "https://ref.gs1.org/cbv/Disp-recalled" }), true);
  assert.equal(await recalled({ persistentDisposition: { unset: ["recalled"] } }), false);
  assert.equal(await recalled({ persistentDisposition: 7, disposition: null }), false);
});

test("a forged checkpoint or cosignature is named", async () => {
  await fails("another's signature", { signer: KEY.stranger }, "checkpoint", "checkpoint-forged");
  await fails("another's cosignature", { cosigner: KEY.stranger }, "witnesses", "cosignature-forged");
  await fails("another size", { note: (note) => note.replace("\n7\n", "\n8\n") }, "checkpoint", "checkpoint-forged");
  await fails("an extension", { note: (note) => note.replace("=\n\n", "=\nmore\n\n") }, "checkpoint", "checkpoint-forged");
  await fails("nobody's", { note: (note) => note.replace(`— ${ORIGIN} `, "— ledger.example.org/other ") }, "checkpoint", "checkpoint-unsigned");
  await fails("no note", { note: () => "nothing\n" }, "checkpoint", "note-malformed");
});

test("with pinned keys nothing is taken at first sight", async () => {
  const { light } = make();
  const pinned = (log: string, witnesses: string[], quorum: number) => {
    const [found] = parsePolicy(JSON.stringify({ logs: [{ log, witnesses, quorum }] })).values();
    assert.ok(found !== undefined);
    return { pinned: found };
  };
  const good = await judge(light, pinned(LOG, [WITNESS], 1));
  assert.deepEqual(good.steps.slice(0, 3).map((step) => step.note), ["ledger-pinned", "checkpoint-signed", "witnesses-pinned"]);
  const fetchTile = async () => undefined;
  const young = await judge(light, { ...pinned(LOG, [WITNESS], 1), fetchTile });
  assert.deepEqual([young.steps[2]?.state, young.steps[2]?.note], ["ok", "witnesses-pinned"]);
  const old = await judge(light, { ...pinned(LOG, [WITNESS], 1), fetchTile, nowMs: NOW_MS + 25 * 3_600_000 });
  assert.deepEqual([old.holds, old.steps[2]?.state, old.steps[2]?.note], [true, "note", "witnesses-old"]);
  const other = vkey("witness.example.edu/w2", 4, KEY.other);
  assert.deepEqual(codes(await judge(light, pinned(LOG, [WITNESS, other], 2))), ["witnesses: quorum-missing"]);
  assert.ok(codes(await judge(light, pinned(vkey(ORIGIN, 1, KEY.other), [WITNESS], 1))).includes("ledger: ledger-changed"));
  const twice = { logs: [{ log: LOG, witnesses: [WITNESS, vkey("witness.example.edu/again", 4, KEY.witness)], quorum: 2 }] };
  for (const broken of ["{", "[]", '{"logs":[{}]}', JSON.stringify({ logs: [{ log: LOG, witnesses: [], quorum: 1 }] }), JSON.stringify(twice)]) {
    assert.throws(() => parsePolicy(broken), CheckError, broken);
  }
});

/** A memory of the test's own, on a shelf like `localStorage`. */
function shelved(): { memory: Memory; shelf: Map<string, string> } {
  const shelf = new Map<string, string>();
  return { shelf, memory: memoryOn({ getItem: (name) => shelf.get(name) ?? null, setItem: (name, value) => void shelf.set(name, value) }, "https://nguon.example") };
}

const tilesOf = (leaves: readonly Bytes[]) => async (path: string): Promise<Bytes | undefined> => {
  assert.match(path, /^tile\/0\/000\.p\/\d+$/, "a log this small has one tile");
  return concat(...leaves.slice(0, Number(path.split("/").pop())));
};

test("what this device saw last time must be the beginning of what it sees now", async () => {
  const { memory } = shelved();
  const now = make();
  const first = await check(readEvidence(now.light), { nowMs: NOW_MS, memory });
  assert.equal(first.steps[3]?.note, "memory-first");
  assert.equal(memory.recall(ORIGIN)?.size, 7n);
  const again = await check(readEvidence(now.light), { nowMs: NOW_MS, memory });
  assert.deepEqual([again.steps[0]?.note, again.steps[3]?.note], ["ledger-known", "memory-same"]);

  const later = make({ longer: 14 });
  const grown = await check(readEvidence(later.light), { nowMs: NOW_MS, memory, fetchTile: tilesOf(later.leaves) });
  assert.deepEqual([grown.holds, grown.steps[3]?.note], [true, "memory-grown"]);
  assert.equal(memory.recall(ORIGIN)?.size, 21n);

  const older = await check(readEvidence(now.light), { nowMs: NOW_MS, memory, fetchTile: tilesOf(later.leaves) });
  assert.deepEqual([older.holds, older.steps[3]?.note], [true, "memory-older"]);
  assert.equal(memory.recall(ORIGIN)?.size, 21n, "a smaller tree never replaces a larger one");

  const offline = await check(readEvidence(make({ longer: 30 }).light), { nowMs: NOW_MS, memory });
  assert.equal(offline.steps[3]?.note, "memory-unchecked");
  assert.equal(memory.recall(ORIGIN)?.size, 21n, "what was not compared is not remembered");
});

test("what stands on the shelf and cannot be read counts as never seen", () => {
  const { memory, shelf } = shelved();
  memory.remember({ origin: ORIGIN, logKey: LOG, witnessKeys: [WITNESS], size: 7n, root: new Uint8Array(32), sinceMs: 1, seenMs: 2 });
  const [[name, good]] = [...shelf] as [[string, string]];
  assert.equal(memory.recall(ORIGIN)?.seenMs, 2);
  for (const broken of ["", "null", "[]", "{", good.replace('"7"', "7"), good.replace('"7"', '"-7"'), good.replace('"seenMs":2', '"seenMs":1e300')]) {
    shelf.set(name, broken);
    assert.equal(memory.recall(ORIGIN), undefined, broken);
  }
  const full = memoryOn({ getItem: () => null, setItem: () => assert.fail("no room") }, "file");
  full.remember({ origin: ORIGIN, logKey: LOG, witnessKeys: [], size: 1n, root: new Uint8Array(32), sinceMs: 1, seenMs: 2 });
});

test("a fork against what this device saw is named, whatever tiles the server shows", async () => {
  const now = make({ longer: 3 });
  const remembered = (size: bigint, root: Bytes): Memory => ({
    recall: (): Remembered => ({ origin: ORIGIN, logKey: LOG, witnessKeys: [WITNESS], size, root, sinceMs: 0, seenMs: 0 }),
    remember: () => assert.fail("a log that forked is not remembered"),
  });
  const wrong = new Uint8Array(32).fill(9);
  for (const size of [5n, 8n, 10n, 12n]) {
    const report = await check(readEvidence(now.light), { nowMs: NOW_MS, memory: remembered(size, wrong), fetchTile: tilesOf([...now.leaves, wrong, wrong]) });
    assert.deepEqual(codes(report), ["memory: fork"], String(size));
  }
  const other = await check(readEvidence(now.light), { nowMs: NOW_MS, memory: remembered(5n, root(now.leaves.slice(0, 5))), fetchTile: async () => utf8("no tile") });
  assert.deepEqual(codes(other), ["memory: tile-malformed"]);
  const absent = await check(readEvidence(now.light), { nowMs: NOW_MS, memory: remembered(5n, root(now.leaves.slice(0, 5))), fetchTile: async () => undefined });
  assert.deepEqual(codes(absent), ["memory: tile-malformed"]);
  const network = () => Promise.reject(new CheckError("network"));
  const cut = await check(readEvidence(now.light), { nowMs: NOW_MS, memory: remembered(5n, root(now.leaves.slice(0, 5))), fetchTile: network });
  assert.deepEqual([cut.steps[3]?.state, cut.steps[3]?.note], ["note", "memory-unchecked"]);
  const changed: Memory = { recall: () => ({ origin: ORIGIN, logKey: vkey(ORIGIN, 1, KEY.other), witnessKeys: [], size: 1n, root: wrong, sinceMs: 0, seenMs: 0 }), remember: () => assert.fail() };
  assert.ok(codes(await check(readEvidence(now.light), { nowMs: NOW_MS, memory: changed })).includes("ledger: ledger-changed"));
});

test("the answer to another lot's question is refused", async () => {
  const { light } = make();
  const asked = async (lot: string) => codes(await check(readEvidence(light), { nowMs: NOW_MS, lot }));
  assert.deepEqual(await asked("01/09521234000105/10/XOAI-260115-A"), []);
  assert.ok((await asked("p/dau-tay/l/XOAI-260115-A")).includes("ledger: lot-other"), "no signed card says that this is its product");
  assert.ok((await asked("01/09521234567899/10/XOAI-260115-A")).includes("ledger: lot-other"), "the same number of another product");
  assert.ok((await asked("01/09521234000105/10/XOAI-260115-B")).includes("ledger: lot-other"));
});

function refusal(bytes: Bytes): string {
  try {
    readEvidence(bytes);
  } catch (error) {
    return coded(error).code;
  }
  return "read";
}

test("a file that is none, or not whole, is refused by name", async () => {
  const { zip, light } = make();
  const whole = zip();
  assert.equal(refusal(utf8("hello")), "file-not-evidence");
  assert.equal(refusal(new Uint8Array()), "file-not-evidence");
  for (const end of [4, 100, whole.length >> 1, whole.length - 1, whole.length - 22]) {
    assert.equal(refusal(whole.slice(0, end)), "file-truncated", `${end} of ${whole.length} bytes`);
  }
  assert.equal(refusal(zip((files) => delete files["manifest.json"])), "file-missing");
  assert.equal(refusal(zip((files) => (files["manifest.json"] = utf8("[]")))), "file-malformed");
  assert.equal(refusal(zip((files) => (files["manifest.json"] = utf8('{"format":"nguon evidence 2"}')))), "file-not-evidence");
  assert.equal(refusal(light.slice(0, -2)), "file-malformed");
  const missing = await judge(zip((files) => delete files["records/000000004.tlog-proof"]));
  assert.ok(codes(missing).includes("ledger: file-missing"));
  const stray = await judge(zip((files) => (files["facts/000000099-0.json"] = utf8("{}"))));
  assert.deepEqual(codes(stray), ["ledger: file-stray"]);
  const other = make({ longer: 1 }).zip;
  const mixed = await judge(zip((files) => other((others) => (files["records/000000004.tlog-proof"] = others["records/000000004.tlog-proof"] as Bytes))));
  assert.ok(codes(mixed).includes("checkpoint: checkpoint-differs"), codes(mixed).join());
  const renumbered = await judge(zip((files) => (files["manifest.json"] = utf8(new TextDecoder().decode(files["manifest.json"]).replace('"index":4', '"index":5')))));
  assert.ok(codes(renumbered).includes("inclusion: index-wrong"));
});

test("whatever bytes come, the answer is a code", async () => {
  const made = make();
  let seed = 7;
  const chance = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) % below;
  const known = new Set<string>(CODES);
  for (const whole of [made.light, made.zip()]) {
    for (let round = 0; round < 300; round += 1) {
      const bytes = whole.slice();
      for (let flips = 1 + chance(3); flips > 0; flips -= 1) bytes[chance(bytes.length)] = chance(256);
      let report: Report;
      try {
        report = await check(readEvidence(bytes), { nowMs: NOW_MS, ed: library });
      } catch (error) {
        assert.ok(error instanceof CheckError && known.has(error.code) && error.code !== "internal", `${round}: ${error}`);
        continue;
      }
      for (const step of report.steps) for (const fault of step.faults) assert.notEqual(fault.code, "internal", `${round}: ${fault.place} ${fault.about}`);
    }
  }
});

test("the story's own ledger is the one that the tests think it is", () => {
  assert.equal(story().size, 7);
  assert.equal(hex(LEDGER), hex(story().get("harvest")?.record.slice(16, 48) as Bytes));
});
