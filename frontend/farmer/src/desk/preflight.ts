/** What the rules would say of drafts (`POST /api/v1/preflight`), read into words. */

import { utf8 } from "../../../verifier/src/core/bytes.ts";
import { actOf } from "../core/facts.ts";
import { type Server } from "../core/server.ts";
import { writeDraft } from "../core/write.ts";
import { SECTION } from "../core/draft.ts";
import { text } from "../../../verifier/src/core/bytes.ts";
import { type Draft } from "./forms/given.ts";
import { list, object, objects, string } from "./json.ts";

export interface Said {
  readonly code: string;
  readonly severity: "refusal" | "blocking" | "warning" | "info" | "remark";
  readonly vi: string;
  readonly en: string;
  /** Which draft, from 0. */
  readonly draft: number;
  readonly lot?: string;
}

export interface Foresight {
  /** Nobody was asked: no network, or the server has no time. Signing is allowed all the same. */
  readonly isAsked: boolean;
  readonly maySign: boolean;
  readonly said: readonly Said[];
  /** How many drafts the rules looked into. */
  readonly looked: number;
}

const SEVERITIES = ["blocking", "warning", "info"] as const;
/** Drafts of one question. */
export const DRAFTS_MAX = 100;
/** Bytes of one question, of the two MiB that the server takes. */
const BYTES_MAX = 1_800_000;
export const NOT_ASKED: Foresight = { isAsked: false, maySign: true, said: [], looked: 0 };

export function question(organisation: string, drafts: readonly Draft[]): string {
  const one = (draft: Draft): string => {
    const { facts, act = actOf(facts) } = draft;
    const place = draft.private?.find((section) => section.type === SECTION.places);
    const said = place === undefined ? "" : `,"place":${text(place.payload) ?? "null"}`;
    return `{"organisation_id":${JSON.stringify(organisation)},"act":${JSON.stringify(act)},"facts":${writeDraft(facts)}${said}}`;
  };
  return `{"drafts":[${drafts.map(one).join(",")}]}`;
}

/** Reads an answer; each finding once. */
export function readForesight(value: unknown): Foresight {
  const results = objects(object(value)["results"]);
  const said: Said[] = [];
  const known = new Set<string>();
  for (const [draft, result] of results.entries()) {
    const add = (one: unknown, severity: Said["severity"], lot?: string): void => {
      const { code, text_vi, text_en } = object(one);
      const line: Said = { code: string(code) ?? "", severity, vi: string(text_vi) ?? "", en: string(text_en) ?? "", draft, ...(lot === undefined ? {} : { lot }) };
      const name = `${line.code} ${line.vi} ${lot ?? ""}`;
      if (known.has(name)) return;
      known.add(name);
      said.push(line);
    };
    for (const one of list(result["refusals"])) add(one, "refusal");
    for (const one of list(result["remarks"])) add(one, "remark");
    for (const lot of objects(result["lots"])) {
      for (const one of objects(lot["raised"])) {
        add(one, SEVERITIES.find((severity) => severity === one["severity"]) ?? "info", string(lot["uri"]));
      }
    }
    for (const one of list(object(result["offer"])["reasons"])) add(one, "warning");
  }
  const order = ["refusal", "blocking", "warning", "remark", "info"];
  said.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  return { isAsked: results.length > 0, maySign: results.every((one) => one["may_sign"] === true), said, looked: results.length };
}

/** Asks. Without an answer nobody is kept from signing: the ledger judges what is logged, too. */
export async function preflight(server: Server, organisation: string, drafts: readonly Draft[]): Promise<Foresight> {
  let asked = drafts.slice(0, DRAFTS_MAX);
  let body = question(organisation, asked);
  while (body.length > BYTES_MAX && asked.length > 1) {
    asked = asked.slice(0, Math.floor(asked.length / 2));
    body = question(organisation, asked);
  }
  if (asked.length === 0) return NOT_ASKED;
  const answer = await server.json<unknown>({ method: "POST", path: "/api/v1/preflight", body: utf8(body), patienceMs: 20_000 });
  return answer.ok ? readForesight(answer.value) : NOT_ASKED;
}
