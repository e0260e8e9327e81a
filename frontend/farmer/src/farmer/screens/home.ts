/** The first screen: five large acts, and what became of the last entries. */

import { h } from "../../ui/dom.ts";
import { icon, type Icon } from "../../ui/icons.ts";
import { sheet } from "../../ui/sheet.ts";
import { type ActKey, ROLE_OF } from "../acts.ts";
import { type App, type Screen } from "../app.ts";
import { line, notice, portrait } from "../parts.ts";

const FIRST: readonly ActKey[] = ["plant", "feed", "spray", "harvest", "ship"];
const REST: readonly ActKey[] = ["water", "waste"];
const SHOWN = 4;

function tile(app: App, act: ActKey): HTMLElement {
  return h(
    "button",
    { type: "button", class: `act ${act}`, disabled: !app.may(ROLE_OF[act]), onclick: () => app.go(`act/${act}`) },
    icon(act as Icon, 44),
    h("span", {}, app.t(`act.${act}`)),
  );
}

function more(app: App): void {
  void sheet<string>(app.t("more"), app.t("close"), (close) =>
    h(
      "div",
      { class: "acts small" },
      REST.map((act) =>
        h("button", { type: "button", class: `act ${act}`, disabled: !app.may(ROLE_OF[act]), onclick: () => close(`act/${act}`) }, icon(act as Icon, 36), h("span", {}, app.t(`act.${act}`))),
      ),
    ),
  ).then((path) => path !== undefined && app.go(path));
}

/** One line on what waits; nothing if all is in the log. */
async function standing(app: App): Promise<HTMLElement> {
  const entries = await app.outbox.entries();
  const count = (...at: string[]) => entries.filter((one) => at.includes(one.state.at) && one.settled !== true).length;
  const [refused, phone, held] = [count("refused"), count("phone"), count("held")];
  const open = () => app.go("outbox");
  const chip = (kind: string, sign: Icon, words: string) => h("button", { type: "button", class: `standing ${kind}`, onclick: open }, icon(sign, 20), h("span", {}, words), icon("next", 18));
  if (refused > 0) return chip("stop", "warning", app.t("standing.refused", { n: refused }));
  if (held > 0) return chip("wait", "clock", app.t("standing.held", { n: held }));
  if (phone > 0) return chip("wait", "clock", app.t(navigator.onLine ? "standing.sending" : "standing.waiting", { n: phone }));
  return chip("good", "doubleCheck", app.t(entries.length === 0 ? "standing.none" : "standing.all"));
}

/** What the person has to know before anything is entered. */
async function warnings(app: App): Promise<HTMLElement[]> {
  const { person } = app;
  const found: HTMLElement[] = [];
  if (person === undefined) return found;
  if (app.update !== undefined) {
    found.push(notice("note", h("p", {}, app.t("update.there")), h("button", { type: "button", class: "second", onclick: () => app.update?.() }, app.t("update.use"))));
  }
  if (person.enrolment !== undefined) {
    found.push(notice("wait", h("p", {}, app.t("enrol.pending")), h("button", { type: "button", class: "second", onclick: () => app.go("waiting") }, app.t("enrol.showdigits"))));
  }
  const hasExpired = person.notAfterMs < app.clock.now();
  if (person.ended === undefined && hasExpired) found.push(notice("stop", h("p", {}, app.t("ended.expired"))));
  if (person.ended !== undefined) found.push(notice("stop", h("p", {}, app.t(`ended.${person.ended}`))));
  if ((await app.log.alarm(person.ledger)) !== undefined) found.push(notice("stop", h("p", {}, app.t("alarm"))));
  const wrongBy = app.clock.wrongByMs();
  if (wrongBy !== undefined) found.push(notice("doubt", h("p", {}, app.t("clock.wrong"))));
  const messages = await app.data.messages(person.organisation);
  const recalls = messages?.recalls.length ?? 0;
  if (recalls > 0) {
    found.push(notice("stop", h("p", {}, app.t("recall.n", { n: recalls })), h("button", { type: "button", class: "second", onclick: () => app.go("messages") }, app.t("open"))));
  }
  return found;
}

export const home: Screen = {
  live: true,
  async draw(app) {
    const { person } = app;
    const entries = (await app.entries()).slice(0, SHOWN);
    const plots = new Map((await app.data.plots(person?.organisation ?? "", app.language)).map((one) => [one.uri, one.code]));
    return h(
      "div",
      { class: "page home" },
      h(
        "header",
        { class: "top" },
        person !== undefined &&
          h(
            "button",
            { type: "button", class: "who", onclick: () => app.go("people") },
            portrait(person),
            h("span", { class: "words" }, h("b", {}, person.name), h("small", {}, person.organisationName)),
            h("span", { class: "vh" }, app.t("people.switch")),
          ),
        h("h1", { class: "vh", tabindex: "-1" }, app.t("app")),
        h("button", { type: "button", class: "round", "aria-label": app.t("settings"), onclick: () => app.go("settings") }, icon("settings")),
      ),
      await warnings(app),
      await standing(app),
      h(
        "div",
        { class: "acts" },
        FIRST.map((act) => tile(app, act)),
        h("button", { type: "button", class: "act more", onclick: () => more(app) }, icon("more", 44), h("span", {}, app.t("act.more"))),
      ),
      !app.may("diary") && !app.may("lot") && notice("note", h("p", {}, app.t("role.none"))),
      entries.length > 0 && h("section", {}, h("h2", {}, app.t("recent")), h("ul", { class: "entries" }, entries.map((one) => line(app, one, plots)))),
    );
  },
};
