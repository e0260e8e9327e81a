/** The outbox, one entry of it, and the screen after signing: each says where a record truly is. */

import { text } from "../../../../verifier/src/core/bytes.ts";
import { exportOutbox, importOutbox } from "../../core/export.ts";
import { type EventFacts, eventUrn } from "../../core/facts.ts";
import { type Entry, type PhotoFile, type Receipt, type Voice } from "../../core/store.ts";
import { h } from "../../ui/dom.ts";
import { icon } from "../../ui/icons.ts";
import { ACTS, STEP_OF } from "../acts.ts";
import { type App, type Screen } from "../app.ts";
import { confirm, line, moment, notice, page, stepName, tell, where } from "../parts.ts";

const plotNames = async (app: App): Promise<Map<string, string>> =>
  new Map((await app.data.plots(app.person?.organisation ?? "", app.language)).map((one) => [one.uri, one.code]));

/** The act that an entry was, to enter it once more. */
const actOf = (entry: Entry) => ACTS.find((act) => STEP_OF[act] === entry.summary.step || (act === "ship" && entry.summary.step === "shipping"));

export const done: Screen = {
  live: true,
  bare: true,
  async draw(app, argument) {
    const entry = (await app.outbox.entries()).find((one) => one.n === Number(argument));
    if (entry === undefined) {
      app.go("");
      return h("div");
    }
    const act = actOf(entry);
    const plots = await plotNames(app);
    const place = entry.summary.plot === undefined ? entry.summary.lot : plots.get(entry.summary.plot);
    return h(
      "div",
      { class: "page done" },
      h("div", { class: `big ${entry.state.at}` }, icon(({ phone: "check", received: "check", held: "clock", log: "doubleCheck", refused: "warning" } as const)[entry.state.at], 56)),
      h("h1", { tabindex: "-1" }, app.t(entry.state.at === "refused" ? "done.refused" : "done.title")),
      h("p", { class: "lead" }, [stepName(app, entry.summary.step), place, entry.summary.what].filter((one) => one !== undefined).join(" · ")),
      h("p", { class: "state", "aria-live": "polite" }, where(app, entry.state), h("span", {}, app.t(`done.${entry.state.at}`))),
      h(
        "div",
        { class: "foot" },
        entry.state.at === "refused" && h("button", { type: "button", class: "primary large", onclick: () => app.go(`entry/${entry.n}`) }, app.t("open")),
        act === "harvest" && h("button", { type: "button", class: "second", onclick: () => app.go("act/ship") }, icon("ship"), app.t("done.ship")),
        act !== undefined && h("button", { type: "button", class: "second", onclick: () => app.go(`act/${act}`) }, icon("add"), app.t("done.again", { act: app.t(`act.${act}`).toLowerCase() })),
        h("button", { type: "button", class: "primary large", onclick: () => app.go("") }, app.t("done.home")),
      ),
    );
  },
};

export const outbox: Screen = {
  live: true,
  async draw(app) {
    const all = (await app.outbox.entries()).sort((a, b) => b.n - a.n);
    const [plots, people] = [await plotNames(app), new Map(app.people.map((one) => [one.key, one.name]))];
    const open = all.filter((one) => one.state.at !== "log" && one.settled !== true);
    const settled = all.filter((one) => one.settled === true);
    const logged = all.filter((one) => one.state.at === "log").slice(0, 60);
    const closed = open.find((one) => one.state.at === "phone" && one.state.problem !== undefined);
    const problem = closed?.state.at === "phone" ? closed.state.problem : undefined;
    const more = settled.length > 0 && h("details", { class: "more" }, h("summary", {}, app.t("outbox.settled")), h("section", {}, h("ul", { class: "entries" }, settled.map((one) => line(app, one, plots)))));
    const owner = (entry: Entry) => (entry.author === app.person?.key ? undefined : h("li", { class: "group" }, people.get(entry.author) ?? app.t("from.file")));
    return page(
      app,
      app.t("outbox"),
      h("p", { class: "lead" }, app.t("outbox.lead")),
      app.postman.last === "offline" && open.length > 0 && notice("wait", h("p", {}, app.t("offline"))),
      app.postman.last === "locked" && notice("doubt", h("p", {}, app.t("outbox.locked"))),
      problem !== undefined && notice("doubt", h("b", {}, app.said(problem).title), h("p", {}, app.said(problem).detail)),
      open.length > 0 && h("button", { type: "button", class: "primary", onclick: () => app.postman.wake() }, icon("outbox"), app.t("outbox.send")),
      h("section", {}, h("h2", {}, app.t("outbox.open")), open.length === 0 ? h("p", {}, app.t("standing.all")) : h("ul", { class: "entries" }, open.flatMap((one) => [owner(one), line(app, one, plots)]))),
      logged.length > 0 && h("section", {}, h("h2", {}, app.t("outbox.logged")), h("ul", { class: "entries" }, logged.flatMap((one) => [owner(one), line(app, one, plots)]))),
      more,
    );
  },
};

/** A file for the person to keep. */
export function save(name: string, bytes: Uint8Array, type: string): void {
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export async function exportFile(app: App): Promise<void> {
  if (!(await confirm(app, app.t("export"), app.t("export.do"), h("p", {}, app.t("export.text"))))) return;
  save("nguon-so-tay.json", await exportOutbox(app.db), "application/json");
}

export async function importFile(app: App, file: File | undefined): Promise<void> {
  if (file === undefined) return;
  const read = file.size > 64 << 20 ? undefined : await importOutbox(app.db, new Uint8Array(await file.arrayBuffer()), app.clock.now());
  if (read === undefined) return tell(app, app.t("import.bad.title"), h("p", {}, app.t("import.bad")));
  app.postman.wake();
  const { added, known, bad, conflicting } = read;
  return tell(app, app.t("import.done"), h("p", {}, app.t("import.counts", { added, known, bad: bad + conflicting })));
}

/** Says of an entry that it was wrong: a record of its own, because what is logged stays. */
async function takeBack(app: App, entry: Entry): Promise<void> {
  if (!(await confirm(app, app.t("wrong.title"), app.t("wrong.do"), h("p", {}, app.t("wrong.text"))))) return;
  const facts = factsAgain(entry, app.clock.now());
  if (facts === undefined) return tell(app, app.t("failed.title"), h("p", {}, app.t("wrong.cannot")));
  const { form: _form, told: _told, ...rest } = entry.summary;
  const written = await app.book().say(app.author(), facts, { summary: { ...rest, what: app.t("wrong.what") } });
  app.postman.wake();
  app.go(`done/${written.n}`);
}

/** The person has dealt with a refused entry: it asks for nothing any more, and stays in the list. */
export async function settle(app: App, n: number): Promise<void> {
  const entry = (await app.outbox.entries()).find((one) => one.n === n);
  if (entry?.state.at === "refused") await app.db.put("outbox", { ...entry, settled: true });
}

/** The same event once more, declared wrong: it must be the same step on the same things, or it declares nothing. */
function factsAgain(entry: Entry, nowMs: number): EventFacts | undefined {
  const json = JSON.parse(text(entry.openings[0]?.payload ?? new Uint8Array()) ?? "null") as Record<string, unknown> | null;
  if (json === null || json["type"] !== "ObjectEvent" || json["errorDeclaration"] !== undefined) return undefined;
  const objects = [
    ...((json["epcList"] as string[] | undefined) ?? []).map((uri) => ({ uri })),
    ...((json["quantityList"] as { epcClass: string }[] | undefined) ?? []).map(({ epcClass }) => ({ uri: epcClass })),
  ];
  if (objects.length === 0) return undefined;
  const place = (json["readPoint"] as { id?: string } | undefined)?.id;
  return {
    kind: "event",
    timeMs: entry.summary.timeMs,
    what: { type: "ObjectEvent", action: json["action"] === "ADD" ? "ADD" : "OBSERVE", objects },
    step: { key: entry.summary.step } as EventFacts["step"],
    ...(place === undefined ? {} : { place }),
    correction: { of: eventUrn(entry.event), declaredMs: nowMs, reason: "incorrect_data" },
  };
}

export const entry: Screen = {
  live: true,
  async draw(app, argument) {
    const entry = (await app.outbox.entries()).find((one) => one.n === Number(argument));
    if (entry === undefined) {
      app.go("outbox");
      return h("div");
    }
    const { state, summary } = entry;
    const plots = await plotNames(app);
    const act = actOf(entry);
    const fact = (label: string, value: string | undefined) => value !== undefined && value !== "" && h("div", {}, h("dt", {}, label), h("dd", {}, value));
    const photos = await Promise.all(entry.photos.map((blake3) => app.db.get<PhotoFile>("photos", blake3)));
    const voices = (await app.db.all<Voice>("voices")).filter((one) => one.entry === entry.n);
    const receipt = state.at === "log" ? await app.db.get<Receipt>("receipts", entry.event) : undefined;
    const isOwn = entry.author === app.person?.key;
    const steps = (["phone", "received", "log"] as const).map((at) => {
      const reached = state.at === "log" || at === "phone" || (at === "received" && state.at === "received");
      return h("li", { class: reached ? "reached" : "" }, icon(reached ? "check" : "clock", 20), h("span", {}, app.t(`path.${at}`)));
    });
    return page(
      app,
      stepName(app, summary.step),
      state.at === "refused" && notice("stop", h("b", {}, app.said(state.problem).title), h("p", {}, app.said(state.problem).detail), h("p", {}, app.t("refused.kept"))),
      state.at === "held" && notice("wait", h("b", {}, app.t("state.held")), h("p", {}, app.language === "vi" ? state.vi : state.en), h("p", {}, app.t("held.kept"))),
      state.at === "phone" && state.problem !== undefined && notice("doubt", h("b", {}, app.said(state.problem).title), h("p", {}, app.said(state.problem).detail)),
      state.at !== "refused" && state.at !== "held" && h("ol", { class: "path" }, steps),
      h(
        "section",
        {},
        h(
          "dl",
          { class: "facts" },
          fact(app.t("field.when"), moment(app, summary.timeMs)),
          fact(app.t("field.plot"), summary.plot === undefined ? undefined : (plots.get(summary.plot) ?? summary.plot)),
          fact(app.t("field.lot"), summary.lot),
          fact(app.t("field.what"), summary.what),
          fact(app.t("field.another"), summary.forAnother),
        ),
        photos.length > 0 && h("div", { class: "thumbs" }, photos.map((one, at) => h("span", { class: "thumb" }, h("img", { src: one === undefined ? `/images/${entry.photos[at]}?w=320` : URL.createObjectURL(new Blob([one.bytes], { type: one.mediaType })), alt: app.t("photo.n", { n: at + 1 }) })))),
        photos.some((one) => one?.sent === false) && h("p", { class: "small" }, app.t("photo.waits")),
        voices.map((one) => h("audio", { controls: true, src: URL.createObjectURL(one.blob) })),
      ),
      state.at === "refused" && isOwn && act !== undefined && summary.form !== undefined && h("button", { type: "button", class: "primary", onclick: () => app.go(`act/${act}/${entry.n}`) }, app.t("refused.again")),
      state.at === "refused" && entry.settled !== true && h("button", { type: "button", class: "second", onclick: () => void settle(app, entry.n).then(() => app.go("outbox")) }, app.t("refused.settle")),
      (state.at === "received" || state.at === "log") && isOwn && act !== undefined && h("button", { type: "button", class: "second", onclick: () => void takeBack(app, entry) }, app.t("wrong.button")),
      receipt !== undefined && h("button", { type: "button", class: "second", onclick: () => save(`${entry.event.slice(0, 16)}.tlog-proof`, receipt.proof, "text/plain") }, app.t("receipt.save")),
      h("details", { class: "more" }, h("summary", {}, app.t("details")), h("dl", { class: "facts" }, fact(app.t("detail.event"), entry.event), fact("seq", String(entry.seq)), fact(app.t("detail.index"), state.at === "log" || state.at === "received" ? String(state.index) : undefined))),
    );
  },
};
