/** Reading what a server says, as cautiously as anything from outside. */

import { parseQuantity, type Quantity, type Unit } from "../core/quantity.ts";

export type Json = Readonly<Record<string, unknown>>;

export const object = (value: unknown): Json => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {});
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const objects = (value: unknown): readonly Json[] => list(value).map(object);
export const string = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);
export const strings = (value: unknown): readonly string[] => list(value).filter((one): one is string => typeof one === "string");
export const whole = (value: unknown): number | undefined => (Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined);

/** A member that is there, or none: `exactOptionalPropertyTypes` tells the two apart. */
export const some = <Name extends string, T>(name: Name, value: T | undefined): { [_ in Name]?: T } =>
  (value === undefined ? {} : { [name]: value }) as { [_ in Name]?: T };

const UNITS: readonly Unit[] = ["gram", "millilitre", "piece"];

export function quantity(value: unknown, of?: unknown): Quantity | undefined {
  const { amount, unit } = of === undefined ? object(value) : { amount: value, unit: of };
  const read = whole(amount);
  const known = UNITS.find((one) => one === unit);
  return read === undefined || known === undefined ? undefined : { amount: BigInt(read), unit: known };
}

/** A quantity as cards write it: `{"nguon:value": 12.5, "nguon:uom": "KGM"}`. */
export function measured(value: unknown): { readonly value: string; readonly uom: string } | undefined {
  const { "nguon:value": number, "nguon:uom": uom } = object(value);
  return typeof number === "number" && Number.isFinite(number) ? { value: String(number), uom: string(uom) ?? "" } : undefined;
}

/** The same as an exact amount. */
export function measuredQuantity(value: unknown): Quantity | undefined {
  const found = measured(value);
  return found === undefined ? undefined : parseQuantity(found.value, found.uom === "" ? undefined : found.uom);
}

/** A text for people out of a card. */
export function prose(value: unknown): { vi?: string; en?: string } {
  if (typeof value === "string") return { vi: value };
  const texts = objects(value);
  const of = (tag: string) => string(texts.find((one) => one["@language"] === tag)?.["@value"]);
  return { ...some("vi", of("vi") ?? string(texts[0]?.["@value"])), ...some("en", of("en")) };
}
