/** Pieces that several screens are made of. */

import { shownDay, shownMoment, vietnamDay, vietnamHour } from "../core/calendar.ts";
import { type Entry, type Person, type State } from "../core/store.ts";
import { type Child, h } from "../ui/dom.ts";
import { icon, type Icon } from "../ui/icons.ts";
import { sheet } from "../ui/sheet.ts";
import { type App } from "./app.ts";

export const STEP_ICON: Readonly<Record<string, Icon>> = {
  planting: "plant",
  fertilising: "feed",
  plant_protection: "spray",
  harvesting: "harvest",
  shipping: "ship",
  transporting: "ship",
  irrigation: "water",
  waste: "waste",
  confirming: "check",
};

/** A page with its title, and a way back. */
export function page(app: App, title: string, ...children: readonly Child[]): HTMLElement {
  return h(
    "div",
    { class: "page" },
    h(
      "header",
      { class: "bar" },
      h("button", { type: "button", class: "round", "aria-label": app.t("back"), onclick: () => app.go("") }, icon("back")),
      h("h1", { tabindex: "-1" }, title),
    ),
    ...children,
  );
}

/** A person's picture, or the letters of the name. */
export function portrait(person: Person, size = ""): HTMLElement {
  if (person.picture?.startsWith("data:image/jpeg;base64,") === true) return h("img", { class: `portrait ${size}`, src: person.picture, alt: "" });
  const letters = person.name.trim().split(/\s+/).slice(-2).map((word) => word[0] ?? "").join("");
  return h("span", { class: `portrait ${size}`, "aria-hidden": "true" }, letters.toUpperCase());
}

const SIGNS: Readonly<Record<State["at"], Icon>> = { phone: "clock", held: "clock", received: "check", log: "doubleCheck", refused: "warning" };

/** Where an entry is, in a word and a sign. */
export function where(app: App, state: State): HTMLElement {
  const waits = state.at === "phone" && state.problem?.code === "unknown-key" ? "admission" : state.at;
  return h("span", { class: `where ${state.at}` }, icon(SIGNS[state.at], 18), app.t(`state.${waits}`));
}

export function stepName(app: App, step: string): string {
  const known = app.texts[`step.${step}`];
  return known ?? app.t("step.other");
}

/** One entry as a line that opens it. */
export function line(app: App, entry: Entry, plots: ReadonlyMap<string, string>): HTMLElement {
  const { summary } = entry;
  const place = summary.plot === undefined ? summary.lot : plots.get(summary.plot);
  return h(
    "li",
    {},
    h(
      "button",
      { type: "button", class: "entry", onclick: () => app.go(`entry/${entry.n}`) },
      h("span", { class: `sign ${summary.step}` }, icon(STEP_ICON[summary.step] ?? "more")),
      h(
        "span",
        { class: "words" },
        h("b", {}, [stepName(app, summary.step), place].filter((one) => one !== undefined).join(" · ")),
        summary.what !== undefined && h("span", {}, summary.what),
        h("span", { class: "meta" }, h("small", {}, moment(app, summary.timeMs), summary.forAnother !== undefined && ` · ${app.t("for", { name: summary.forAnother })}`), where(app, entry.state)),
      ),
    ),
  );
}

/** Today's hours, and other days by their date. */
export function moment(app: App, ms: number): string {
  const today = vietnamDay(app.clock.now());
  return vietnamDay(ms) === today ? app.t("today", { hour: vietnamHour(ms) }) : shownMoment(ms, app.language);
}

export const day = (app: App, text: string): string => shownDay(text, app.language);

/** Says one thing, and waits until it was read. */
export function tell(app: App, title: string, ...children: readonly Child[]): Promise<void> {
  return sheet<true>(title, app.t("close"), (close) => [
    ...children,
    h("button", { type: "button", class: "primary", onclick: () => close(true) }, app.t("understood")),
  ]).then(() => undefined);
}

/** Asks yes or no. */
export function confirm(app: App, title: string, yes: string, ...children: readonly Child[]): Promise<boolean> {
  return sheet<boolean>(title, app.t("close"), (close) => [
    ...children,
    h("button", { type: "button", class: "primary", onclick: () => close(true) }, yes),
    h("button", { type: "button", class: "second", onclick: () => close(false) }, app.t("no")),
  ]).then((answer) => answer === true);
}

/** Asks for a line of text. */
export function ask(app: App, title: string, value: string, options: { readonly suggestions?: readonly string[]; readonly long?: boolean; readonly placeholder?: string } = {}): Promise<string | undefined> {
  return sheet<string>(title, app.t("close"), (close) => {
    const field = options.long === true ? h("textarea", { rows: 4, maxlength: 500, "aria-label": title }) : h("input", { type: "text", maxlength: 200, "aria-label": title, autocomplete: "off" });
    field.value = value;
    if (options.placeholder !== undefined) field.placeholder = options.placeholder;
    const chips = (options.suggestions ?? []).map((one) => h("button", { type: "button", class: "chip", onclick: () => close(one) }, one));
    const form = h(
      "form",
      {
        onsubmit: (event: Event) => {
          event.preventDefault();
          close(field.value.trim());
        },
      },
      field,
      chips.length > 0 && h("div", { class: "chips" }, chips),
      h("button", { type: "submit", class: "primary" }, app.t("done")),
    );
    return form;
  });
}

/** What the server or the phone said went wrong. */
export function notice(kind: "good" | "note" | "wait" | "doubt" | "stop", ...children: readonly Child[]): HTMLElement {
  return h("div", { class: `notice ${kind}`, role: kind === "stop" ? "alert" : "status" }, ...children);
}
