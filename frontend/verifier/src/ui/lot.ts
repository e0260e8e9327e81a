/** The check on a lot's own page. It brings the sentences of the page's language only. */

import { readLight } from "../core/evidence.ts";
import { memoryOn } from "../core/memory.ts";
import { decoded, fetchCheck, tilesOf } from "./server.ts";
import { type Texts } from "./texts.ts";
import { element, show } from "./view.ts";

/** Where the sentences of each language are: `build.mjs` knows. */
declare const TEXTS: Readonly<Record<string, string>>;

/** Checks the lot that the box names, into the box. Fails only before anything is shown. */
export async function mount(box: HTMLElement): Promise<void> {
  const tag = document.documentElement.lang.slice(0, 2);
  const language = tag in TEXTS ? tag : "en";
  const response = await fetch(TEXTS[language] ?? "");
  const texts = (await response.json()) as Texts;
  const lot = box.dataset["lot"] ?? "";
  const run = async (): Promise<void> => {
    await show(box, {
      texts,
      language,
      isOperators: true,
      fetch: () => fetchCheck("", lot),
      read: readLight,
      options: () => ({ lot: decoded(lot), memory: memoryOn(localStorage, location.origin), fetchTile: tilesOf("") }),
    });
    const again = element("button", { type: "button" }, texts.ui["again"] ?? "");
    again.onclick = () => void run();
    box.append(again);
  };
  void run();
}
