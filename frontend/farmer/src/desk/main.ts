/** Where the desk begins. */

import { Database } from "../core/store.ts";
import { Desk, place, type Screen } from "./desk.ts";
import { h } from "./dom.ts";
import { certificates, products } from "./screens/cards.ts";
import { people, unlock, welcome } from "./screens/door.ts";
import { outbox, standing } from "./screens/entries.ts";
import { erasures } from "./screens/erasures.ts";
import { findings } from "./screens/findings.ts";
import { foundScreen, organisation } from "./screens/found.ts";
import { lots } from "./screens/lots.ts";
import { inspector } from "./screens/inspector.ts";
import { join } from "./screens/join.ts";
import { looks, members } from "./screens/members.ts";
import { overview } from "./screens/overview.ts";
import { plots } from "./screens/plots.ts";
import { sheets } from "./screens/sheets.ts";
import { labels, listings, recalls } from "./screens/trade.ts";
import { language, languages, say, speak } from "./words.ts";

const SCREENS: Readonly<Record<string, Screen>> = { "": overview, findings, plots, products, certificates, lots, labels, listings, recalls, sheets, inspector, members, looks, erasures, organisation, found: foundScreen, outbox, welcome, join, unlock };

/** The way around: groups of screens, in the order of a day's work. */
const WAYS: readonly (readonly [string, readonly string[]])[] = [
  ["nav.today", ["", "findings", "outbox"]],
  ["nav.farm", ["plots", "products", "certificates"]],
  ["nav.goods", ["lots", "labels", "listings", "recalls"]],
  ["nav.people", ["members", "looks", "erasures"]],
  ["nav.office", ["sheets", "organisation", "inspector"]],
];

/** An inspector's screen is of no use to a co-operative's key, and names are for those who admit people. */
const isShown = (desk: Desk, path: string): boolean => (path === "inspector" ? desk.may("inspection") : path === "members" || path === "looks" ? desk.may("admin") : true);

const titleOf = (path: string): string => say(SCREENS[path]?.title ?? path);

function nav(desk: Desk): HTMLElement[] {
  const [here = ""] = place().split("/");
  return WAYS.map(([group, paths]) =>
    h("div", { class: "group" }, h("h2", {}, say(group)), h("ul", {}, ...paths.filter((path) => isShown(desk, path)).map((path) => h("li", {}, h("a", { href: `#${path}`, "aria-current": here === path ? "page" : undefined }, titleOf(path)))))),
  );
}

/** A sheet of thousands moves thousands of times; looking through the outbox each time would take longer than sending it. */
function seldom(work: () => Promise<void>): () => void {
  let [isRunning, isWanted] = [false, false];
  const start = (): void => {
    if (isRunning || !isWanted) return;
    [isRunning, isWanted] = [true, false];
    void work()
      .catch(console.warn)
      .then(() => new Promise((resolve) => setTimeout(resolve, 200)))
      .finally(() => {
        isRunning = false;
        start();
      });
  };
  return () => {
    isWanted = true;
    start();
  };
}

function frame(desk: Desk): void {
  const ways = document.querySelector("#ways");
  const state = document.querySelector("#standing");
  const draw = (): void => {
    ways?.replaceChildren(
      h("summary", {}, say("nav.menu")),
      h("nav", { "aria-label": say("nav") }, ...nav(desk)),
    );
    document.querySelector("#skip")?.replaceChildren(say("skip"));
    document.querySelector("#brand")?.replaceChildren(say("app"));
    const { person } = desk;
    document.querySelector("#who")?.replaceChildren(
      h("span", {}, person === undefined ? "" : person.name),
      ...languages().filter(([code]) => code !== language()).map(([code, name]) =>
        h("button", { type: "button", class: "plain", lang: code, onclick: () => void desk.db.put("things", code, "language").then(() => speak(code)).then(() => { draw(); return desk.show(); }) }, name),
      ),
      ...(desk.people.length > 1 ? [h("details", { class: "others" }, h("summary", {}, say("unlock.others")), people(desk))] : []),
    );
    document.body.toggleAttribute("data-bare", person === undefined);
  };
  let waited = false;
  const look = async (): Promise<void> => {
    const { tone, words } = await standing(desk);
    state?.replaceChildren(h("a", { class: `mark ${tone}`, href: "#outbox" }, words));
    // What waited has come into the log: the lists say something else now.
    const isOpen = document.querySelector("dialog[open]") !== null || document.activeElement?.matches("input, select, textarea") === true;
    if (waited && tone === "good" && !isOpen && document.body.dataset["screen"] !== "welcome") void desk.show();
    waited = tone === "wait";
  };
  desk.onChanged = seldom(look);
  const wide = matchMedia("(min-width: 60rem)");
  const open = (): void => void ways?.toggleAttribute("open", wide.matches);
  wide.addEventListener("change", open);
  open();
  addEventListener("nguon-met", draw);
  addEventListener("hashchange", () => {
    draw();
    open();
    void desk.show();
  });
  draw();
}

/** Keys for those who do not reach for the mouse: `/` searches, `n` begins something new. */
function keys(): void {
  addEventListener("keydown", (event) => {
    const target = event.target as Element;
    if (event.ctrlKey || event.metaKey || event.altKey || target.matches("input, select, textarea") || document.querySelector("dialog[open]") !== null) return;
    const wanted = event.key === "/" ? "input.search" : event.key === "n" ? '[data-key="n"]' : undefined;
    const found = wanted === undefined ? null : document.querySelector<HTMLElement>(`main ${wanted}`);
    if (found === null) return;
    event.preventDefault();
    if (event.key === "/") found.focus();
    else found.click();
  });
}

async function begin(): Promise<void> {
  const main = document.querySelector<HTMLElement>("main") ?? document.body;
  const db = await Database.open();
  const desk = new Desk(db, await Desk.clock(db), main);
  const asked = navigator.languages.map((tag) => tag.split("-")[0] ?? "").find((tag) => languages().some(([code]) => code === tag));
  await speak((await db.get<string>("things", "language")) ?? asked ?? "vi");
  for (const [name, screen] of Object.entries(SCREENS)) desk.screens.set(name, screen);
  await desk.load();
  frame(desk);
  keys();
  addEventListener("online", () => desk.wake());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && desk.wake());
  document.body.removeAttribute("data-loading");
  if (desk.signer !== undefined) {
    try {
      await desk.meet();
      dispatchEvent(new Event("nguon-met"));
    } catch (error) {
      main.replaceChildren(h("div", { class: "screen" }, h("h1", {}, say("welcome.title")), desk.failure(error)));
      return;
    }
    desk.wake();
  }
  await desk.show();
}

begin().catch((error: unknown) => {
  // Nothing can be kept here: a private window, or storage that is forbidden. In both languages, because none was loaded.
  console.error(error);
  const words = ["Trình duyệt này không cho lưu dữ liệu, nên bàn làm việc không chạy được. Hãy mở bằng Chrome hoặc Edge, không dùng chế độ ẩn danh.", "This browser does not allow storing anything, so the desk cannot run. Open it in Chrome or Edge, not in a private window."];
  document.querySelector("main")?.replaceChildren(...words.map((text) => h("p", {}, text)), h("pre", {}, String(error)));
});
