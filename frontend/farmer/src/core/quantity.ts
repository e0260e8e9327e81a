/**
 * Amounts as whole numbers of grams, millilitres or pieces, as `crates/trace/src/quantity.rs` counts them. A decimal goes from its
 * text to a whole number and back without a binary fraction between: 0.1 kg is 100 g, exactly.
 */

export type Unit = "gram" | "millilitre" | "piece";

export interface Quantity {
  readonly amount: bigint;
  readonly unit: Unit;
}

const AMOUNT_MAX = (1n << 63n) - 1n;
const PLACES: Readonly<Record<string, readonly [Unit, number]>> = {
  KGM: ["gram", 3],
  TNE: ["gram", 6],
  GRM: ["gram", 0],
  LTR: ["millilitre", 3],
  MLT: ["millilitre", 0],
};

export const grams = (amount: bigint | number): Quantity => ({ amount: BigInt(amount), unit: "gram" });
export const pieces = (amount: bigint | number): Quantity => ({ amount: BigInt(amount), unit: "piece" });

function scaled(decimal: string, places: number): bigint | undefined {
  const [, whole, fraction = ""] = /^(0|[1-9][0-9]{0,18})(?:\.([0-9]{1,30}))?$/.exec(decimal) ?? [];
  if (whole === undefined) return undefined;
  const digits = fraction.replace(/0+$/, "");
  if (digits.length > places) return undefined;
  const amount = BigInt(whole + digits.padEnd(places, "0"));
  return amount <= AMOUNT_MAX ? amount : undefined;
}

/** Reads a decimal with a point and an EPCIS unit code; no unit counts pieces. Finer than the base unit is nothing. */
export function parseQuantity(decimal: string, uom?: string): Quantity | undefined {
  const [unit, places] = uom === undefined ? (["piece", 0] as const) : (PLACES[uom] ?? []);
  if (unit === undefined || places === undefined) return undefined;
  const amount = scaled(decimal, places);
  return amount === undefined ? undefined : { amount, unit };
}

/** Reads what somebody typed: `12,5` as well as `12.5`, with nothing that groups digits. */
export const typedQuantity = (typed: string, uom?: string): Quantity | undefined =>
  parseQuantity(typed.trim().replace(",", ".").replace(/^0+(?=[0-9])/, "").replace(/\.$/, ""), uom);

export function toEpcis({ amount, unit }: Quantity): { readonly decimal: string; readonly uom?: "KGM" | "LTR" } {
  if (unit === "piece") return { decimal: String(amount) };
  const rest = String(amount % 1000n).padStart(3, "0").replace(/0+$/, "");
  return { decimal: `${amount / 1000n}${rest === "" ? "" : `.${rest}`}`, uom: unit === "gram" ? "KGM" : "LTR" };
}

/** For reading: `12,5 kg` in Vietnamese, `12.5 kg` in English, thousands set apart. */
export function shownQuantity(quantity: Quantity, language: string, piece = ""): string {
  const { decimal, uom } = toEpcis(quantity);
  const [whole = "", fraction] = decimal.split(".");
  const [group, point] = language === "vi" ? [".", ","] : [",", "."];
  const grouped = whole.replace(/\B(?=(?:[0-9]{3})+$)/g, group);
  const unit = uom === "KGM" ? " kg" : uom === "LTR" ? " l" : piece === "" ? "" : ` ${piece}`;
  return `${grouped}${fraction === undefined ? "" : point + fraction}${unit}`;
}
