/** What was harvested and what became of it; and what the co-operative and the ledger want to tell. */

import { type EventFacts, eventUrn } from "../../core/facts.ts";
import { h } from "../../ui/dom.ts";
import { icon } from "../../ui/icons.ts";
import { type App, type Screen } from "../app.ts";
import { type Unconfirmed } from "../data.ts";
import { shownQuantity } from "../../core/quantity.ts";
import { day, notice, page, stepName } from "../parts.ts";

const LOTS_SHOWN = 100;

type Lot = Awaited<ReturnType<App["data"]["lots"]>>[number];

/** Shares of the lot as one bar: used, shipped, sold, left. */
function bar(app: App, lot: Lot): HTMLElement | false {
  const { balance } = lot;
  const number = (name: string): number => (typeof balance?.[name] === "number" ? (balance[name] as number) : 0);
  const made = number("made");
  if (balance === undefined || made === 0) return false;
  const unit = balance["unit"] === "piece" ? "piece" : balance["unit"] === "millilitre" ? "millilitre" : "gram";
  const gone = { used: number("used"), shipped: number("shipped"), sold: number("sold"), lost: number("lost") };
  const left = Math.max(0, made - gone.used - gone.shipped - gone.sold - gone.lost);
  const all = Object.entries({ ...gone, left }).filter(([, amount]) => amount > 0);
  const shown = (amount: number) => shownQuantity({ amount: BigInt(amount), unit }, app.language, app.t("pieces"));
  return h(
    "div",
    {},
    left < made && h("meter", { min: 0, max: made, value: made - left, "aria-label": app.t("lot.gone") }),
    h("dl", { class: "shares" }, all.map(([name, amount]) => h("div", {}, h("dt", {}, app.t(`share.${name}`)), h("dd", {}, shown(amount))))),
  );
}

function card(app: App, lot: Lot): HTMLElement {
  const name = lot.name === "" ? lot.number : lot.name;
  const grave = lot.findings.filter((one) => one["severity"] === "blocking" || one["severity"] === "warning");
  return h(
    "li",
    { class: `lot ${lot.status}` },
    h("div", { class: "head" }, h("b", {}, name), lot.status === "recalled" && h("span", { class: "mark stop" }, app.t("status.recalled")), lot.status === "sold_out" && h("span", { class: "mark" }, app.t("status.sold_out"))),
    h("small", {}, [lot.number, lot.day === undefined ? undefined : day(app, lot.day)].filter((one) => one !== undefined).join(" · ")),
    bar(app, lot) || (lot.left !== undefined && h("p", {}, shownQuantity(lot.left, app.language, app.t("pieces")))),
    grave.map((one) => h("p", { class: one["severity"] === "blocking" ? "said stop" : "said wait" }, String((app.language === "vi" ? one["vi"] : one["en"]) ?? ""))),
    lot.path === undefined
      ? h("p", { class: "small" }, app.t("lot.unsent"))
      : h("a", { class: "second", href: lot.path, target: "_blank", rel: "noopener" }, icon("lots", 20), app.t("lot.page")),
  );
}

export const lots: Screen = {
  live: true,
  async draw(app) {
    const { person } = app;
    const all = person === undefined ? [] : (await app.data.lots(person, app.language)).slice(0, LOTS_SHOWN);
    const [mine, others] = [all.filter((one) => one.mine), all.filter((one) => !one.mine)];
    const listed = (found: readonly Lot[]) => h("ul", { class: "lots" }, found.map((one) => card(app, one)));
    return page(
      app,
      app.t("lots"),
      h("p", { class: "lead" }, app.t("lots.lead")),
      all.length === 0 && notice("note", h("p", {}, app.t("lots.empty"))),
      mine.length > 0 && h("section", {}, h("h2", {}, app.t("lots.mine")), listed(mine)),
      others.length > 0 && h("details", { class: "more", open: mine.length === 0 }, h("summary", {}, app.t("lots.others")), listed(others)),
    );
  },
};

/** Says with the own key that what a colleague entered in one's name is right. */
async function confirmEntry(app: App, one: Unconfirmed): Promise<void> {
  const facts: EventFacts = {
    kind: "event",
    timeMs: app.clock.now(),
    what: { type: "ObjectEvent", action: "OBSERVE", objects: [{ uri: one.plot }, ...one.lots.map((uri) => ({ uri }))] },
    step: { key: "confirming", events: [eventUrn(one.event)] },
  };
  const entry = await app.book().say(app.author(), facts, { summary: { step: "confirming", timeMs: facts.timeMs, plot: one.plot, what: stepName(app, one.step) } });
  await app.db.put("things", true, `confirmed ${one.event}`);
  app.postman.wake();
  app.go(`done/${entry.n}`);
}

export const messages: Screen = {
  live: true,
  async draw(app) {
    const organisation = app.person?.organisation ?? "";
    const found = await app.data.messages(organisation);
    const plots = new Map((await app.data.plots(organisation, app.language)).map((one) => [one.uri, one.code]));
    const open: Unconfirmed[] = [];
    for (const one of await app.data.unconfirmed(organisation)) {
      if ((await app.db.get("things", `confirmed ${one.event}`)) === undefined) open.push(one);
    }
    const vi = app.language === "vi";
    const link = (path: string | undefined) => path !== undefined && h("a", { href: path, target: "_blank", rel: "noopener" }, app.t("lot.page"));
    const number = (lot: string) => decodeURIComponent(lot.slice(lot.lastIndexOf("/") + 1));
    const recalls = (found?.recalls ?? []).map((one) => h("li", { class: "stop" }, h("b", {}, app.t("recall.lot", { lot: number(one.lot) })), h("span", {}, (vi ? one.reason_vi : one.reason_en) ?? ""), h("p", {}, app.t("recall.do")), link(one.path)));
    const findings = (found?.findings ?? []).slice(0, 50).map((one) => h("li", { class: one.severity === "blocking" ? "doubt" : "wait" }, h("b", {}, number(one.lot)), h("span", {}, vi ? one.vi : one.en), link(one.path)));
    const confirms = open.slice(0, 50).map((one) =>
      h(
        "li",
        { class: "note" },
        h("b", {}, [stepName(app, one.step), plots.get(one.plot), day(app, one.day)].filter((part) => part !== undefined).join(" · ")),
        one.input !== undefined && h("span", {}, one.input),
        h("button", { type: "button", class: "second", disabled: !app.may("diary"), onclick: () => void confirmEntry(app, one) }, icon("check"), app.t("confirm.do")),
      ),
    );
    const isEmpty = recalls.length + findings.length + confirms.length === 0;
    return page(
      app,
      app.t("messages"),
      isEmpty && notice("good", h("p", {}, app.t(found === undefined ? "messages.never" : "messages.none"))),
      recalls.length > 0 && h("section", {}, h("h2", {}, app.t("messages.recalls")), h("ul", { class: "findings" }, recalls)),
      confirms.length > 0 && h("section", {}, h("h2", {}, app.t("messages.confirm")), h("p", {}, app.t("messages.confirm.lead")), h("ul", { class: "findings" }, confirms)),
      findings.length > 0 && h("section", {}, h("h2", {}, app.t("messages.findings")), h("p", {}, app.t("messages.findings.lead")), h("ul", { class: "findings" }, findings)),
    );
  },
};
