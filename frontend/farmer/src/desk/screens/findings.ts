/** Answering what the rules found: correct one's own record, explain it, or attach a paper. */

import { text, unbase64 } from "../../../../verifier/src/core/bytes.ts";
import { type Desk, type Screen } from "../desk.ts";
import { button, type Child, facts, h, mark, notice, short } from "../dom.ts";
import { drawer } from "../drawer.ts";
import { type Draft } from "../forms/given.ts";
import { correction, isAct, type LoggedEvent } from "../forms/lots.ts";
import { readExplanation } from "../forms/offers.ts";
import { form } from "../formview.ts";
import { type Json, list, object, objects, string, whole } from "../json.ts";
import { lotName } from "../lotsfield.ts";
import { sign } from "../signing.ts";
import { type LotView, readLot } from "../things.ts";
import { either, moment, named, say } from "../words.ts";
import { lotNumber, pageOf, SEVERITY } from "./overview.ts";
import { contextOf } from "./plots.ts";

/** A record, as far as it is open. */
interface Shown extends LoggedEvent {
  readonly index: number;
  readonly isOwn: boolean;
  readonly document: Json;
}

async function fetchRecord(desk: Desk, path: string): Promise<Shown | undefined> {
  const answer = await desk.open<Json>(path);
  const section = objects(answer["sections"]).find((one) => one["type"] === 1 && one["state"] === "open");
  const payload = section === undefined ? undefined : unbase64(string(section["payload"]) ?? "");
  const json = payload === undefined ? undefined : text(payload);
  const event = string(answer["event_id"]);
  if (json === undefined || event === undefined) return undefined;
  let document: Json = {};
  try {
    document = object(JSON.parse(json));
  } catch {
    // Somebody's record that is no JSON: there is nothing to show of it.
  }
  return { event, json, document, act: isAct(answer["act"]) ? answer["act"] : "lot", index: whole(answer["index"]) ?? 0, isOwn: answer["organisation_id"] === desk.organisation };
}

const stepOf = (document: Json): string => (string(document["nguon:step"]) ?? string(document["bizStep"]) ?? "").replace("urn:nguon:bizStep:", "");

function line(desk: Desk, shown: Shown, lot: LotView | undefined): Child {
  const ms = Date.parse(string(shown.document["eventTime"]) ?? "");
  const isEvent = /Event$/.test(string(shown.document["type"]) ?? "");
  return h(
    "li",
    {},
    h("div", { class: "words" }, h("b", {}, `#${shown.index} · ${named("step", stepOf(shown.document) || (string(shown.document["type"]) ?? "").replace("nguon:", "").toLowerCase())}`), h("span", {}, Number.isNaN(ms) ? "" : moment(ms), " · ", h("a", { href: `/api/v1/records/${shown.event}`, target: "_blank", rel: "noopener" }, short(shown.event)), !shown.isOwn && ` · ${say("findings.others")}`)),
    h("div", { class: "acts" }, shown.isOwn && isEvent && button(say("correct"), () => correct(desk, shown, lot))),
  );
}

/** Declares an event of one's own wrong. */
async function correct(desk: Desk, shown: Shown, lot: LotView | undefined): Promise<void> {
  await drawer(say("correct"), (close) => [
    h("p", {}, say("correct.text")),
    form<Draft>({
      submit: say("look"),
      fields: [
        { name: "reason", label: say("correct.reason"), kind: "select", options: (["did_not_occur", "incorrect_data"] as const).map((value) => ({ value, label: say(`correct.${value}`) })) },
        { name: "note", label: say("note.public"), kind: "long", maxlength: 500, help: say("correct.note.help") },
      ],
      read: (values) => {
        const made = correction(shown, values["reason"] === "incorrect_data" ? "incorrect_data" : "did_not_occur", contextOf(desk), values["note"]);
        return made === undefined ? { ok: false, faults: { reason: { key: "correct.cannot" } } } : { ok: true, value: made };
      },
      done: async (draft) => {
        if ((await sign(desk, say("correct"), [draft], facts([say("outbox.record"), `#${shown.index}`], [say("lot", { n: "" }), lot?.number ?? ""]))) === undefined) return;
        close();
        await desk.show();
      },
    }),
  ]);
}

/** The records of a lot that this organisation signed, for declaring one wrong. */
export async function correctionsOf(desk: Desk, lot: LotView): Promise<void> {
  await drawer(say("correct.of", { n: lot.number }), async () => {
    const document = lot.thing.path === undefined ? {} : await desk.open<Json>(`/api/v1/lots${lot.thing.path}`);
    const stages = objects(object(document["state"])["stages"]);
    const ids = [...new Set(stages.flatMap((one) => string(one["event_id"]) ?? []))].slice(0, 60);
    const shown = (await Promise.all(ids.map((id) => fetchRecord(desk, `/api/v1/records/${id}`).catch(() => undefined)))).filter((one): one is Shown => one !== undefined && one.isOwn);
    return shown.length === 0 ? notice("note", say("correct.none")) : h("ul", { class: "lines" }, ...shown.map((one) => line(desk, one, lot)));
  });
}

export const findings: Screen = {
  title: "findings",
  async draw(desk, argument) {
    const thing = argument === "" ? undefined : await desk.thing(argument);
    if (thing === undefined || thing.kind !== "lot") return all(desk);
    const lot = readLot(thing);
    const records = [...new Set(lot.findings.flatMap((one) => list(one["records"]).filter((index): index is number => typeof index === "number")))].slice(0, 40);
    const shown = new Map<number, Shown>();
    await Promise.all(records.map(async (index) => {
      const found = await fetchRecord(desk, `/api/v1/log/entries/${index}`).catch(() => undefined);
      if (found !== undefined) shown.set(index, found);
    }));
    return [
      h("div", { class: "head" }, h("h1", { tabindex: "-1" }, say("findings.of", { n: lot.number })), pageOf(lot.thing.path, say("lots.page.see"))),
      lot.findings.length === 0 && notice("good", say("findings.none")),
      ...lot.findings.map((one) =>
        h(
          "section",
          {},
          h("h2", {}, mark(SEVERITY[string(one["severity"]) ?? ""] ?? "note", say(`severity.${string(one["severity"]) ?? "info"}`))),
          h("p", {}, either({ vi: string(one["vi"]) ?? null, en: string(one["en"]) ?? null })),
          h("ul", { class: "lines" }, ...list(one["records"]).flatMap((index) => (typeof index === "number" && shown.has(index) ? [line(desk, shown.get(index) as Shown, lot)] : []))),
          h("div", { class: "buttons" }, desk.may("lot") && button(say("explain"), () => explain(desk, lot), "primary"), desk.may("commerce") && h("a", { class: "second", href: "#certificates/new" }, say("findings.paper"))),
        ),
      ),
    ];
  },
};

/** Lots with something found, the gravest first. */
async function all(desk: Desk): Promise<Child> {
  const found = objects((await desk.get<Json>("/api/v1/desk/messages"))["findings"]);
  return [
    h("h1", { tabindex: "-1" }, say("findings")),
    h("p", { class: "small" }, say("overview.findings.lead")),
    found.length === 0 ? notice("good", say("findings.none")) : h("section", {}, h("ul", { class: "lines" }, ...found.map((one) => h("li", {}, h("div", { class: "words" }, h("b", {}, say("lot", { n: lotNumber(string(one["lot"]) ?? "") }), " ", mark(SEVERITY[string(one["severity"]) ?? ""] ?? "note", say(`severity.${string(one["severity"]) ?? "info"}`))), h("span", {}, either({ vi: string(one["vi"]) ?? null, en: string(one["en"]) ?? null }))), h("div", { class: "acts" }, button(say("answer"), () => desk.go(`findings/${encodeURIComponent(string(one["lot"]) ?? "")}`), "primary")))))),
  ];
}

async function explain(desk: Desk, lot: LotView): Promise<void> {
  await drawer(say("explain"), (close) => [
    h("p", {}, say("explain.text")),
    form<Draft>({
      submit: say("look"),
      fields: [{ name: "note", label: say("explain.note"), kind: "long", required: true, maxlength: 1_000 }, { name: "noteEn", label: say("english"), kind: "long", maxlength: 1_000 }],
      read: (values) => readExplanation(values, contextOf(desk), lotName(lot)),
      done: async (draft) => {
        const note = draft.facts.kind === "event" ? (draft.facts.note?.vi ?? "") : "";
        if ((await sign(desk, say("explain"), [draft], facts([say("lots"), lot.number], [say("explain.note"), note]))) === undefined) return;
        close();
        await desk.show();
      },
    }),
  ]);
}
