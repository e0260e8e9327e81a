/** What wants an answer today. */

import { type Desk, type Screen } from "../desk.ts";
import { button, type Child, h, mark, notice, short, type Tone } from "../dom.ts";
import { type Json, objects, string, whole } from "../json.ts";
import { vietnamDay } from "../../core/calendar.ts";
import { count, day, either, moment, named, say } from "../words.ts";
import { resolveFork, resolveHeld } from "./chains.ts";

export const SEVERITY: Readonly<Record<string, Tone>> = { blocking: "stop", warning: "doubt", info: "note" };

/** The last part of a lot's URI: what is on its label. */
export function lotNumber(uri: string): string {
  try {
    return decodeURIComponent(uri.slice(uri.lastIndexOf("/") + 1));
  } catch {
    return uri.slice(uri.lastIndexOf("/") + 1);
  }
}

export const pageOf = (path: string | undefined, words: string): Child => (path === undefined ? words : h("a", { href: path, target: "_blank", rel: "noopener" }, words));

function block(title: string, lead: string, all: readonly Json[], line: (one: Json) => Child): Child {
  if (all.length === 0) return false;
  return h("section", { class: "todo" }, h("h2", {}, title, " ", mark("wait", count(all.length))), h("p", { class: "small" }, lead), h("ul", { class: "lines" }, ...all.slice(0, 50).map((one) => h("li", {}, line(one)))), all.length > 50 && h("p", { class: "small" }, say("overview.more", { n: all.length - 50 })));
}

const line = (head: Child, text: Child, ...acts: Child[]): Child => [h("div", { class: "words" }, h("b", {}, head), h("span", {}, text)), h("div", { class: "acts" }, ...acts)];

export const overview: Screen = {
  title: "overview",
  async draw(desk) {
    const messages = await desk.get<Json>("/api/v1/desk/messages");
    const of = (name: string) => objects(messages[name]);
    const standing = desk.who?.organisation.standing ?? [];
    const blocks = [
      block(say("overview.recalls"), say("overview.recalls.lead"), of("recalls"), (one) =>
        line(pageOf(string(one["path"]), say("lot", { n: lotNumber(string(one["lot"]) ?? "") })), either({ vi: string(one["reason_vi"]) ?? null, en: string(one["reason_en"]) ?? null }), button(say("open"), () => desk.go("recalls"))),
      ),
      block(say("overview.forks"), say("overview.forks.lead"), of("forks"), (one) =>
        line([say("fork.key"), " ", short(string(one["key"]) ?? "")], one["frozen"] === true ? say("fork.frozen") : say("fork.goeson"), button(say("resolve"), () => resolveFork(desk, one), "primary")),
      ),
      block(say("overview.held"), say("overview.held.lead"), of("held"), (one) =>
        line([say("held.record"), " ", short(string(one["event_id"]) ?? "")], `${named("hold", string(one["reason"]) ?? "")} · ${moment(whole(one["received_at_ms"]) ?? 0)}`, button(say("resolve"), () => resolveHeld(desk, one), "primary")),
      ),
      block(say("overview.findings"), say("overview.findings.lead"), of("findings"), (one) =>
        line(
          [pageOf(string(one["path"]), say("lot", { n: lotNumber(string(one["lot"]) ?? "") })), " ", mark(SEVERITY[string(one["severity"]) ?? ""] ?? "note", say(`severity.${string(one["severity"]) ?? "info"}`))],
          either({ vi: string(one["vi"]) ?? null, en: string(one["en"]) ?? null }),
          button(say("answer"), () => desk.go(`findings/${encodeURIComponent(string(one["lot"]) ?? "")}`), "primary"),
        ),
      ),
      block(say("overview.signs"), say("overview.signs.lead"), of("scan_signs"), (one) =>
        line([pageOf(string(one["path"]), say("lot", { n: lotNumber(string(one["lot"]) ?? "") })), ` · ${say("label.number", { n: whole(one["number"]) ?? 0 })}`], `${named("sign", string(one["sign"]) ?? "")} · ${day(string(one["day"]) ?? "")}`, button(say("labels.void"), () => desk.go(`labels/${encodeURIComponent(string(one["lot"]) ?? "")}`))),
      ),
      block(say("overview.reports"), say("overview.reports.lead"), of("reports"), (one) =>
        line([say("lot", { n: lotNumber(string(one["lot"]) ?? "") }), ` · ${string(one["case"]) ?? ""}`], `${named("report", string(one["reason"]) ?? "")}${string(one["words"]) === undefined ? "" : ` – “${string(one["words"])}”`} · ${moment(whole(one["received_at_ms"]) ?? 0)}`, mark("note", named("progress", string(one["progress"]) ?? ""))),
      ),
    ].filter((one) => one !== false);
    return [
      h("h1", { tabindex: "-1" }, desk.organisationName),
      h("p", { class: "lead" }, say("overview.today", { day: day(vietnamDay(desk.clock.now())) })),
      standing.length === 0 && notice("wait", h("b", {}, say("standing.none.title")), h("p", {}, say("standing.none")), h("p", {}, h("a", { href: "#organisation" }, say("standing.how")))),
      standing.includes("suspended") && notice("stop", h("b", {}, say("standing.suspended.title")), h("p", {}, say("standing.suspended"))),
      messages["cut"] === true && notice("note", say("overview.cut")),
      blocks.length === 0 ? notice("good", h("b", {}, say("overview.clear.title")), h("p", {}, say("overview.clear"))) : h("div", { class: "todos" }, ...blocks),
      await shortcuts(desk),
    ];
  },
};

/** What is done most often. */
async function shortcuts(desk: Desk): Promise<Child> {
  const all = [
    desk.may("lot") && ["lots/pack", "act.pack"],
    desk.may("lot") && ["lots/receive", "act.receive"],
    desk.may("lot") && ["lots/ship", "act.ship"],
    desk.may("commerce") && ["listings/new", "listings.new"],
    desk.may("admin") && ["members/new", "members.new"],
    desk.may("diary") && ["sheets", "sheets.import"],
  ].filter((one): one is [string, string] => one !== false);
  return h("nav", { class: "shortcuts", "aria-label": say("overview.shortcuts") }, h("h2", {}, say("overview.shortcuts")), h("div", { class: "buttons" }, ...all.map(([path, word]) => h("a", { class: "second", href: `#${path}` }, say(word)))));
}
