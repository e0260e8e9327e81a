import assert from "node:assert/strict";
import { test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { type Bytes, text, utf8 } from "../../verifier/src/core/bytes.ts";
import { Book } from "../src/core/book.ts";
import { Clock } from "../src/core/clock.ts";
import { fileDigest } from "../src/core/digests.ts";
import { SECTION } from "../src/core/draft.ts";
import { exportOutbox, importOutbox } from "../src/core/export.ts";
import { type EventFacts } from "../src/core/facts.ts";
import { seedSigner, type Signer } from "../src/core/key.ts";
import { LogView } from "../src/core/log.ts";
import { type Ended, Outbox } from "../src/core/outbox.ts";
import { Server } from "../src/core/server.ts";
import { Database, type Entry, type KnownSubject, type Store } from "../src/core/store.ts";
import { FakeLedger, LEDGER, NOW_MS, problem } from "./ledger.ts";

const ORGANISATION = "22".repeat(32);
const PLOT = "https://nguon.example/thu/plot/a/T01";

class Killed extends Error {}

/** Counts the places where a phone may die, and lets it die at one of them: from there on nothing happens any more. */
class Fate {
  steps = 0;
  at = Number.POSITIVE_INFINITY;
  get isDead(): boolean {
    return this.steps >= this.at;
  }
  step(): void {
    this.steps += 1;
    if (this.isDead) throw new Killed(`killed at step ${this.at}`);
  }
}

interface Phone {
  readonly db: Database;
  readonly book: Book;
  readonly outbox: Outbox;
  readonly clock: Clock;
}

const SEED = new Uint8Array(32).fill(3) as Bytes;

/** A phone as it is after its app was started, on whatever its storage holds. */
async function start(factory: IDBFactory, ledger: FakeLedger, fate = new Fate(), signer: Signer | undefined = seedSigner(SEED)): Promise<Phone> {
  const db = await Database.open("nguon", factory);
  const write = db.write.bind(db);
  // It may die before a transaction, or right after it.
  db.write = async <T>(stores: readonly Store[], work: (of: (store: Store) => IDBObjectStore) => Promise<T>): Promise<T> => {
    fate.step();
    const result = await write(stores, work);
    fate.step();
    return result;
  };
  const clock = new Clock(() => NOW_MS);
  const fetching: typeof fetch = async (input, init) => {
    fate.step();
    const answer = await ledger.fetch(input, init);
    fate.step();
    return answer;
  };
  const server = new Server("http://nguon.example", clock, fetching);
  const log = new LogView(db, server);
  const outbox = new Outbox(db, server, log, { signerOf: (author) => (signer?.key === author ? signer : undefined) });
  return { db, outbox, clock, book: new Book(db, clock, () => log.seen(LEDGER)) };
}

const watering = (water: string): EventFacts => ({
  kind: "event",
  timeMs: NOW_MS,
  what: { type: "ObjectEvent", action: "OBSERVE", objects: [{ uri: PLOT }] },
  step: { key: "irrigation", water },
  place: PLOT,
});

const PHOTO = utf8("a picture");
const photo = { blake3: fileDigest(PHOTO), bytes: PHOTO, mediaType: "image/jpeg" };

function say({ book }: Phone, water: string, withPhoto = false, signer = seedSigner(SEED)): Promise<Entry> {
  const facts = { ...watering(water), ...(withPhoto ? { photos: [{ blake3: photo.blake3, mediaType: photo.mediaType }] } : {}) };
  return book.say({ signer, ledger: LEDGER, organisation: ORGANISATION }, facts, {
    summary: { step: "irrigation", timeMs: NOW_MS, what: water },
    private: [{ type: SECTION.person, payload: utf8("Người Thử Nghiệm") }],
    ...(withPhoto ? { photos: [photo] } : {}),
  });
}

const waters = (ledger: FakeLedger): string[] => ledger.log.map((one) => JSON.parse(one.payloads[0] ?? "{}")["nguon:waterSource"]);
const states = async (phone: Phone): Promise<string[]> => (await phone.outbox.entries()).map((one) => `${one.summary.what}: ${one.state.at}`);

function admitting(): FakeLedger {
  const ledger = new FakeLedger();
  ledger.admitted.add(seedSigner(SEED).key);
  return ledger;
}

test("what was signed without network is sent in order, and kept until the log's receipt is verified", async () => {
  const [factory, ledger] = [new IDBFactory(), admitting()];
  const phone = await start(factory, ledger);
  ledger.interrupt = () => {
    throw new TypeError("Failed to fetch");
  };
  for (const water of ["một", "hai", "ba"]) await say(phone, water, water === "hai");
  assert.equal(await phone.outbox.round(), "offline" satisfies Ended);
  assert.deepEqual(await states(phone), ["một: phone", "hai: phone", "ba: phone"]);
  ledger.interrupt = () => undefined;
  assert.equal(await phone.outbox.round(), "done");
  assert.deepEqual(waters(ledger), ["một", "hai", "ba"]);
  assert.deepEqual(await states(phone), ["một: log", "hai: log", "ba: log"]);
  assert.deepEqual([...ledger.images.keys()], [photo.blake3]);
  assert.equal((await phone.db.all("receipts")).length, 3);
  assert.ok(ledger.isSound());
  // The next record says what was seen, and names the newest record on the plot.
  await say(phone, "bốn");
  await phone.outbox.round();
  const record = ledger.log[3]?.record;
  assert.equal(record?.subjects[0]?.newest, ledger.log[2]?.record.event);
  assert.equal(new DataView(record?.bytes.buffer as ArrayBuffer).getBigUint64(160), 3n);
});

test("a checkpoint of an empty log is no checkpoint to have seen", async () => {
  const [factory, ledger] = [new IDBFactory(), admitting()];
  const phone = await start(factory, ledger);
  assert.ok(await new LogView(phone.db, new Server("http://nguon.example", phone.clock, ledger.fetch)).look(LEDGER));
  await say(phone, "một");
  assert.equal(await phone.outbox.round(), "done");
  assert.equal(new DataView(ledger.log[0]?.record.bytes.buffer as ArrayBuffer).getBigUint64(160), 0n);
});

test("a send that dies at any step of the protocol loses nothing and doubles nothing", async () => {
  const said = ["một", "hai", "hỏng", "ba", "bốn"];
  let deaths = 0;
  for (let at = 1; ; at += 1) {
    const [factory, ledger, fate] = [new IDBFactory(), admitting(), new Fate()];
    ledger.refuse = (payload) => (payload.includes("hỏng") ? "payload-too-large" : undefined);
    fate.at = at;
    const live = async (phone: Phone): Promise<void> => {
      // Whoever finds an entry missing after a crash enters it again; what is there, is there.
      const known = new Set((await phone.outbox.entries()).map((entry) => entry.summary.what));
      for (const water of said) if (!known.has(water)) await say(phone, water, water === "hai");
      for (let round = 0; round < 4; round += 1) await phone.outbox.round();
    };
    try {
      await live(await start(factory, ledger, fate));
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    const phone = await start(factory, ledger);
    await live(phone);
    assert.deepEqual(waters(ledger), ["một", "hai", "ba", "bốn"], `died at step ${at}`);
    assert.deepEqual((await states(phone)).sort(), ["ba: log", "bốn: log", "hai: log", "hỏng: refused", "một: log"], `died at step ${at}`);
    assert.equal(ledger.images.size, 1, `died at step ${at}`);
    assert.ok(ledger.isSound());
    if (!fate.isDead) break;
    deaths += 1;
  }
  assert.ok(deaths > 40, `${deaths} places to die`);
});

test("one tab after the other, or both at once: never a fork, never twice", async () => {
  const [factory, ledger] = [new IDBFactory(), admitting()];
  const [left, right] = [await start(factory, ledger), await start(factory, ledger)];
  await Promise.all(["a", "b", "c", "d"].flatMap((water) => [say(left, `trái ${water}`), say(right, `phải ${water}`)]));
  await Promise.all([left.outbox.round(), right.outbox.round()]);
  await left.outbox.round();
  assert.equal(ledger.log.length, 8);
  assert.equal(new Set(waters(ledger)).size, 8);
  assert.ok(ledger.isSound());
  // Both named the plot first, under one handle.
  assert.equal(new Set(ledger.log.map((one) => one.record.subjects[0]?.handle)).size, 1);
  assert.ok((await states(left)).every((state) => state.endsWith("log")));
});

test("after a refusal what waited behind is signed anew on the same place, and the refused entry keeps its words", async () => {
  const [factory, ledger] = [new IDBFactory(), admitting()];
  const phone = await start(factory, ledger);
  await say(phone, "một");
  const bad = await say(phone, "hỏng");
  const after = await say(phone, "ba");
  ledger.refuse = (payload) => (payload.includes("hỏng") ? "payload-too-large" : undefined);
  await phone.outbox.round();
  assert.deepEqual(waters(ledger), ["một", "ba"]);
  assert.ok(ledger.isSound());
  const entries = await phone.outbox.entries();
  const refused = entries.find((one) => one.summary.what === "hỏng");
  assert.equal(refused?.state.at === "refused" && refused.state.problem.code, "payload-too-large");
  assert.equal(refused?.event, bad.event);
  const anew = entries.find((one) => one.summary.what === "ba");
  assert.deepEqual([anew?.seq, anew?.prev], [1, entries[0]?.event]);
  assert.notEqual(anew?.event, after.event);
  // It does not name the refused record as the newest on the plot, and its salts are new.
  assert.equal(ledger.log[1]?.record.subjects[0]?.newest, entries[0]?.event);
  assert.notDeepEqual(anew?.openings[0]?.salt, after.openings[0]?.salt);
  assert.deepEqual(anew?.openings[0]?.payload, after.openings[0]?.payload);
  const subject = await phone.db.get<KnownSubject>("subjects", [ORGANISATION, PLOT]);
  assert.equal(subject?.newest, anew?.event);
  // What the ledger had held of the old bytes never gets in.
  assert.equal(ledger.held.filter((one) => one.record.event === after.event).length, 1);
  await say(phone, "bốn");
  await phone.outbox.round();
  assert.deepEqual(waters(ledger), ["một", "ba", "bốn"]);
});

test("a confirmation that waited behind a refusal names its record by the new name", async () => {
  const [factory, ledger] = [new IDBFactory(), admitting()];
  const phone = await start(factory, ledger);
  await say(phone, "hỏng");
  const entered = await say(phone, "ghi hộ");
  const author = { signer: seedSigner(SEED), ledger: LEDGER, organisation: ORGANISATION };
  const confirming: EventFacts = { ...watering("x"), step: { key: "confirming", events: [`urn:nguon:event:${entered.event}`] } };
  await phone.book.say(author, confirming, { summary: { step: "confirming", timeMs: NOW_MS, what: "xác nhận" } });
  ledger.refuse = (payload) => (payload.includes("hỏng") ? "payload-too-large" : undefined);
  await phone.outbox.round();
  const [first, second] = ledger.log;
  assert.equal(JSON.parse(second?.payloads[0] ?? "{}")["nguon:confirms"][0], `urn:nguon:event:${first?.record.event}`);
});

test("a key that nobody stands behind yet keeps everything, and sends it once it is admitted", async () => {
  const [factory, ledger] = [new IDBFactory(), new FakeLedger()];
  const phone = await start(factory, ledger);
  await say(phone, "một");
  await say(phone, "hai");
  assert.equal(await phone.outbox.round(), "closed");
  const [first] = await phone.outbox.entries();
  assert.equal(first?.state.at === "phone" && first.state.problem?.code, "unknown-key");
  ledger.admitted.add(seedSigner(SEED).key);
  assert.equal(await phone.outbox.round(), "done");
  assert.deepEqual(waters(ledger), ["một", "hai"]);
});

test("a server without time, a proxy in between, an answer cut off: the same bytes again later", async () => {
  const [factory, ledger] = [new IDBFactory(), admitting()];
  const phone = await start(factory, ledger);
  await say(phone, "một");
  const answers: [Response, Ended][] = [
    [ledger.problem(503, "busy"), "busy"],
    [ledger.problem(429, "strangers-budget"), "busy"],
    [new Response("<html>Bad gateway</html>", { status: 502 }), "busy"],
    [ledger.problem(400, "request-malformed"), "busy"],
    [new Response('{"results": [{"sta', { status: 201 }), "offline"],
    [ledger.json(200, { results: [] }), "busy"],
    [ledger.json(200, { results: [{ status: 200, state: "logged" }] }), "busy"],
    [ledger.json(503, { results: [{ status: 503, state: "refused", problem: problem("unavailable", 503) }] }), "busy"],
  ];
  for (const [answer, expected] of answers) {
    ledger.interrupt = (method) => (method === "POST" ? answer.clone() : undefined);
    assert.equal(await phone.outbox.round(), expected);
    assert.deepEqual(await states(phone), ["một: phone"]);
  }
  ledger.interrupt = () => undefined;
  assert.equal(await phone.outbox.round(), "done");
  assert.deepEqual(await states(phone), ["một: log"]);
});

test("the ledger came back from an older copy: what it lost is sent again", async () => {
  const [factory, ledger] = [new IDBFactory(), admitting()];
  const phone = await start(factory, ledger);
  for (const water of ["một", "hai"]) await say(phone, water);
  await phone.outbox.round();
  ledger.log.pop();
  await say(phone, "ba");
  await phone.outbox.round();
  await phone.outbox.round();
  assert.deepEqual(waters(ledger), ["một", "hai", "ba"]);
  assert.ok(ledger.isSound());
});

test("another copy of the key has written: the chain goes on from what the ledger has", async () => {
  const [factory, ledger] = [new IDBFactory(), admitting()];
  const [phone, copy] = [await start(factory, ledger), await start(new IDBFactory(), ledger)];
  await say(phone, "một");
  await phone.outbox.round();
  // The copy knows the first record and has written a second one.
  const [first] = await phone.outbox.entries();
  await copy.db.put("chains", { author: first?.author, seq: 1, prev: first?.event });
  await say(copy, "bản sao");
  await copy.outbox.round();
  await copy.db.put("chains", { author: first?.author, seq: 2, prev: "99".repeat(32) });
  await say(copy, "sai chỗ");
  await copy.outbox.round();
  assert.deepEqual(waters(ledger), ["một", "bản sao", "sai chỗ"]);
  assert.ok(ledger.isSound());
});

test("a receipt that does not prove its record, or a log that changed, leaves the entry where it is", async () => {
  const [factory, ledger] = [new IDBFactory(), admitting()];
  const phone = await start(factory, ledger);
  await say(phone, "một");
  ledger.lie = true;
  await phone.outbox.round();
  assert.deepEqual(await states(phone), ["một: received"]);
  ledger.lie = false;
  await phone.outbox.round();
  assert.deepEqual(await states(phone), ["một: log"]);
  // The history before is another one now: receipts may hold in themselves, and the phone notices all the same.
  const other = await start(new IDBFactory(), ledger, new Fate(), seedSigner(new Uint8Array(32).fill(4) as Bytes));
  ledger.log.length = 0;
  ledger.admitted.add(seedSigner(new Uint8Array(32).fill(4) as Bytes).key);
  await say(other, "khác", false, seedSigner(new Uint8Array(32).fill(4) as Bytes));
  await other.outbox.round();
  await phone.db.remove("chains", seedSigner(SEED).key);
  await say(phone, "hai");
  await phone.outbox.round();
  assert.deepEqual(await states(phone), ["một: log", "hai: received"]);
  const alarm = await new LogView(phone.db, new Server("http://nguon.example", phone.clock, ledger.fetch)).alarm(LEDGER);
  assert.equal(alarm?.code, "fork");
});

test("a locked key sends what it signed, and waits with what it must sign anew", async () => {
  const [factory, ledger] = [new IDBFactory(), admitting()];
  const phone = await start(factory, ledger);
  for (const water of ["một", "hỏng", "ba"]) await say(phone, water);
  ledger.refuse = (payload) => (payload.includes("hỏng") ? "payload-too-large" : undefined);
  const locked = await start(factory, ledger, new Fate(), undefined);
  // `undefined` as an argument takes the default; a signer of somebody else is a locked key all the same.
  const stranger = await start(factory, ledger, new Fate(), seedSigner(new Uint8Array(32).fill(9) as Bytes));
  assert.ok(locked !== undefined);
  assert.equal(await stranger.outbox.round(), "locked");
  assert.deepEqual(waters(ledger), ["một"]);
  assert.equal(await phone.outbox.round(), "done");
  assert.deepEqual(waters(ledger), ["một", "ba"]);
});

test("the outbox of a dying phone goes as a file to another, which sends it", async () => {
  const ledger = admitting();
  const phone = await start(new IDBFactory(), ledger);
  for (const water of ["một", "hai"]) await say(phone, water);
  const file = await exportOutbox(phone.db);
  assert.ok((text(file) ?? "").includes("nguon outbox 1"));
  const other = await start(new IDBFactory(), ledger, new Fate(), seedSigner(new Uint8Array(32).fill(5) as Bytes));
  assert.deepEqual(await importOutbox(other.db, file, NOW_MS), { added: 2, known: 0, bad: 0, conflicting: 0 });
  assert.deepEqual(await importOutbox(other.db, file, NOW_MS), { added: 0, known: 2, bad: 0, conflicting: 0 });
  assert.equal(await other.outbox.round(), "done");
  assert.deepEqual(waters(ledger), ["một", "hai"]);
  // The old phone comes back to life and sends the same: the first answer again.
  assert.equal(await phone.outbox.round(), "done");
  assert.equal(ledger.log.length, 2);
});

test("a file that was tampered with, or is another, brings nothing in", async () => {
  const phone = await start(new IDBFactory(), admitting());
  await say(phone, "một");
  const file = JSON.parse(text(await exportOutbox(phone.db)) ?? "");
  const other = await start(new IDBFactory(), admitting());
  const change = async (edit: (one: any) => void) => {
    const copy = structuredClone(file);
    edit(copy.records[0]);
    return (await importOutbox(other.db, utf8(JSON.stringify(copy)), NOW_MS))?.bad;
  };
  assert.equal(await change((one) => (one.openings[0].payload = "e30=")), 1);
  assert.equal(await change((one) => (one.openings = [])), 1);
  assert.equal(await change((one) => (one.record = one.record.slice(4))), 1);
  assert.equal(await change((one) => (one.record = 7)), 1);
  for (const bad of ["", "{}", "[]", "null", '{"format":"nguon outbox 2","records":[]}']) {
    assert.equal(await importOutbox(other.db, utf8(bad), NOW_MS), undefined, bad);
  }
  assert.equal((await other.outbox.entries()).length, 0);
  // Of our own key only what continues the chain is taken.
  const own = await start(new IDBFactory(), admitting());
  await say(own, "khác");
  assert.deepEqual(await importOutbox(own.db, utf8(JSON.stringify(file)), NOW_MS), { added: 0, known: 0, bad: 0, conflicting: 1 });
});
