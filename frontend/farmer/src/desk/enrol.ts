/**
 * Ghi danh, the manager's side: an invitation is made, its code shown, the answer compared, and the device delegated.
 *
 * ```text
 * here                                   the phone
 * invitation, laid down at the server
 * code / link (with the name) ─────────▶ makes a key, agrees (possession)
 * six digits             ◀── compare ──▶ six digits
 * delegation, signed by this device's key: rights of our own copy of the invitation, never of the answer
 * ```
 *
 * The person's name goes into a private section, whose salt and contents stay here until they are sent with the delegation. So the
 * device that made an invitation is the one that can end it.
 */

import { base64, hex, unbase64, unhex, utf8, type Bytes } from "../../../verifier/src/core/bytes.ts";
import { ed25519, enrol } from "../../../verifier/src/core/ed25519.ts";
import { commitmentOf, delegation, type Invitation, type Opening, opening, possessionMessage, readInvitation, ROLE, type Role, SECTION } from "../core/draft.ts";
import { at, dayAfter, vietnamDay } from "../core/calendar.ts";
import { Given, type Read, type Values } from "./forms/given.ts";
import { object, objects, string, whole } from "./json.ts";

/** What stays on this device of an invitation: kept under `invitation <id>`. */
export interface KeptInvitation {
  readonly id: string;
  readonly invitation: Invitation;
  readonly person?: Opening;
  readonly name: string;
  readonly madeMs: number;
  readonly expiresMs: number;
}

export interface Answered {
  readonly id: string;
  readonly state: string;
  readonly invitation?: Invitation;
  readonly createdMs: number;
  readonly expiresMs: number;
  readonly answer?: { readonly device: string; readonly possession: Bytes };
}

export const ROLES = Object.keys(ROLE) as Role[];
export const rolesOf = (bits: number): Role[] => ROLES.filter((role) => (bits & ROLE[role]) !== 0);

const EXPIRES_DAYS_MAX = 30;

/** Reads the form for a new member. */
export function invite(values: Values, context: { readonly ledger: string; readonly organisation: string; readonly nowMs: number; readonly isRoot: boolean }): Read<KeptInvitation> {
  const given = new Given(values);
  const name = given.text("name", 120);
  const phone = given.optional("phone", 20);
  if (phone !== undefined && !/^[+0-9 .()-]{6,20}$/.test(phone)) given.fault("phone", "fault.phone");
  const work = given.optional("work", 80);
  const chosen = given.many("roles").filter((role): role is Role => role in ROLE);
  if (chosen.length === 0) given.fault("roles", "fault.roles");
  // An admin's rights are the root's alone to give (FORMAT.md, "Rights and standing").
  if (chosen.includes("admin") && !context.isRoot) given.fault("roles", "fault.admin");
  const until = given.day("until");
  const today = vietnamDay(context.nowMs);
  if (until <= today) given.fault("until", "fault.past");
  if (until > dayAfter(today, 3 * 366)) given.fault("until", "fault.far");
  const days = given.whole("days", 1, EXPIRES_DAYS_MAX);
  return given.read(() => {
    const about = { type: "nguon:Person", name, ...(phone === undefined ? {} : { phone }), ...(work === undefined ? {} : { role: work }) };
    const person = opening(SECTION.person, utf8(JSON.stringify(about)));
    const invitation: Invitation = {
      ledger_id: context.ledger,
      organisation: context.organisation,
      roles: chosen.reduce((bits, role) => bits | ROLE[role], 0),
      flags: 0,
      not_after_ms: at(dayAfter(until, 1), "00:00") - 1,
      person: hex(commitmentOf(person)),
    };
    const id = hex(crypto.getRandomValues(new Uint8Array(16)));
    return { id, invitation, person, name, madeMs: context.nowMs, expiresMs: context.nowMs + days * 86_400_000 - 60_000 };
  });
}

const toBase64Url = (bytes: Uint8Array): string => base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

/** The link of the code. What stands behind `#` reaches no server; the name is only there. */
export const linkOf = (base: string, { id, name }: Pick<KeptInvitation, "id" | "name">, org: string): string =>
  `${base}/app#moi=${toBase64Url(utf8(JSON.stringify({ id, name, org })))}`;

export function readEnrolments(value: unknown): Answered[] {
  return objects(object(value)["enrolments"]).flatMap((one): Answered[] => {
    const id = string(one["id"]);
    if (id === undefined || unhex(id, 16) === undefined) return [];
    const { device, possession } = object(one["answer"]);
    const key = string(device);
    const signed = unbase64(string(possession) ?? "");
    const invitation = readInvitation(one["invitation"]);
    return [
      {
        id,
        state: string(one["state"]) ?? "",
        createdMs: whole(one["created_at_ms"]) ?? 0,
        expiresMs: whole(one["expires_at_ms"]) ?? 0,
        ...(invitation === undefined ? {} : { invitation }),
        ...(key === undefined || unhex(key, 32) === undefined || signed?.length !== 64 ? {} : { answer: { device: key, possession: signed } }),
      },
    ];
  });
}

const same = (a: Invitation, b: Invitation | undefined): boolean =>
  b !== undefined && a.ledger_id === b.ledger_id && a.organisation === b.organisation && a.roles === b.roles && a.flags === b.flags && a.not_after_ms === b.not_after_ms && a.person === b.person;

/** Why an answer is none to our invitation; the ledger would count such a delegation for nothing. */
export type Distrust = "not-ours" | "other-rights" | "weak-key" | "possession-invalid";

/** The body of the delegation, if the device that answered has agreed to exactly what we offered. */
export async function delegationOf(kept: KeptInvitation | undefined, answered: Answered): Promise<{ readonly control: Bytes } | { readonly distrust: Distrust }> {
  const { answer } = answered;
  if (kept === undefined || answer === undefined || kept.id !== answered.id) return { distrust: "not-ours" };
  if (!same(kept.invitation, answered.invitation)) return { distrust: "other-rights" };
  const key = enrol(unhex(answer.device, 32) as Bytes);
  if (typeof key === "string") return { distrust: "weak-key" };
  const holds = await (await ed25519()).verify(key, possessionMessage(answer.device, kept.invitation), answer.possession);
  return holds ? { control: delegation(answer.device, kept.invitation, answer.possession) } : { distrust: "possession-invalid" };
}
