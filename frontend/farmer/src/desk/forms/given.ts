/**
 * What somebody typed, read field by field. A form's reader asks for each field in turn; what does not fit is noted under the field's
 * name as the key of a sentence, so that a screen can show all faults at once.
 */

import { isDay } from "../../core/calendar.ts";
import { type Private } from "../../core/book.ts";
import { type Act } from "../../core/draft.ts";
import { type Facts } from "../../core/facts.ts";
import { type Text, whole } from "../../core/json.ts";
import { type Quantity, typedQuantity } from "../../core/quantity.ts";
import { type PhotoFile, type Summary } from "../../core/store.ts";

/** By field; several choices stand on lines of their own. */
export type Values = Readonly<Record<string, string>>;

/** Something that is ready to be signed. */
export interface Draft {
  readonly facts: Facts;
  readonly summary: Summary;
  readonly act?: Act;
  readonly private?: readonly Private[];
  readonly photos?: readonly Omit<PhotoFile, "sent">[];
  readonly salts?: Readonly<Record<string, string>>;
}

export interface Fault {
  readonly key: string;
  readonly values?: Readonly<Record<string, string | number>>;
}

export type Faults = Readonly<Record<string, Fault>>;

export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly faults: Faults };

/** In whose name a form speaks, and when. */
export interface Context {
  readonly origin: string;
  readonly organisation: string;
  readonly organisationUri: string;
  readonly nowMs: number;
}

/** What nobody sees and what turns the text around it is taken out; lines stay where a text may have them. */
export const tidy = (value: string, lines = false): string =>
  whole(value)
    .replace(lines ? /[\u0000-\u0009\u000b-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g : /[\u0000-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, " ")
    .normalize("NFC")
    .replace(lines ? /[ ]+/g : /\s+/g, " ")
    .trim();

export class Given {
  readonly faults: Record<string, Fault> = {};

  constructor(readonly values: Values) {}

  fault(name: string, key: string, values: Fault["values"] = {}): void {
    this.faults[name] ??= { key, values };
  }

  /** The answer, if nothing was at fault. */
  read<T>(make: () => T): Read<T> {
    if (Object.keys(this.faults).length > 0) return { ok: false, faults: this.faults };
    return { ok: true, value: make() };
  }

  optional(name: string, max = 200, lines = false): string | undefined {
    const text = tidy(this.values[name] ?? "", lines);
    if (text.length > max) this.fault(name, "fault.long", { max });
    return text === "" ? undefined : text.slice(0, max);
  }

  text(name: string, max = 200): string {
    const text = this.optional(name, max);
    if (text === undefined) this.fault(name, "fault.missing");
    return text ?? "";
  }

  /** A text in Vietnamese, and in English where it was given. */
  prose(name: string, max = 500): Text {
    const en = this.optional(`${name}En`, max);
    return { vi: this.text(name, max), ...(en === undefined ? {} : { en }) };
  }

  optionalProse(name: string, max = 1_000): Text | undefined {
    return tidy(this.values[name] ?? "") === "" ? undefined : this.prose(name, max);
  }

  one<Known extends string>(name: string, known: readonly Known[]): Known {
    const found = known.find((one) => one === this.values[name]);
    if (found === undefined) this.fault(name, "fault.choose");
    return found ?? (known[0] as Known);
  }

  /** Lines, each once. */
  many(name: string, max = 250): string[] {
    const all = [...new Set((this.values[name] ?? "").split("\n").map((line) => tidy(line)).filter((line) => line !== ""))];
    if (all.length > max) this.fault(name, "fault.many", { max });
    return all;
  }

  optionalDay(name: string): string | undefined {
    const text = (this.values[name] ?? "").trim();
    if (text === "") return undefined;
    if (isDay(text) && text >= "2000-01-01" && text <= "2100-12-31") return text;
    this.fault(name, "fault.day");
    return undefined;
  }

  day(name: string): string {
    const day = this.optionalDay(name);
    if (day === undefined) this.fault(name, "fault.missing");
    return day ?? "2000-01-01";
  }

  optionalWhole(name: string, min = 0, max = Number.MAX_SAFE_INTEGER): number | undefined {
    // Digits in groups of three, as people write them in Vietnam: 1.250 is twelve hundred and fifty.
    const text = (this.values[name] ?? "").trim().replace(/(?<=^[0-9]{1,3}(?:[. ][0-9]{3})*)[. ](?=[0-9]{3}(?:[. ]|$))/g, "");
    if (text === "") return undefined;
    const number = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= max) return number;
    this.fault(name, Number.isNaN(number) ? "fault.number" : "fault.range", { min, max });
    return undefined;
  }

  whole(name: string, min = 0, max = Number.MAX_SAFE_INTEGER): number {
    const number = this.optionalWhole(name, min, max);
    if (number === undefined) this.fault(name, "fault.missing");
    return number ?? min;
  }

  /** An amount with its unit (`KGM`, `LTR`, or nothing for pieces) in the field beside it. */
  optionalQuantity(name: string, uom = this.values[`${name}Uom`] ?? ""): Quantity | undefined {
    const text = (this.values[name] ?? "").trim();
    if (text === "") return undefined;
    // A point before three digits groups thousands in Vietnam and begins the fraction in other places: nobody may guess which.
    if (/^[0-9]{1,3}(?:[.,][0-9]{3})+$/.test(text) && !text.startsWith("0")) {
      this.fault(name, "fault.ambiguous", { text, many: text.replace(/[.,]/g, ""), few: text.replace(/[.,]/, ",") });
      return undefined;
    }
    const found = typedQuantity(text, uom === "" ? undefined : uom);
    if (found !== undefined && found.amount > 0n) return found;
    this.fault(name, uom === "" ? "fault.pieces" : "fault.quantity");
    return undefined;
  }

  quantity(name: string, uom?: string): Quantity {
    const found = uom === undefined ? this.optionalQuantity(name) : this.optionalQuantity(name, uom);
    if (found === undefined) this.fault(name, "fault.missing");
    return found ?? { amount: 1n, unit: "piece" };
  }

  yes(name: string): boolean {
    return this.values[name] === "yes";
  }
}

/** Small letters, digits and hyphens: what may stand in an address. */
export const slug = (text: string, max = 40): string =>
  text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replaceAll("đ", "d")
    .replaceAll("Đ", "D")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, max)
    .replace(/-+$/, "");

/** Where things of an organisation without a number of their own are named: never reused, never changed. */
export const ownUri = (context: Pick<Context, "origin" | "organisation">, kind: string, name: string): string =>
  `https://${context.origin}/${kind}/${context.organisation.slice(0, 12)}/${name}`;
