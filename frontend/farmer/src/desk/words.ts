/** The desk's sentences: one file a language, loaded when it is spoken. */

import { plain } from "../../../verifier/src/ui/texts.ts";
import { shownDay, shownMoment } from "../core/calendar.ts";
import { type Quantity, shownQuantity } from "../core/quantity.ts";

/** Where the sentences of each language are: `desk.mjs` knows. */
declare const DESK_LANGUAGES: Readonly<Record<string, { readonly name: string; readonly file: string }>>;

let words: Readonly<Record<string, string>> = {};
let spoken = "vi";

export const languages = (): readonly (readonly [string, string])[] => Object.entries(DESK_LANGUAGES).map(([code, { name }]) => [code, name]);

export const language = (): string => spoken;

export async function speak(wanted: string): Promise<void> {
  const code = DESK_LANGUAGES[wanted] === undefined ? "vi" : wanted;
  const response = await fetch(DESK_LANGUAGES[code]?.file ?? "");
  words = (await response.json()) as Readonly<Record<string, string>>;
  spoken = code;
  document.documentElement.lang = code;
}

/** A sentence, with `{name}` filled in. */
export const say = (key: string, values: Readonly<Record<string, string | number>> = {}): string =>
  (words[key] ?? key).replace(/\{([a-z]+)\}/g, (hole, name: string) => String(values[name] ?? hole));

export const has = (key: string): boolean => key in words;

/** A word for one of a server's stable codes; the code itself where there is none. */
export const named = (prefix: string, code: string): string => (has(`${prefix}.${code}`) ? say(`${prefix}.${code}`) : code);

/** A text that came in both languages. */
export const either = (text: { readonly vi?: string | null; readonly en?: string | null } | null | undefined): string =>
  plain((spoken === "vi" ? (text?.vi ?? text?.en) : (text?.en ?? text?.vi)) ?? "");

export const day = (text: string): string => shownDay(text, spoken);
export const moment = (ms: number): string => shownMoment(ms, spoken);
export const amount = (quantity: Quantity | undefined, piece = ""): string => (quantity === undefined ? "" : shownQuantity(quantity, spoken, piece));
export const count = (number: number | bigint): string => shownQuantity({ amount: BigInt(number), unit: "piece" }, spoken);
