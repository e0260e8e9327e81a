/** The sentences of all languages: every file of `texts/`. */

import all from "texts:";
import { type Texts } from "./texts.ts";

export const TEXTS: Readonly<Record<string, Texts>> = all;

/** The texts of a language tag: by its first part, English if there are none. */
export function textsOf(tag: string): { readonly language: string; readonly texts: Texts } {
  const language = tag.toLowerCase().split("-")[0] ?? "";
  const texts = TEXTS[language];
  if (texts !== undefined) return { language, texts };
  const english = TEXTS["en"];
  if (english === undefined) throw new Error("there is always English");
  return { language: "en", texts: english };
}
