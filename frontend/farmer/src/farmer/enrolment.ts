/**
 * Ghi danh: how a phone comes to a key that somebody stands behind. The link carries who is meant after the `#`, which no server sees; the
 * server carries the rights that are offered and the phone's answer.
 */

import { base64, hex, text, unbase64, unhex } from "../../../verifier/src/core/bytes.ts";
import { type Invitation, readInvitation, ROLE, type Role, signPossession } from "../core/draft.ts";
import { type KeptKey, makeKey, openKey } from "../core/key.ts";
import { type LogView } from "../core/log.ts";
import { type Answer, type Server } from "../core/server.ts";
import { type Database, type Person } from "../core/store.ts";

/** What the link says. */
export interface Link {
  /** The enrolment's id: the secret. */
  readonly id: string;
  readonly name: string;
  readonly org: string;
}

const fromBase64Url = (encoded: string): string | undefined => {
  const padded = encoded.replaceAll("-", "+").replaceAll("_", "/");
  const bytes = unbase64(padded + "=".repeat((4 - (padded.length % 4)) % 4));
  return bytes === undefined ? undefined : text(bytes);
};

export const toBase64Url = (bytes: Uint8Array): string => base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

/** Reads an invitation's link, or what stands after its `#moi=`. */
export function readLink(given: string): Link | undefined {
  const [, encoded] = /(?:^|#|&)moi=([A-Za-z0-9_-]{1,4000})/.exec(given.trim()) ?? [];
  const words = encoded === undefined ? undefined : fromBase64Url(encoded);
  if (words === undefined) return undefined;
  try {
    const { id, name, org } = JSON.parse(words) as Record<string, unknown>;
    if (typeof id !== "string" || unhex(id, 16) === undefined) return undefined;
    const short = (value: unknown): string => (typeof value === "string" ? value.slice(0, 120) : "");
    return { id, name: short(name), org: short(org) };
  } catch {
    return undefined;
  }
}

/** The part of a link after the `#`. */
export const writeLink = (link: Link): string => `moi=${toBase64Url(new TextEncoder().encode(JSON.stringify(link)))}`;

export interface Offered {
  readonly invitation: Invitation;
  readonly organisation: string;
  readonly expiresMs: number;
  readonly state: string;
}

export type Failed = { readonly failed: string; readonly problem?: Extract<Answer<unknown>, { ok: false }> };

export const rolesOf = (bits: number): Role[] => (Object.keys(ROLE) as Role[]).filter((role) => (bits & ROLE[role]) !== 0);
export const roleBits = (roles: readonly string[]): number => roles.reduce((bits, role) => bits | (ROLE[role as Role] ?? 0), 0);

export class Enrolments {
  constructor(
    private readonly db: Database,
    private readonly server: Server,
    private readonly log: LogView,
  ) {}

  /** What the invitation offers. The ledger must be the one that its id commits to. */
  async look(link: Link, language: string): Promise<Offered | Failed> {
    const answer = await this.server.json<Record<string, unknown>>({ path: `/api/v1/enrolments/${link.id}` });
    if (!answer.ok) return { failed: answer.problem?.code ?? "network", problem: answer };
    const { invitation: given, organisation, expires_at_ms, state } = answer.value;
    const invitation = readInvitation(given);
    if (invitation === undefined) return { failed: "invitation-unreadable" };
    const { id, name } = (organisation ?? {}) as { id?: string; name?: { vi?: string; en?: string } | null };
    if (id !== undefined && id !== invitation.organisation) return { failed: "invitation-unreadable" };
    if ((await this.log.pin(invitation.ledger_id)) === undefined) return { failed: "ledger-other" };
    const said = (language === "vi" ? name?.vi : (name?.en ?? name?.vi)) ?? link.org;
    return { invitation, organisation: said, expiresMs: Number(expires_at_ms), state: String(state ?? "open") };
  }

  /** Makes the key and keeps the person, before anything is sent: a browser that dies now has not used up the invitation. */
  async accept(link: Link, offered: Offered, chosen: { readonly name: string; readonly pin?: string; readonly picture?: string }): Promise<Person> {
    const kept: KeptKey = await makeKey(chosen.pin);
    const { invitation } = offered;
    const person: Person = {
      key: kept.key,
      kept,
      ledger: invitation.ledger_id,
      organisation: invitation.organisation,
      name: chosen.name,
      organisationName: offered.organisation,
      ...(chosen.picture === undefined ? {} : { picture: chosen.picture }),
      roles: invitation.roles,
      notAfterMs: invitation.not_after_ms,
      enrolment: link.id,
      madeMs: this.server.clock.now(),
    };
    const signer = await openKey(kept, chosen.pin ?? "");
    const possession = await signPossession(signer, invitation);
    await this.db.put("people", person);
    // Signed once, kept for sending: a locked key need not be opened for it again.
    await this.db.put("things", { device: kept.key, possession: base64(possession) }, `answer ${kept.key}`);
    return person;
  }

  /** Sends the phone's answer, as often as need be. */
  async answer(person: Person): Promise<"sent" | Failed> {
    const body = await this.db.get<{ device: string; possession: string }>("things", `answer ${person.key}`);
    if (body === undefined || person.enrolment === undefined) return "sent";
    const answer = await this.server.send<unknown>("PUT", `/api/v1/enrolments/${person.enrolment}/answer`, body);
    return answer.ok ? "sent" : { failed: answer.problem?.code ?? "network", problem: answer };
  }

  /** How the invitation stands now. */
  async state(person: Person): Promise<string | undefined> {
    if (person.enrolment === undefined) return "admitted";
    const answer = await this.server.json<{ state?: string }>({ path: `/api/v1/enrolments/${person.enrolment}` });
    return answer.ok ? answer.value.state : answer.problem?.code;
  }

  async admitted(person: Person): Promise<Person> {
    const { enrolment: _enrolment, ...rest } = person;
    await this.db.put("people", rest);
    await this.db.remove("things", `answer ${person.key}`);
    return rest;
  }
}

/** A fresh secret for an invitation's code. */
export const freshId = (): string => hex(crypto.getRandomValues(new Uint8Array(16)));
