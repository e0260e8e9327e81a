/**
 * An organisation is made: by a root key that is born in this page, goes to paper, is typed back from it, signs three records, and is gone.
 *
 * ```text
 * root seed, next root's seed ──▶ two papers ──▶ typed back from the papers (restore test)
 * root   seq 0  genesis    commits to the next root
 *        seq 1  card       the organisation's public name (act commerce)
 *        seq 2  delegation this device, with all roles; its person in a private section
 * ```
 *
 * The organisation's id is the event id of its genesis, so the card and the delegation can only be made after it. All three are kept as
 * signed bytes until the ledger has them; the seeds are overwritten before anything is sent.
 */

import { base64, type Bytes, hex, utf8 } from "../../../verifier/src/core/bytes.ts";
import { nextKeyDigest } from "../../../verifier/src/core/hash.ts";
import { KIND } from "../../../verifier/src/core/record.ts";
import { unhex } from "../../../verifier/src/core/bytes.ts";
import { commitmentOf, delegation, type Draft, freshSubjectSalt, type Invitation, type Opening, opening, ROLE, SECTION, signDraft, signPossession } from "../core/draft.ts";
import { type OrganisationCard, organisationUrn, subjectsOf } from "../core/facts.ts";
import { type Signer } from "../core/key.ts";
import { writeFacts } from "../core/write.ts";
import { at, dayAfter, vietnamDay } from "../core/calendar.ts";
import { Given, type Read, type Values } from "./forms/given.ts";
import { some } from "./json.ts";
import { communeCode, type Commune } from "./communes.ts";

export const SORTS = ["cooperative", "cooperative_group", "farm", "company", "certifier", "authority"] as const;

export type Card = Omit<OrganisationCard, "uri">;

export interface Founder {
  readonly card: Card;
  readonly name: string;
  readonly phone?: string;
}

/** Reads who the organisation is, and who sits at this device. */
export function readFounder(values: Values, communes: readonly Commune[]): Read<Founder> {
  const given = new Given(values);
  const name = given.prose("name", 160);
  const sort = given.one("sort", SORTS);
  const address = given.prose("address", 300);
  const typed = given.optional("commune", 120);
  const commune = typed === undefined ? undefined : communeCode(typed, communes);
  if (typed !== undefined && commune === undefined) given.fault("commune", "fault.commune");
  const hotline = given.optional("hotline", 20);
  if (hotline !== undefined && !/^[+0-9 .()-]{6,20}$/.test(hotline)) given.fault("hotline", "fault.phone");
  const website = given.optional("website", 200);
  if (website !== undefined && !/^https?:\/\/[^\s]+\.[^\s]+$/.test(website)) given.fault("website", "found.website");
  const tax = given.optional("tax", 20);
  if (tax !== undefined && !/^[0-9]{10}(?:-?[0-9]{3})?$/.test(tax)) given.fault("tax", "found.tax");
  const person = given.text("person", 120);
  const phone = given.optional("phone", 20);
  if (phone !== undefined && !/^[+0-9 .()-]{6,20}$/.test(phone)) given.fault("phone", "fault.phone");
  return given.read(() => ({
    card: {
      kind: "organisation",
      name,
      sort,
      address,
      ...some("commune", commune),
      ...(tax === undefined ? {} : { identifiers: [{ scheme: "tax", value: tax }] }),
      ...some("hotline", hotline),
      ...some("website", website),
    },
    name: person,
    ...some("phone", phone),
  }));
}

/** A record and what opens it, as they are sent. */
export interface Parcel {
  readonly record: string;
  readonly openings: readonly { readonly salt: string; readonly payload: string }[];
}

export interface Founded {
  readonly organisation: string;
  readonly root: string;
  readonly device: string;
  readonly parcels: readonly Parcel[];
  /** The card's salt, for signing about it later, and its record. */
  readonly card: { readonly uri: string; readonly salt: string; readonly event: string };
  readonly notAfterMs: number;
}

const parcel = (record: Bytes, openings: readonly Opening[]): Parcel => ({ record: base64(record), openings: openings.map(({ salt, payload }) => ({ salt: hex(salt), payload: base64(payload) })) });

/** Years for which this device is admitted; the root gives it anew. */
const YEARS = 2;

/** Signs the three records. `next` is the public half of the next root. */
export async function found(root: Signer, next: string, device: Signer, founder: Founder, context: { readonly ledger: string; readonly nowMs: number; readonly deviceTimeMs: number }): Promise<Founded> {
  const nextKey = unhex(next, 32);
  if (nextKey === undefined || next === root.key) throw new TypeError("the next root is another key than the root");
  const common = { ledger: context.ledger, deviceTimeMs: context.deviceTimeMs };
  const genesis = await signDraft(root, { ...common, kind: KIND.genesis, seq: 0, control: nextKeyDigest(nextKey) });
  const organisation = genesis.event;

  const facts: OrganisationCard = { ...founder.card, uri: organisationUrn(organisation) };
  const salt = freshSubjectSalt();
  const subjects = subjectsOf(facts).map((uri) => ({ uri, salt }));
  const said = opening(SECTION.facts, writeFacts(facts, subjects));
  const cardDraft: Draft = { ...common, kind: KIND.event, act: "commerce", organisation, seq: 1, prev: genesis.event, subjects, openings: [said] };
  const card = await signDraft(root, cardDraft);

  const person = opening(SECTION.person, utf8(JSON.stringify({ type: "nguon:Person", name: founder.name, ...some("phone", founder.phone) })));
  const notAfterMs = at(dayAfter(vietnamDay(context.nowMs), 365 * YEARS), "00:00") - 1;
  const invitation: Invitation = {
    ledger_id: context.ledger,
    organisation,
    roles: Object.values(ROLE).reduce((bits, bit) => bits | bit, 0),
    flags: 0,
    not_after_ms: notAfterMs,
    person: hex(commitmentOf(person)),
  };
  const control = delegation(device.key, invitation, await signPossession(device, invitation));
  const admitted = await signDraft(root, { ...common, kind: KIND.delegate, organisation, seq: 2, prev: card.event, control });
  return {
    organisation,
    root: root.key,
    device: device.key,
    parcels: [parcel(genesis.bytes, []), parcel(card.bytes, [said]), parcel(admitted.bytes, [person])],
    card: { uri: facts.uri, salt, event: card.event },
    notAfterMs,
  };
}

/** The next root takes the root's place: its first record, which commits to the one after it. */
export async function rotation(nextRoot: Signer, organisation: string, after: string, context: { readonly ledger: string; readonly deviceTimeMs: number }): Promise<Parcel> {
  const key = unhex(after, 32);
  if (key === undefined || after === nextRoot.key) throw new TypeError("the root after it is another key");
  const record = await signDraft(nextRoot, { ...context, kind: KIND.rotate, organisation, seq: 0, control: nextKeyDigest(key) });
  return parcel(record.bytes, []);
}
