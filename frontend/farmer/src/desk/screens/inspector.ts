/** The inspector's desk: what was looked at, and what came of it. Signed as an inspection, which counts for recognised inspectors alone. */

import { type Desk, type Screen } from "../desk.ts";
import { button, type Child, facts, h, mark, notice } from "../dom.ts";
import { form } from "../formview.ts";
import { type Draft } from "../forms/given.ts";
import { readInspection, RESULTS } from "../forms/offers.ts";
import { type LotName } from "../forms/lots.ts";
import { either } from "../words.ts";
import { type Json, objects, prose, some, string, whole } from "../json.ts";
import { calledBy, canScan, scan } from "../scan.ts";
import { sign } from "../signing.ts";
import { nameOf, readLot, type Thing } from "../things.ts";
import { amount, day, named, say } from "../words.ts";
import { statusMark } from "./lots.ts";
import { pageOf, SEVERITY } from "./overview.ts";
import { contextOf } from "./plots.ts";

const recognised = (desk: Desk): boolean => (desk.who?.organisation.standing ?? []).some((one) => one === "inspector" || one === "authority");

const thingName = (thing: Thing): LotName => ({ uri: thing.uri, number: nameOf(thing), ...some("salt", thing.salt) });

export const inspector: Screen = {
  title: "inspector",
  async draw(desk, argument) {
    const thing = argument === "" ? undefined : await desk.thing(calledBy(argument));
    const find = h("input", { type: "text", name: "code", placeholder: say("inspector.find"), "aria-label": say("inspector.find"), autocomplete: "off" });
    const go = (code: string): void => {
      if (code.trim() !== "") desk.go(`inspector/${encodeURIComponent(code.trim())}`);
    };
    const search = h("form", { class: "finder", onsubmit: (event: Event) => { event.preventDefault(); go(find.value); } }, find, h("button", { type: "submit", class: "primary" }, say("open")), canScan() ? button(say("scan"), async () => go((await scan()) ?? "")) : false);
    return [
      h("h1", { tabindex: "-1" }, say("inspector")),
      h("p", { class: "small" }, say("inspector.lead")),
      !recognised(desk) && notice("wait", say("inspector.standing")),
      !desk.may("inspection") && notice("wait", say("sign.role", { roles: say("role.inspection") })),
      search,
      argument !== "" && thing === undefined && notice("doubt", say("lots.notfound", { n: argument.slice(0, 80) })),
      thing !== undefined && (await shown(desk, thing)),
    ];
  },
};

async function shown(desk: Desk, thing: Thing): Promise<Child> {
  const lot = thing.kind === "lot" ? readLot(thing) : undefined;
  const lines = thing.kind === "plot" ? objects((await desk.get<Json>(`/api/v1/desk/diary?plot=${encodeURIComponent(thing.uri)}`))["entries"]) : [];
  return [
    h(
      "section",
      {},
      h("h2", {}, `${named("kind", thing.kind)} ${nameOf(thing)}`, " ", lot === undefined ? false : statusMark(lot)),
      lot === undefined ? facts([say("plots.crop"), either(prose(thing.state["nguon:crop"]))], [say("plots.area"), whole(thing.state["nguon:areaSquareMetres"]) === undefined ? "" : say("m2", { n: whole(thing.state["nguon:areaSquareMetres"]) ?? 0 })]) : facts([say("lots.made.title"), amount(lot.made, say("uom.piece"))], [say("lots.day"), lot.day === undefined ? "" : day(lot.day)], [say("lots.page"), pageOf(lot.thing.path, say("lots.page.see"))]),
      lot !== undefined && lot.findings.length > 0 && h("ul", { class: "findings" }, ...lot.findings.map((one) => h("li", { class: SEVERITY[string(one["severity"]) ?? ""] ?? "note" }, h("p", {}, either({ vi: string(one["vi"]) ?? null, en: string(one["en"]) ?? null }))))),
      lines.length > 0 && h("ul", { class: "lines" }, ...lines.slice(0, 40).map((one) => h("li", {}, h("div", { class: "words" }, h("b", {}, `${day(string(one["day"]) ?? "")} · ${named("step", string(one["step"]) ?? "")}`), h("span", {}, [string(one["input"]), string(one["dose"])].filter((word) => word !== undefined).join(" · ")))))),
    ),
    desk.may("inspection") && h("section", {}, h("h2", {}, say("inspection.new")), result(desk, thing)),
  ];
}

function result(desk: Desk, thing: Thing): HTMLElement {
  return form<Draft>({
    submit: say("look"),
    fields: [
      { name: "kind", label: say("inspection.kind"), kind: "select", options: ["inspecting", "testing"].map((value) => ({ value, label: named("step", value) })) },
      { name: "result", label: say("inspection.result"), kind: "select", beside: true, options: RESULTS.map((value) => ({ value, label: say(`inspection.${value}`) })) },
      { name: "tested", label: say("inspection.tested"), maxlength: 200, help: say("inspection.tested.help") },
      { name: "paper", label: say("inspection.paper"), maxlength: 80 },
      { name: "note", label: say("note.public"), kind: "long", maxlength: 1_000 },
      { name: "noteEn", label: say("english"), kind: "long", maxlength: 1_000 },
    ],
    changed: (values, whole_) => whole_.querySelector('[data-field="tested"]')?.toggleAttribute("hidden", values["kind"] !== "testing"),
    read: (values) => readInspection(values, contextOf(desk), [thingName(thing)]),
    done: async (draft) => {
      const event = draft.facts;
      if (event.kind !== "event") return;
      const { step } = event;
      const conformant = step.key === "inspecting" || step.key === "testing" ? step.conformant : undefined;
      const shownResult = mark(conformant === undefined ? "wait" : conformant ? "good" : "stop", say(`inspection.${conformant === undefined ? "in_progress" : conformant ? "conformant" : "non_conformant"}`));
      if ((await sign(desk, say("inspection.sign"), [draft], facts([say("inspection.what.title"), nameOf(thing)], [say("inspection.result"), shownResult], [say("note"), event.note?.vi ?? ""]))) === undefined) return;
      desk.go("outbox");
    },
  });
}
