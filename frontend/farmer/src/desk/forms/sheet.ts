/** A sheet as the server read it (`POST /api/v1/desk/import/…`): what is wrong with it, cell by cell, or everything that is to be signed. */

import { utf8 } from "../../../../verifier/src/core/bytes.ts";
import { ACT, type Act, SECTION } from "../../core/draft.ts";
import { list, object, objects, string, strings, whole } from "../json.ts";
import { type Draft, type Values } from "./given.ts";

export const SHEETS = ["members", "plots", "products", "diary", "lots"] as const;
export type SheetKind = (typeof SHEETS)[number];

export interface Cell {
  readonly sheet: string;
  readonly row: number;
  readonly column: string;
  readonly header: string;
  readonly value: string;
  readonly code: string;
  readonly vi: string;
  readonly en: string;
}

/** Somebody who is to be invited; the form of an invitation, as far as a sheet says it. */
export interface Invited {
  readonly row: number;
  readonly values: Values;
}

export interface Sheet {
  readonly rows: number;
  readonly errors: readonly Cell[];
  /** None if anything is wrong: all or nothing. */
  readonly drafts: readonly (Draft & { readonly row: number })[];
  readonly invitations: readonly Invited[];
}

/** A server that answers something else has read nothing. */
export class NotASheet extends Error {
  override readonly name = "NotASheet";
}

const SECTIONS: readonly number[] = [SECTION.person, SECTION.places];
const ACTS = Object.keys(ACT) as Act[];

export function readSheet(value: unknown, kind: SheetKind, nowMs: number): Sheet {
  const answer = object(value);
  const rows = whole(answer["rows"]);
  if (rows === undefined) throw new NotASheet("no rows");
  const errors = objects(answer["errors"]).map((one): Cell => ({
    sheet: string(one["sheet"]) ?? "",
    row: whole(one["row"]) ?? 0,
    column: string(one["column"]) ?? "",
    header: string(one["header"]) ?? "",
    value: typeof one["value"] === "string" ? one["value"] : "",
    code: string(one["code"]) ?? "",
    vi: string(one["vi"]) ?? "",
    en: string(one["en"]) ?? "",
  }));
  if (errors.length > 0) return { rows, errors, drafts: [], invitations: [] };
  const drafts = objects(answer["drafts"]).map((one): Draft & { row: number } => {
    const facts = object(one["facts"]);
    const row = whole(one["row"]) ?? 0;
    const act = ACTS.find((name) => name === one["act"]);
    const type = string(facts["type"]);
    if (act === undefined || type === undefined || "nguon:subjects" in facts) throw new NotASheet(`row ${row}`);
    const sections = objects(one["private"]).map((section) => {
      const type = SECTIONS.find((number) => number === section["type"]);
      if (type === undefined) throw new NotASheet(`row ${row}: a section of another kind`);
      return { type, payload: utf8(JSON.stringify(section["payload"])) };
    });
    return {
      row,
      act,
      facts: { kind: "written", json: JSON.stringify(facts), subjects: strings(one["subjects"]), act },
      ...(sections.length === 0 ? {} : { private: sections }),
      summary: { step: stepOf(facts), timeMs: Number.isNaN(Date.parse(string(facts["eventTime"]) ?? "")) ? nowMs : Date.parse(string(facts["eventTime"]) ?? ""), what: labelOf(facts) },
    };
  });
  if (kind !== "members" && drafts.length === 0 && rows > 0) throw new NotASheet("rows without drafts");
  const invitations = objects(answer["invitations"]).map((one): Invited => ({
    row: whole(one["row"]) ?? 0,
    values: { name: string(one["name"]) ?? "", phone: string(one["phone"]) ?? "", work: string(one["role"]) ?? string(object(one["person"])["role"]) ?? "", roles: list(one["roles"]).filter((role) => typeof role === "string").join("\n") },
  }));
  return { rows, errors, drafts, invitations };
}

function stepOf(facts: Readonly<Record<string, unknown>>): string {
  const type = string(facts["type"]) ?? "";
  if (type.startsWith("nguon:")) return type.slice(6).toLowerCase();
  return (string(facts["nguon:step"]) ?? string(facts["bizStep"]) ?? "other").replace("urn:nguon:bizStep:", "");
}

/** What a person recognises a row by. */
function labelOf(facts: Readonly<Record<string, unknown>>): string {
  const first = objects(facts["quantityList"])[0] ?? objects(facts["outputQuantityList"])[0] ?? {};
  const name = string(facts["nguon:code"]) ?? string(facts["nguon:inputName"]) ?? string(first["epcClass"]) ?? string(object(facts["readPoint"])["id"]) ?? "";
  return name.slice(name.lastIndexOf("/") + 1);
}

/** How a sheet's rows divide by what they are, for the last look. */
export function tally(drafts: readonly Draft[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { summary } of drafts) counts.set(summary.step, (counts.get(summary.step) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}
