/** Settings, and what this phone holds. */

import { shownMoment } from "../../core/calendar.ts";
import { changePin, needsPin, WrongPin } from "../../core/key.ts";
import { type Alarm } from "../../core/log.ts";
import { h } from "../../ui/dom.ts";
import { icon } from "../../ui/icons.ts";
import { type App, type Screen } from "../app.ts";
import { ask, notice, page, tell } from "../parts.ts";
import { exportFile, importFile } from "./entries.ts";
import { newPin } from "./people.ts";

/** A button for each language that there is. */
export function languages(app: App): HTMLElement {
  const buttons = Object.entries(LANGUAGES).map(([tag, { name }]) =>
    h(
      "button",
      {
        type: "button",
        lang: tag,
        "aria-pressed": String(tag === app.language),
        onclick: () => {
          void app
            .speak(tag)
            .then(() => app.db.put("things", tag, "language"))
            .then(() => dispatchEvent(new Event("nguon-language")))
            .then(() => app.show());
        },
      },
      name,
    ),
  );
  return h("div", { class: "segments", role: "group", "aria-label": app.t("language") }, buttons);
}

async function setPin(app: App): Promise<void> {
  const { person } = app;
  if (person === undefined) return;
  const old = needsPin(person.kept) ? await ask(app, app.t("pin.old"), "") : "";
  if (old === undefined) return;
  const pin = await newPin(app);
  if (pin === undefined) return;
  try {
    await app.db.put("people", { ...person, kept: await changePin(person.kept, old, pin) });
    await app.load();
    await app.choose(app.person ?? person, pin);
    await tell(app, app.t("pin.set"), h("p", {}, app.t(person.kept.kind === "device" ? "pin.honest" : "pin.sealed")));
  } catch (error) {
    if (!(error instanceof WrongPin)) throw error;
    await tell(app, app.t("pin.wrong"), h("p", {}, app.t("pin.wrong.text")));
  }
  await app.show();
}

const megabytes = (bytes: number | undefined): string => `${Math.ceil((bytes ?? 0) / 1_000_000)} MB`;

export const settings: Screen = {
  async draw(app) {
    const { person } = app;
    const [isKept, estimate] = [await navigator.storage?.persisted?.(), await navigator.storage?.estimate?.()];
    const alarm: Alarm | undefined = person === undefined ? undefined : await app.log.alarm(person.ledger);
    const seen = person === undefined ? undefined : await app.log.seen(person.ledger);
    const file = h("input", { type: "file", accept: "application/json,.json", class: "vh", id: "import", onchange: (event: Event) => void importFile(app, (event.target as HTMLInputElement).files?.[0]) });
    const wrongBy = app.clock.wrongByMs();
    const persist = async (): Promise<void> => {
      const granted = await navigator.storage?.persist?.();
      await tell(app, app.t("storage"), h("p", {}, app.t(granted === true ? "storage.kept" : "storage.refused")));
      await app.show();
    };
    return page(
      app,
      app.t("settings"),
      h("section", {}, h("h2", {}, app.t("language")), languages(app)),
      h(
        "section",
        {},
        h("h2", {}, app.t("people")),
        person !== undefined && h("p", {}, h("b", {}, person.name), ` · ${person.organisationName}`),
        person !== undefined && h("p", { class: "small" }, app.t(person.kept.kind === "device" ? "key.device" : "key.seed")),
        h("button", { type: "button", class: "second", onclick: () => app.go("people") }, icon("person"), app.t("people.manage")),
        person !== undefined && app.signer !== undefined && h("button", { type: "button", class: "second", onclick: () => void setPin(app) }, app.t(needsPin(person.kept) ? "pin.change" : "pin.set.button")),
      ),
      h(
        "section",
        {},
        h("h2", {}, app.t("storage")),
        h("p", {}, app.t(isKept === true ? "storage.kept" : "storage.unsure"), " ", app.t("storage.used", { used: megabytes(estimate?.usage), quota: megabytes(estimate?.quota) })),
        isKept !== true && h("button", { type: "button", class: "second", onclick: () => void persist() }, app.t("storage.ask")),
        h("button", { type: "button", class: "second", onclick: () => void exportFile(app) }, icon("outbox"), app.t("export")),
        h("label", { for: "import", class: "button second" }, app.t("import")),
        file,
      ),
      h(
        "section",
        {},
        h("h2", {}, app.t("clock")),
        wrongBy === undefined ? h("p", {}, app.t("clock.right", { time: shownMoment(app.clock.now(), app.language) })) : notice("doubt", h("p", {}, app.t("clock.wrong")), h("p", {}, app.t("clock.used", { time: shownMoment(app.clock.now(), app.language) }))),
      ),
      h(
        "section",
        {},
        h("h2", {}, app.t("log")),
        alarm === undefined ? h("p", {}, seen === undefined ? app.t("log.never") : app.t("log.seen", { n: String(seen.size) })) : notice("stop", h("p", {}, app.t("alarm")), h("pre", {}, alarm.about)),
        h("button", { type: "button", class: "second", onclick: () => void app.refresh().then((whole) => tell(app, app.t("refresh"), h("p", {}, app.t(whole ? "refresh.done" : "refresh.failed")))) }, app.t("refresh")),
      ),
      h("p", { class: "small" }, app.t("about")),
    );
  },
};
