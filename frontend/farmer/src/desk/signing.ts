/** The last look before something is signed: what it says, what the rules would make of it, and then the key. */

import { type Private } from "../core/book.ts";
import { actOf } from "../core/facts.ts";
import { type Role } from "../core/draft.ts";
import { type Entry, NoRoom } from "../core/store.ts";
import { type Desk } from "./desk.ts";
import { button, type Child, h, notice, type Tone } from "./dom.ts";
import { drawer, tell } from "./drawer.ts";
import { type Draft } from "./forms/given.ts";
import { type Foresight, preflight, type Said } from "./preflight.ts";
import { either, named, say } from "./words.ts";

const TONES: Readonly<Record<Said["severity"], Tone>> = { refusal: "stop", blocking: "stop", warning: "doubt", remark: "note", info: "note" };

const finding = (one: Said, many: boolean): HTMLElement =>
  h(
    "li",
    { class: TONES[one.severity] },
    h("b", {}, say(`severity.${one.severity}`), many && ` · ${say("preflight.draft", { n: one.draft + 1 })}`),
    h("p", {}, either(one)),
  );

/** What the rules said, in words. */
export const foreseen = (found: Foresight, drafts: number): Child => [
  !found.isAsked && notice("wait", say("preflight.notasked")),
  found.isAsked && found.said.length === 0 && notice("good", say("preflight.nothing")),
  found.isAsked && found.looked < drafts && notice("note", say("preflight.some", { n: found.looked, all: drafts })),
  found.said.length > 0 && h("ul", { class: "findings" }, ...found.said.slice(0, 50).map((one) => finding(one, drafts > 1))),
  found.isAsked && !found.maySign && notice("stop", say("preflight.refused")),
];

/** Shows drafts for a last look and signs them. Gives back the entries, or nothing if nobody pressed. */
export async function sign(desk: Desk, title: string, drafts: readonly Draft[], shown: Child): Promise<readonly Entry[] | undefined> {
  const lacking = new Set(drafts.map((one) => one.act ?? actOf(one.facts)).filter((act) => !desk.may(act as Role)));
  if (lacking.size > 0) {
    await tell(title, notice("stop", say("sign.role", { roles: [...lacking].map((act) => named("role", act)).join(", ") })));
    return undefined;
  }
  const signed = await drawer<readonly Entry[]>(title, async (close) => {
    const found = await preflight(desk.server, desk.organisation, drafts);
    const grave = found.said.some((one) => one.severity === "blocking" || one.severity === "warning");
    const read = h("input", { type: "checkbox" });
    const status = h("p", { role: "status" });
    const press = h("button", { type: "button", class: "primary" }, say("sign"));
    const ready = (): void => {
      press.disabled = !found.maySign || (grave && !read.checked);
    };
    read.addEventListener("change", ready);
    ready();
    press.addEventListener("click", () => {
      press.disabled = true;
      void (async () => {
        try {
          const entries: Entry[] = [];
          for (const [at, draft] of drafts.entries()) {
            if (drafts.length > 1) status.textContent = say("sign.progress", { n: at + 1, all: drafts.length });
            entries.push(await write(desk, draft));
          }
          desk.forget();
          desk.wake();
          close(entries);
        } catch (error) {
          status.replaceChildren(notice("stop", error instanceof NoRoom ? say("sign.noroom") : String(error)));
          ready();
        }
      })();
    });
    return [
      shown,
      h("h3", {}, say("preflight.title")),
      foreseen(found, drafts.length),
      found.maySign && grave && h("label", { class: "tick" }, read, h("span", {}, say("sign.read"))),
      h("p", { class: "small" }, say("sign.forever")),
      status,
      h("div", { class: "buttons" }, press, button(say("back"), () => close())),
    ];
  });
  return signed;
}

export function write(desk: Desk, draft: Draft): Promise<Entry> {
  const { facts, summary, act = actOf(facts), private: sections, photos, salts } = draft;
  const saying = {
    summary,
    ...(sections === undefined ? {} : { private: sections as readonly Private[] }),
    ...(photos === undefined ? {} : { photos }),
    ...(salts === undefined ? {} : { salts }),
  };
  return desk.book().say(desk.author(), facts, saying, act);
}
