/** What a file of `texts/` holds: all the sentences in one language. */

import { type Note, type Step } from "../core/check.ts";
import { type Code } from "../core/fault.ts";

export interface Texts {
  readonly name: string;
  readonly ui: Readonly<Record<string, string>> & { readonly limits: readonly string[] };
  readonly steps: Readonly<Record<Step, { readonly title: string; readonly proves: string; readonly not: string }>>;
  readonly notes: Readonly<Record<Note, string>>;
  readonly codes: Readonly<Record<Code, string>>;
  readonly findings: Readonly<Record<string, string>>;
  readonly doings: Readonly<Record<string, string>>;
  readonly something: string;
}

/** A sentence with its values: `{name}` stands for one. */
export const filled = (sentence: string | undefined, values: Readonly<Record<string, string>> = {}): string =>
  (sentence ?? "").replace(/\{([a-z]+)\}/g, (whole, name: string) => values[name] ?? whole);

const SHOWN_MAX = 2_000;

/**
 * A text from outside as it may stand on a page: without characters that cannot be seen and that turn or join the text around them
 * (Unicode categories Cc and Cf), and no longer than anybody reads.
 */
export const plain = (text: string): string => text.slice(0, SHOWN_MAX).replace(/[\p{Cc}\p{Cf}]/gu, "");
