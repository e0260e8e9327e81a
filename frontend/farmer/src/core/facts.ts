/**
 * What one public section says: an event, or a card of master data (the vocabulary is told in crates/epcis/README.md). The names
 * are those of `nguon_trace::facts`; `write.ts` makes the bytes.
 */

import { type Act } from "./draft.ts";
import { type Text } from "./json.ts";
import { type Quantity } from "./quantity.ts";

/** So much of something, or all of it. */
export interface Amount {
  readonly uri: string;
  readonly quantity?: Quantity;
}

export type Action = "ADD" | "OBSERVE" | "DELETE";

export type What =
  | { readonly type: "ObjectEvent"; readonly action: Action; readonly objects: readonly Amount[] }
  | {
      readonly type: "TransformationEvent";
      readonly process?: string;
      readonly inputs: readonly Amount[];
      readonly outputs: readonly Amount[];
    }
  | { readonly type: "AggregationEvent"; readonly action: Action; readonly container?: string; readonly contents: readonly Amount[] };

/** Steps by their key, with what each may say. */
export type Step =
  | { readonly key: "planting"; readonly crop?: string; readonly variety?: string; readonly seedOrigin?: string }
  | { readonly key: "fertilising"; readonly input?: string; readonly dose?: string }
  | {
      readonly key: "plant_protection";
      readonly input?: string;
      readonly activeSubstance?: string;
      readonly dose?: string;
      readonly target?: string;
      readonly areaM2?: number;
      /** Absent is unknown, never zero. */
      readonly phiDays?: number;
    }
  | { readonly key: "irrigation"; readonly water?: string }
  | { readonly key: "waste"; readonly collected?: string }
  | { readonly key: "testing"; readonly tested?: string; readonly conformant?: boolean }
  | { readonly key: "confirming"; readonly events: readonly string[] }
  | { readonly key: "inspecting"; readonly conformant?: boolean }
  | { readonly key: "recall" | "recall_ended"; readonly reason?: Text }
  | { readonly key: PlainStep };

export type PlainStep =
  | "harvesting"
  | "packing"
  | "processing"
  | "handling"
  | "sorting"
  | "cooling"
  | "sampling"
  | "aggregating"
  | "disaggregating"
  | "encoding"
  | "commissioning"
  | "decommissioning"
  | "shipping"
  | "transporting"
  | "receiving"
  | "storing"
  | "selling"
  | "returning"
  | "destroying"
  | "other";

export interface LotFacts {
  readonly number?: string;
  readonly harvestFrom?: string;
  readonly harvestUntil?: string;
  readonly bestBefore?: string;
  readonly useBy?: string;
  readonly countryOfOrigin?: string;
  readonly growingMethod?: string;
  readonly producedOn?: string;
  readonly product?: string;
  readonly plots?: readonly string[];
}

export interface Photo {
  readonly blake3: string;
  readonly mediaType: string;
  readonly caption?: Text;
}

export interface Correction {
  /** The event that is wrong: `urn:nguon:event:…`, or the id that it gave itself. */
  readonly of: string;
  readonly declaredMs: number;
  readonly reason?: "did_not_occur" | "incorrect_data";
  readonly correctives?: readonly string[];
}

export interface EventFacts {
  readonly kind: "event";
  readonly timeMs: number;
  readonly id?: string;
  readonly correction?: Correction;
  readonly what: What;
  readonly step: Step;
  readonly place?: string;
  readonly placeAfter?: string;
  readonly papers?: readonly { readonly type?: string; readonly uri: string }[];
  readonly source?: string;
  readonly destination?: string;
  readonly certificates?: readonly string[];
  readonly lot?: LotFacts;
  readonly part?: { readonly number: number; readonly of: number };
  readonly labels?: readonly { readonly first: number; readonly last: number }[];
  readonly forAnother?: boolean;
  readonly note?: Text;
  readonly photos?: readonly Photo[];
}

export interface OrganisationCard {
  readonly kind: "organisation";
  readonly uri: string;
  readonly name: Text;
  readonly sort: "cooperative" | "cooperative_group" | "farm" | "company" | "certifier" | "authority";
  readonly address: Text;
  readonly commune?: string;
  readonly identifiers?: readonly { readonly scheme: string; readonly value: string }[];
  readonly hotline?: string;
  readonly website?: string;
}

export interface PlotCard {
  readonly kind: "plot";
  readonly uri: string;
  readonly code: string;
  readonly commune: string;
  readonly placeName?: Text;
  readonly areaM2: number;
  readonly crop: Text;
  readonly cropCode?: string;
  readonly growingMethod?: string;
  readonly plantingAreaCode?: string;
}

export interface ProductCard {
  readonly kind: "product";
  readonly uri: string;
  readonly code: string;
  readonly gtin?: string;
  readonly name: Text;
  readonly category: string;
  readonly description?: Text;
  readonly unitName: Text;
  readonly netContent?: Quantity;
  readonly shelfLifeDays?: number;
  /** The decimal's text, at most three decimals. */
  readonly inputPerOutput?: string;
  readonly brand?: Text;
  readonly warnings?: Text;
  readonly storage?: Text;
  readonly standards?: readonly string[];
  readonly image?: Photo;
}

export interface CertificateCard {
  readonly kind: "certificate";
  readonly uri: string;
  readonly scheme: string;
  readonly number: string;
  readonly issuer: string;
  readonly holder: string;
  readonly validFrom: string;
  readonly validUntil?: string;
  readonly scope?: Text;
  readonly covers?: readonly string[];
  readonly legalBasis?: string;
}

export interface ListingCard {
  readonly kind: "listing";
  readonly uri: string;
  readonly product: string;
  readonly lots?: readonly string[];
  readonly title: Text;
  readonly priceDong: number;
  readonly pricePer: Quantity;
  readonly vatIncluded: boolean;
  readonly validFromMs: number;
  readonly validUntilMs: number;
  readonly stock: Quantity;
  readonly minOrder?: Quantity;
  readonly state: "active" | "withdrawn";
}

/**
 * Facts that were written elsewhere and are signed as they stand: a row that the ledger's side read from a sheet, an event of ours that is
 * declared wrong.
 */
export interface WrittenFacts {
  readonly kind: "written";
  /** One JSON object without `nguon:subjects`. */
  readonly json: string;
  readonly subjects: readonly string[];
  readonly act: Act;
}

export type Facts = EventFacts | OrganisationCard | PlotCard | ProductCard | CertificateCard | ListingCard | WrittenFacts;

export const eventUrn = (event: string): string => `urn:nguon:event:${event}`;
export const organisationUrn = (organisation: string): string => `urn:nguon:org:${organisation}`;

const GROWS: ReadonlySet<string> = new Set(["planting", "fertilising", "plant_protection", "irrigation", "harvesting"]);
const DIARY: ReadonlySet<string> = new Set([
  "planting",
  "fertilising",
  "plant_protection",
  "irrigation",
  "testing",
  "confirming",
  "waste",
]);

/** What the record is about, in the order of its handles. */
export function subjectsOf(facts: Facts): string[] {
  if (facts.kind === "written") return [...new Set(facts.subjects)];
  if (facts.kind === "listing") return [...new Set([facts.uri, ...(facts.lots ?? [])])];
  if (facts.kind !== "event") return [facts.uri];
  const { what, lot, step, place } = facts;
  const uris: string[] = [];
  if (what.type === "TransformationEvent") {
    uris.push(...what.inputs.map((one) => one.uri), ...what.outputs.map((one) => one.uri));
    if (what.process !== undefined) uris.push(what.process);
  } else if (what.type === "AggregationEvent") {
    uris.push(...what.contents.map((one) => one.uri));
    if (what.container !== undefined) uris.push(what.container);
  } else {
    uris.push(...what.objects.map((one) => one.uri));
  }
  uris.push(...(lot?.plots ?? []));
  if (place !== undefined && GROWS.has(step.key)) uris.push(place);
  return [...new Set(uris)];
}

/** The act that facts are signed as: the role of that name is what the key needs. */
export function actOf(facts: Facts): Act {
  if (facts.kind === "written") return facts.act;
  if (facts.kind === "plot") return "diary";
  if (facts.kind !== "event") return "commerce";
  if (DIARY.has(facts.step.key)) return "diary";
  if (facts.step.key === "inspecting") return "inspection";
  if (facts.step.key === "recall" || facts.step.key === "recall_ended") return "recall";
  return "lot";
}
