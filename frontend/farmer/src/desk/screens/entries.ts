/** What was signed on this device, and where each record truly is. */

import { exportOutbox } from "../../core/export.ts";
import { type Entry, type State } from "../../core/store.ts";
import { type Desk, type Screen } from "../desk.ts";
import { button, type Child, facts, h, mark, notice, short, type Tone } from "../dom.ts";
import { drawer } from "../drawer.ts";
import { table } from "../table.ts";
import { either, moment, named, say } from "../words.ts";

const TONES: Readonly<Record<State["at"], Tone>> = { phone: "wait", held: "doubt", received: "note", log: "good", refused: "stop" };

export const where = (state: State): HTMLElement => mark(TONES[state.at], say(`state.${state.at}`));

/** What waits, in a few words for the head of the page. */
export async function standing(desk: Desk): Promise<{ readonly tone: Tone; readonly words: string }> {
  const all = await desk.outbox.entries();
  const of = (at: State["at"]) => all.filter((one) => one.state.at === at).length;
  if (of("refused") > 0) return { tone: "stop", words: say("standing.refused", { n: of("refused") }) };
  const waits = of("phone") + of("received") + of("held");
  if (waits === 0) return { tone: "good", words: say("standing.all") };
  return { tone: "wait", words: say(desk.last === "offline" ? "standing.offline" : "standing.waits", { n: waits }) };
}

/** A file for the person to keep. */
export function save(name: string, bytes: Uint8Array, type: string): void {
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export const outbox: Screen = {
  title: "outbox",
  async draw(desk) {
    const all = await desk.entries();
    return [
      h("div", { class: "head" }, h("h1", { tabindex: "-1" }, say("outbox")), h("div", { class: "buttons" }, button(say("outbox.send"), () => desk.wake(), "primary"), button(say("outbox.export"), async () => save("nguon-so-gui.json", await exportOutbox(desk.db), "application/json")))),
      h("p", { class: "small" }, say("outbox.lead")),
      table<Entry>({
        label: say("outbox"),
        rows: all,
        text: (one) => `${stepName(one)} ${one.summary.what ?? ""} ${one.summary.lot ?? ""}`,
        open: (one) => void show(desk, one),
        empty: say("outbox.none"),
        columns: [
          { title: say("outbox.step"), by: stepName, cell: stepName },
          { title: say("outbox.what"), cell: (one) => [one.summary.lot, one.summary.what].filter((word) => word !== undefined && word !== "").join(" · ") },
          { title: say("when"), by: (one) => one.summary.timeMs, cell: (one) => moment(one.summary.timeMs) },
          { title: say("state"), by: (one) => one.state.at, cell: (one) => where(one.state) },
        ],
      }),
    ];
  },
};

const stepName = (entry: Entry): string => named("step", entry.summary.step);

function show(desk: Desk, entry: Entry): Promise<void> {
  const { state } = entry;
  const problem = state.at === "refused" || state.at === "phone" ? state.problem : undefined;
  const text = problem === undefined ? undefined : document.documentElement.lang === "vi" ? problem.vi : problem.en;
  return drawer<void>(stepName(entry), (): Child => [
    facts(
      [say("outbox.what"), [entry.summary.lot, entry.summary.what].filter((word) => word !== undefined && word !== "").join(" · ")],
      [say("when"), moment(entry.summary.timeMs)],
      [say("state"), where(state)],
      [say("outbox.place"), "index" in state ? `#${state.index}` : ""],
      [say("outbox.record"), state.at === "log" || state.at === "received" ? h("a", { href: `/api/v1/records/${entry.event}`, target: "_blank", rel: "noopener" }, short(entry.event)) : short(entry.event)],
    ),
    h("p", {}, say(`state.${state.at}.text`)),
    text !== undefined && notice(state.at === "refused" ? "stop" : "wait", h("b", {}, text.title), h("p", {}, text.detail)),
    state.at === "held" && notice("doubt", h("p", {}, either(state) || named("hold", state.reason))),
    state.at === "phone" && h("div", { class: "buttons" }, button(say("outbox.send"), () => desk.wake(), "primary")),
  ]).then(() => undefined);
}
