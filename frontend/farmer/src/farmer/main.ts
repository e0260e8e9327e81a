/** Where the app begins. */

import { Database } from "../core/store.ts";
import { h } from "../ui/dom.ts";
import { icon, type Icon } from "../ui/icons.ts";
import { App } from "./app.ts";
import { act } from "./screens/act.ts";
import { done, entry, outbox } from "./screens/entries.ts";
import { lots, messages } from "./screens/farm.ts";
import { home } from "./screens/home.ts";
import { enrol, people, waiting, welcome } from "./screens/people.ts";
import { settings } from "./screens/settings.ts";

const FOOT: readonly (readonly [string, Icon, string])[] = [
  ["", "home", "nav.home"],
  ["outbox", "outbox", "nav.outbox"],
  ["lots", "lots", "nav.lots"],
  ["messages", "messages", "nav.messages"],
];

function foot(app: App): void {
  const nav = document.querySelector("#foot");
  const draw = (): void => {
    const [here = ""] = location.hash.slice(1).split("/");
    nav?.replaceChildren(
      ...FOOT.map(([path, sign, word]) => h("a", { href: `#${path}`, ...(here === path ? { "aria-current": "page" } : {}) }, icon(sign), h("span", {}, app.t(word)))),
    );
    nav?.setAttribute("aria-label", app.t("nav"));
  };
  addEventListener("hashchange", draw);
  addEventListener("nguon-language", draw);
  draw();
}

/** The worker that opens the app without network. A newer one waits until somebody says so: no form is lost to an update. */
async function keepOffline(app: App): Promise<void> {
  if (navigator.serviceWorker === undefined) return;
  const registration = await navigator.serviceWorker.register("/app/sw.js", { scope: "/app" });
  const waits = (): void => {
    const { waiting } = registration;
    if (waiting === null || navigator.serviceWorker.controller === null) return;
    app.update = () => {
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
      waiting.postMessage("use");
    };
    app.changed();
  };
  waits();
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", waits));
}

async function begin(): Promise<void> {
  const main = document.querySelector<HTMLElement>("main") ?? document.body;
  const db = await Database.open();
  const app = new App(db, await App.clock(db), main);
  const asked = navigator.languages.map((tag) => tag.split("-")[0] ?? "").find((tag) => tag in LANGUAGES);
  await app.speak((await db.get<string>("things", "language")) ?? asked ?? "vi");
  const screens = { "": home, act, done, entry, outbox, lots, messages, settings, people, enrol, waiting, welcome };
  for (const [name, screen] of Object.entries(screens)) app.screen(name, screen);
  await app.load();
  foot(app);
  app.start();
  document.body.removeAttribute("data-loading");
  await keepOffline(app).catch((error: unknown) => console.warn(error));
}

begin().catch((error: unknown) => {
  // Nothing can be kept here: a private window, or storage that is forbidden. In both languages, because none was loaded.
  console.error(error);
  const words = ["Trình duyệt này không cho lưu dữ liệu, nên ứng dụng không chạy được. Hãy mở bằng Chrome, không dùng chế độ ẩn danh.", "This browser does not allow storing anything, so the app cannot run. Open it in Chrome, not in a private window."];
  document.querySelector("main")?.replaceChildren(...words.map((text) => h("p", {}, text)), h("pre", {}, String(error)));
});
