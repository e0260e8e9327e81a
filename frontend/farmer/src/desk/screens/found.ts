/** A new organisation, step by step; the organisation as it stands; its root moved to the next. */

import { type Bytes, utf8 } from "../../../../verifier/src/core/bytes.ts";
import { isPin, makeKey, openKey, seedSigner } from "../../core/key.ts";
import { type KnownSubject, type Person } from "../../core/store.ts";
import { ROLE } from "../../core/draft.ts";
import { type Desk, type Screen } from "../desk.ts";
import { button, type Child, facts, h, mark, notice } from "../dom.ts";
import { drawer, tell } from "../drawer.ts";
import { form } from "../formview.ts";
import { found, type Founded, type Founder, readFounder, rotation, SORTS } from "../found.ts";
import { type Json, object, string } from "../json.ts";
import { publicKey } from "../paper.ts";
import { qr } from "../qr.ts";
import { paperFields, readPaper } from "../root.ts";
import { paper } from "../sheetpaper.ts";
import { either, say } from "../words.ts";
import { type Faults, Given, type Values } from "../forms/given.ts";
import { COMMUNES } from "./plots.ts";

/** What is signed and not yet in the log: resent as it is, however often the browser dies. */
interface Pending {
  readonly founded: Founded;
  readonly person: Person;
}
const PENDING = "desk founding";

/** Seeds of this page, and of no other place. */
let seeds: { readonly root: Bytes; readonly next: Bytes } | undefined;
/** What was typed of the organisation, while somebody writes papers. */
let typed: Values = {};

const fresh = (): Bytes => crypto.getRandomValues(new Uint8Array(32));
const wipe = (): void => {
  seeds?.root.fill(0);
  seeds?.next.fill(0);
  seeds = undefined;
};

const STEPS = ["who", "papers", "restore", "sign"] as const;

function steps(here: (typeof STEPS)[number]): HTMLElement {
  return h("ol", { class: "path" }, ...STEPS.map((one) => h("li", { "aria-current": one === here ? "step" : undefined }, say(`found.${one}`))));
}

export const foundScreen: Screen = {
  title: "found",
  async draw(desk, argument) {
    const pending = await desk.db.get<Pending>("things", PENDING);
    if (pending !== undefined) return send(desk, pending);
    const head = (step: (typeof STEPS)[number]): Child => [h("h1", { tabindex: "-1" }, say("found")), steps(step)];
    if (argument === "" || typed["name"] === undefined) return [head("who"), h("p", { class: "lead" }, say("found.lead")), who(desk)];
    if (argument === "papers" || seeds === undefined) {
      seeds ??= { root: fresh(), next: fresh() };
      return [
        head("papers"),
        notice("doubt", h("b", {}, say("found.offline.title")), h("p", {}, say("found.offline"))),
        paper("root", seeds.root),
        paper("next", seeds.next),
        h("div", { class: "buttons" }, button(say("found.print"), () => print()), h("a", { class: "primary", href: "#found/restore" }, say("found.written"))),
      ];
    }
    return [head("restore"), h("p", { class: "lead" }, say("found.restore.text")), restore(desk, seeds)];
  },
};

function who(desk: Desk): HTMLElement {
  return form<Founder>({
    submit: say("found.next"),
    values: { sort: "cooperative", ...typed },
    fields: [
      { name: "name", label: say("found.name"), required: true, maxlength: 160 },
      { name: "nameEn", label: say("english"), beside: true, maxlength: 160 },
      { name: "sort", label: say("found.sort"), kind: "select", options: SORTS.map((value) => ({ value, label: say(`sort.${value}`) })) },
      { name: "tax", label: say("found.taxcode"), beside: true, maxlength: 20 },
      { name: "address", label: say("found.address"), required: true, maxlength: 300 },
      { name: "commune", label: say("plots.commune"), known: COMMUNES.map((one) => ({ value: one.code, label: `${one.name}, ${one.province}` })), help: say("plots.commune.help") },
      { name: "hotline", label: say("found.hotline"), kind: "tel", beside: true, help: say("found.hotline.help"), maxlength: 20 },
      { name: "website", label: say("found.site"), maxlength: 200 },
      notice("note", say("found.public")),
      { name: "person", label: say("found.person"), required: true, maxlength: 120, help: say("found.person.help") },
      { name: "phone", label: say("member.phone"), kind: "tel", beside: true, maxlength: 20 },
      { name: "pin", label: say("found.pin"), kind: "number", help: say("found.pin.help"), maxlength: 8 },
    ],
    read: (values) => {
      const read = readFounder(values, COMMUNES);
      if ((values["pin"] ?? "") !== "" && !isPin(values["pin"] ?? "")) return { ok: false, faults: { ...(read.ok ? {} : read.faults), pin: { key: "unlock.wrong" } } };
      if (read.ok) typed = values;
      return read;
    },
    done: () => desk.go("found/papers"),
  });
}

/** Both papers are typed back before either is used: a paper that nobody can read is no backup. */
function restore(desk: Desk, { root, next }: NonNullable<typeof seeds>): HTMLElement {
  const named = (prefix: string) => paperFields().map((field) => ({ ...field, name: `${prefix}${field.name}` }));
  const part = (values: Values, prefix: string): Values => Object.fromEntries(Object.entries(values).filter(([name]) => name.startsWith(prefix)).map(([name, value]) => [name.slice(prefix.length), value]));
  return form<true>({
    submit: say("found.sign.do"),
    fields: [h("h2", {}, say("found.paper.root")), ...named("a"), h("h2", {}, say("found.paper.next")), ...named("b"), notice("note", say("found.two"))],
    read: (values) => {
      const [one, other] = [readPaper(part(values, "a"), publicKey(root)), readPaper(part(values, "b"), publicKey(next))];
      const faults: Faults = Object.fromEntries([...(one.ok ? [] : Object.entries(one.faults).map(([name, fault]) => [`a${name}`, fault] as const)), ...(other.ok ? [] : Object.entries(other.faults).map(([name, fault]) => [`b${name}`, fault] as const))]);
      return one.ok && other.ok ? { ok: true, value: true } : { ok: false, faults };
    },
    done: () => signAll(desk),
  });
}

async function signAll(desk: Desk): Promise<void> {
  const founder = readFounder(typed, COMMUNES);
  if (seeds === undefined || !founder.ok) return desk.go("found");
  const answer = await desk.server.json<Json>({ path: "/api/v1/ledger" });
  const ledger = answer.ok ? string(answer.value["ledger_id"]) : undefined;
  if (ledger === undefined || (await desk.log.pin(ledger)) === undefined) return tell(say("found"), notice("wait", say("found.noledger")));
  const pin = (typed["pin"] ?? "") === "" ? undefined : typed["pin"];
  const kept = await makeKey(pin);
  const device = await openKey(kept, pin ?? "");
  const founded = await found(seedSigner(seeds.root), publicKey(seeds.next), device, founder.value, { ledger, nowMs: desk.clock.now(), deviceTimeMs: desk.clock.deviceTimeMs() });
  const person: Person = {
    key: kept.key,
    kept,
    ledger,
    organisation: founded.organisation,
    name: founder.value.name,
    organisationName: founder.value.card.name.vi,
    roles: Object.values(ROLE).reduce((bits, bit) => bits | bit, 0),
    notAfterMs: founded.notAfterMs,
    madeMs: desk.clock.now(),
  };
  await desk.db.put("things", { founded, person } satisfies Pending, PENDING);
  wipe();
  typed = {};
  desk.go("found/sign");
}

/** Sends what was signed until the ledger has it; then this device is in. */
async function send(desk: Desk, pending: Pending): Promise<Child> {
  const { founded, person } = pending;
  const answer = await desk.server.submit(utf8(JSON.stringify({ records: founded.parcels })));
  const results = answer.ok ? answer.value : [];
  if (results.length === founded.parcels.length && results.every((one) => one.state === "logged")) {
    const { card } = founded;
    await desk.db.put("people", person);
    await desk.db.put("subjects", { organisation: founded.organisation, uri: card.uri, kind: "organisation", salt: card.salt, newest: card.event } satisfies KnownSubject);
    await desk.db.remove("things", PENDING);
    await desk.db.put("things", person.key, "desk person");
    location.hash = "organisation";
    location.reload();
    return h("p", { role: "status" }, say("found.done"));
  }
  const refused = results.find((one) => one.state === "refused");
  const problem = answer.ok ? object(refused?.problem) : undefined;
  return [
    h("h1", { tabindex: "-1" }, say("found")),
    steps("sign"),
    notice("wait", h("b", {}, say("found.waits")), h("p", {}, say("found.waits.text"))),
    problem !== undefined && refused !== undefined && notice("stop", h("p", {}, either({ vi: string(object(problem["vi"])["detail"]) ?? null, en: string(object(problem["en"])["detail"]) ?? null }) || (string(problem["type"]) ?? ""))),
    h("div", { class: "buttons" }, button(say("outbox.send"), () => desk.show(), "primary"), refused !== undefined && button(say("found.again"), async () => {
      await desk.db.remove("things", PENDING);
      desk.go("found");
    }, "danger")),
  ];
}

// The organisation as it stands.

export const organisation: Screen = {
  title: "organisation",
  async draw(desk) {
    const id = desk.organisation;
    const known = await desk.open<Json>(`/api/v1/organisations/${id}`).catch(() => ({}) as Json);
    const standing = desk.who?.organisation.standing ?? [];
    const one = object(known["organisation"] ?? known);
    return [
      h("h1", { tabindex: "-1" }, desk.organisationName),
      h(
        "section",
        {},
        facts(
          [say("organisation.standing"), standing.length === 0 ? mark("wait", say("organisation.none")) : [...standing.map((word) => [mark(word === "suspended" ? "stop" : "good", say(`recognised.${word}`)), " "])]],
          [say("organisation.id"), h("code", { class: "whole" }, id)],
          [say("organisation.root"), h("code", { class: "whole" }, string(one["root_key"]) ?? "–")],
          [say("organisation.device"), h("code", { class: "whole" }, desk.person?.key ?? "")],
        ),
      ),
      h(
        "section",
        { class: "paper" },
        h("h2", {}, say("admission")),
        h("p", {}, say("admission.lead")),
        h("ol", { class: "steps" }, ...["papers", "give", "wait"].map((step) => h("li", {}, say(`admission.${step}`)))),
        h("div", { class: "code" }, qr(`${location.origin}/api/v1/organisations/${id}`, say("admission.code")), h("div", {}, h("p", {}, h("b", {}, desk.organisationName)), h("p", {}, h("code", { class: "whole" }, id)))),
        h("p", { class: "small" }, say("admission.operator")),
        h("pre", {}, `nguon org standing --key operator-desk.key --of ${id} --as producer,packer --reason 1 --server ${location.origin}`),
        h("div", { class: "buttons" }, button(say("found.print"), () => print())),
      ),
      h("section", {}, h("h2", {}, say("rotate")), h("p", {}, say("rotate.text")), h("div", { class: "buttons" }, button(say("rotate.do"), () => rotate(desk), "danger"))),
    ];
  },
};

/** The root was lost or seen: the next one takes its place. */
async function rotate(desk: Desk): Promise<void> {
  const { person } = desk;
  if (person === undefined) return;
  const after = fresh();
  try {
    const isWritten = await drawer<boolean>(say("rotate.do"), (close) => [h("p", {}, say("rotate.paper")), paper("next", after), h("div", { class: "buttons" }, button(say("found.print"), () => print()), button(say("found.written"), () => close(true), "primary"))]);
    if (isWritten !== true) return;
    const seed = await drawer<Bytes>(say("rotate.do"), (close) => [
      h("p", {}, say("rotate.restore")),
      form<Bytes>({
        submit: say("rotate.sign"),
        fields: [h("h2", {}, say("found.paper.next")), ...paperFields().map((field) => ({ ...field, name: `a${field.name}` })), h("h2", {}, say("rotate.after")), ...paperFields().map((field) => ({ ...field, name: `b${field.name}` }))],
        read: (values) => {
          const part = (prefix: string): Values => Object.fromEntries([1, 2, 3, 4].map((row) => [`row${row}`, values[`${prefix}row${row}`] ?? ""]));
          const [one, other] = [readPaper(part("a")), readPaper(part("b"), publicKey(after))];
          const given = new Given({});
          for (const [prefix, read] of [["a", one], ["b", other]] as const) if (!read.ok) for (const [name, fault] of Object.entries(read.faults)) given.fault(`${prefix}${name}`, fault.key, fault.values ?? {});
          return given.read(() => (one.ok ? one.value : new Uint8Array(32)));
        },
        done: (found_) => close(found_),
      }),
    ]);
    if (seed === undefined) return;
    const parcel = await rotation(seedSigner(seed), person.organisation, publicKey(after), { ledger: person.ledger, deviceTimeMs: desk.clock.deviceTimeMs() });
    seed.fill(0);
    const answer = await desk.server.submit(utf8(JSON.stringify({ records: [parcel] })));
    const [result] = answer.ok ? answer.value : [];
    const problem = object(object(result)["problem"]);
    await tell(say("rotate"), result?.state === "logged" ? notice("good", say("rotate.done")) : notice("stop", say("rotate.failed"), h("p", {}, either({ vi: string(object(problem["vi"])["detail"]) ?? null, en: string(object(problem["en"])["detail"]) ?? null }))));
    await desk.show();
  } finally {
    after.fill(0);
  }
}
