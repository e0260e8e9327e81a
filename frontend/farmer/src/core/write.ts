/**
 * Facts as strict EPCIS 2.0 JSON-LD: the bytes that are salted and signed. Key by key what `crates/epcis/src/event_write.rs` and
 * `cards.rs` write; the tests hold both to the same documents.
 */

import { type Bytes, utf8 } from "../../../verifier/src/core/bytes.ts";
import { eventTime } from "./calendar.ts";
import {
  type Amount,
  type CertificateCard,
  type EventFacts,
  type Facts,
  type ListingCard,
  type LotFacts,
  type OrganisationCard,
  type Photo,
  type PlotCard,
  type ProductCard,
  type Step,
  type What,
  type WrittenFacts,
} from "./facts.ts";
import { Writer } from "./json.ts";
import { type Quantity, toEpcis } from "./quantity.ts";

const EVENT_CONTEXT =
  '["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",{"cbvmda":"urn:epcglobal:cbv:mda:","gs1":"https://gs1.org/voc/","nguon":"urn:nguon:voc:"}]';
const CARD_CONTEXT = '{"gs1":"https://gs1.org/voc/","id":"@id","nguon":"urn:nguon:voc:","type":"@type"}';
const OWN_STEP = "urn:nguon:bizStep:";

/** The whole public section: the facts, and the subjects with the salts of their handles. */
export function writeFacts(facts: Facts, subjects: readonly { readonly uri: string; readonly salt: string }[]): Bytes {
  const named = subjects.map(({ uri, salt }) => new Writer().text("uri", uri).text("salt", salt));
  if (facts.kind === "written") return utf8(withSubjects(written(facts), new Writer().objects("nguon:subjects", named)));
  const out = facts.kind === "event" ? event(facts) : card(facts);
  return utf8(out.objects("nguon:subjects", named).finish());
}

/** The same without subjects: what a preflight asks about. */
export const writeDraft = (facts: Facts): string =>
  facts.kind === "written" ? written(facts) : (facts.kind === "event" ? event(facts) : card(facts)).finish();

/** The document as it was given, if it is one that subjects can be added to. */
function written({ json }: WrittenFacts): string {
  const document: unknown = JSON.parse(json);
  if (typeof document !== "object" || document === null || Array.isArray(document)) throw new TypeError("facts are one JSON object");
  if (["nguon:subjects", "urn:nguon:voc:subjects"].some((key) => key in document)) throw new TypeError("the facts name subjects already");
  return json.trim();
}

/** Puts the subjects before the last bracket; every other byte stays. */
function withSubjects(json: string, subjects: Writer): string {
  if (subjects.isEmpty) return json;
  const open = json.slice(0, -1).trimEnd();
  return `${open}${open === "{" ? "" : ","}${subjects.finish().slice(1)}`;
}

function event(facts: EventFacts): Writer {
  const out = new Writer().raw("@context", EVENT_CONTEXT).text("type", facts.what.type);
  out.text("eventID", facts.correction?.of ?? facts.id);
  out.text("eventTime", eventTime(facts.timeMs)).text("eventTimeZoneOffset", "+07:00");
  if (facts.correction !== undefined) {
    const { declaredMs, reason, correctives } = facts.correction;
    const declaration = new Writer().text("declarationTime", eventTime(declaredMs)).text("reason", reason);
    out.object("errorDeclaration", declaration.texts("correctiveEventIDs", correctives));
  }
  things(out, facts.what);
  step(out, facts);
  if (facts.place !== undefined) out.object("readPoint", new Writer().text("id", facts.place));
  if (facts.placeAfter !== undefined) out.object("bizLocation", new Writer().text("id", facts.placeAfter));
  const papers = (facts.papers ?? []).map(({ type, uri }) => new Writer().text("type", type).text("bizTransaction", uri));
  out.objects("bizTransactionList", papers);
  party(out, "sourceList", "source", facts.source);
  party(out, "destinationList", "destination", facts.destination);
  out.texts("certificationInfo", facts.certificates);
  const isAdded = facts.what.type === "TransformationEvent" || (facts.what.type === "ObjectEvent" && facts.what.action === "ADD");
  out.objectUnlessEmpty(isAdded ? "ilmd" : "nguon:lot", lot(facts.lot ?? {}));
  if (facts.part !== undefined) out.number("nguon:part", facts.part.number).number("nguon:parts", facts.part.of);
  const labels = (facts.labels ?? []).map((range) => new Writer().number("nguon:first", range.first).number("nguon:last", range.last));
  out.objects("nguon:labels", labels);
  out.truth("nguon:enteredForAnother", facts.forAnother === true ? true : undefined);
  out.prose("nguon:note", facts.note);
  return out.objects("nguon:photos", (facts.photos ?? []).map(photo));
}

function things(out: Writer, what: What): void {
  switch (what.type) {
    case "ObjectEvent":
      out.text("action", what.action);
      amounts(out, "epcList", "quantityList", what.objects);
      if (what.objects.length === 0) out.raw("epcList", "[]");
      break;
    case "TransformationEvent":
      out.text("transformationID", what.process);
      amounts(out, "inputEPCList", "inputQuantityList", what.inputs);
      amounts(out, "outputEPCList", "outputQuantityList", what.outputs);
      break;
    case "AggregationEvent":
      out.text("action", what.action).text("parentID", what.container);
      amounts(out, "childEPCs", "childQuantityList", what.contents);
  }
}

/** Lots and products are classes of many pieces (`epcClass`); pallets, plots and whatever else has a URI are one thing. */
const isClass = (uri: string): boolean => /\/01\/[0-9]{8,14}(?:\/(?!21\/)|$)/.test(uri) || /\/p\/[a-z0-9-]+\/l\/[^/]+$/.test(uri);

function amounts(out: Writer, instances: string, classes: string, all: readonly Amount[]): void {
  const single = all.filter((one) => one.quantity === undefined && !isClass(one.uri));
  out.texts(instances, [...new Set(single.map((one) => one.uri))]);
  out.objects(classes, all.filter((one) => one.quantity !== undefined || isClass(one.uri)).map(counted));
}

function counted({ uri, quantity }: Amount): Writer {
  const out = new Writer().text("epcClass", uri);
  if (quantity === undefined) return out;
  const { decimal, uom } = toEpcis(quantity);
  return out.raw("quantity", decimal).text("uom", uom);
}

/** `bizStep` and `disposition`, as far as CBV has words (CBV 2.0, sections 7.1 and 7.2). */
const WORDS: Readonly<Record<string, readonly [string | undefined, string | undefined]>> = {
  cooling: [`${OWN_STEP}cooling`, "in_progress"],
  handling: [`${OWN_STEP}handling`, "in_progress"],
  sorting: [`${OWN_STEP}sorting`, "active"],
  harvesting: ["creating_class_instance", "active"],
  packing: ["creating_class_instance", "active"],
  processing: ["creating_class_instance", "active"],
  sampling: ["sampling", "destroyed"],
  aggregating: ["packing", "in_progress"],
  disaggregating: ["unpacking", "in_progress"],
  encoding: ["encoding", "encoded"],
  commissioning: ["commissioning", "active"],
  decommissioning: ["decommissioning", "inactive"],
  shipping: ["shipping", "in_transit"],
  transporting: ["transporting", "in_transit"],
  receiving: ["receiving", "in_progress"],
  storing: ["storing", "sellable_not_accessible"],
  selling: ["retail_selling", "retail_sold"],
  returning: ["receiving", "returned"],
  recall: ["holding", "recalled"],
  destroying: ["destroying", "destroyed"],
};

function words(step: Step): readonly [string | undefined, string | undefined] {
  if (step.key === "inspecting") {
    return ["inspecting", step.conformant === undefined ? "in_progress" : step.conformant ? "conformant" : "non_conformant"];
  }
  return WORDS[step.key] ?? [`${OWN_STEP}${step.key}`, undefined];
}

/** What a reader takes `creating_class_instance` for when nothing else is said. */
function created(what: What): string {
  if (what.type !== "TransformationEvent" || what.inputs.length === 0) return "harvesting";
  const isCounted = (one: Amount) => one.quantity?.unit === "piece";
  const packs = what.outputs.length > 0 && what.outputs.every(isCounted);
  const loose = what.inputs.some((one) => one.quantity !== undefined && !isCounted(one));
  return packs && loose ? "packing" : "processing";
}

function step(out: Writer, { step, what }: EventFacts): void {
  const [word, disposition] = words(step);
  out.text("bizStep", word).text("disposition", disposition);
  // Only objects and transformations may carry a persistent disposition (EPCIS 2.0, section 7.3.5).
  if (what.type !== "AggregationEvent" && (step.key === "recall" || step.key === "recall_ended")) {
    out.object("persistentDisposition", new Writer().texts(step.key === "recall" ? "set" : "unset", ["recalled"]));
  }
  const ambiguous = word === "creating_class_instance" ? created(what) : word === "packing" && what.type !== "AggregationEvent" ? "packing" : step.key;
  if (ambiguous !== step.key) out.text("nguon:step", `${OWN_STEP}${step.key}`);
  switch (step.key) {
    case "planting":
      out.text("nguon:cropCode", step.crop).text("nguon:variety", step.variety).text("nguon:seedOrigin", step.seedOrigin);
      break;
    case "fertilising":
      out.text("nguon:inputName", step.input).text("nguon:dose", step.dose);
      break;
    case "plant_protection":
      out.text("nguon:inputName", step.input).text("nguon:activeSubstance", step.activeSubstance).text("nguon:dose", step.dose);
      out.text("nguon:target", step.target).number("nguon:areaSquareMetres", step.areaM2);
      out.number("nguon:preHarvestIntervalDays", step.phiDays);
      break;
    case "irrigation":
      out.text("nguon:waterSource", step.water);
      break;
    case "waste":
      out.text("nguon:collected", step.collected);
      break;
    case "confirming":
      out.texts("nguon:confirms", step.events);
      break;
    case "testing":
      out.text("nguon:tested", step.tested).truth("nguon:conformant", step.conformant);
      break;
    case "recall":
    case "recall_ended":
      out.prose("nguon:reason", step.reason);
  }
}

function party(out: Writer, list: string, key: string, uri: string | undefined): void {
  if (uri !== undefined) out.objects(list, [new Writer().text("type", "owning_party").text(key, uri)]);
}

function lot(facts: LotFacts): Writer {
  const out = new Writer().text("cbvmda:lotNumber", facts.number);
  out.text("cbvmda:harvestStartDate", facts.harvestFrom).text("cbvmda:harvestEndDate", facts.harvestUntil);
  out.text("cbvmda:bestBeforeDate", facts.bestBefore).text("cbvmda:itemExpirationDate", facts.useBy);
  out.text("cbvmda:countryOfOrigin", facts.countryOfOrigin).text("cbvmda:growingMethodCode", facts.growingMethod);
  out.text("gs1:productionDate", facts.producedOn).text("nguon:product", facts.product);
  return out.texts("nguon:plots", facts.plots);
}

function photo(one: Photo): Writer {
  return new Writer().text("nguon:blake3", one.blake3).text("nguon:mediaType", one.mediaType).prose("nguon:caption", one.caption);
}

function quantity(out: Writer, key: string, value: Quantity | undefined): void {
  if (value === undefined) return;
  const { decimal, uom } = toEpcis(value);
  out.object(key, new Writer().raw("nguon:value", decimal).text("nguon:uom", uom));
}

type Card = Exclude<Facts, EventFacts | WrittenFacts>;

function card(facts: Card): Writer {
  const out = new Writer().raw("@context", CARD_CONTEXT);
  switch (facts.kind) {
    case "organisation":
      return organisation(out, facts);
    case "plot":
      return plot(out, facts);
    case "product":
      return product(out, facts);
    case "certificate":
      return certificate(out, facts);
    case "listing":
      return listing(out, facts);
  }
}

function organisation(out: Writer, facts: OrganisationCard): Writer {
  out.text("type", "nguon:Organisation").text("id", facts.uri).prose("nguon:name", facts.name).text("nguon:kind", facts.sort);
  out.prose("nguon:address", facts.address).text("nguon:commune", facts.commune);
  const identifiers = (facts.identifiers ?? []).map(({ scheme, value }) => new Writer().text("nguon:scheme", scheme).text("nguon:value", value));
  return out.objects("nguon:identifiers", identifiers).text("nguon:hotline", facts.hotline).text("nguon:website", facts.website);
}

function plot(out: Writer, facts: PlotCard): Writer {
  out.text("type", "nguon:Plot").text("id", facts.uri).text("nguon:code", facts.code).text("nguon:commune", facts.commune);
  out.prose("nguon:placeName", facts.placeName).number("nguon:areaSquareMetres", facts.areaM2).prose("nguon:crop", facts.crop);
  out.text("nguon:cropCode", facts.cropCode).text("nguon:growingMethod", facts.growingMethod);
  return out.text("nguon:plantingAreaCode", facts.plantingAreaCode);
}

function product(out: Writer, facts: ProductCard): Writer {
  out.text("type", "nguon:Product").text("id", facts.uri).text("nguon:code", facts.code).text("gs1:gtin", facts.gtin);
  out.prose("nguon:name", facts.name).text("nguon:category", facts.category).prose("nguon:description", facts.description);
  out.prose("nguon:unitName", facts.unitName);
  quantity(out, "nguon:netContent", facts.netContent);
  out.number("nguon:shelfLifeDays", facts.shelfLifeDays);
  if (facts.inputPerOutput !== undefined) out.raw("nguon:inputPerOutput", facts.inputPerOutput);
  out.prose("nguon:brand", facts.brand).prose("nguon:warnings", facts.warnings).prose("nguon:storage", facts.storage);
  out.texts("nguon:standards", facts.standards);
  if (facts.image !== undefined) out.object("nguon:image", photo(facts.image));
  return out;
}

function certificate(out: Writer, facts: CertificateCard): Writer {
  out.text("type", "nguon:Certificate").text("id", facts.uri).text("nguon:scheme", facts.scheme).text("nguon:number", facts.number);
  out.text("nguon:issuer", facts.issuer).text("nguon:holder", facts.holder).text("nguon:validFrom", facts.validFrom);
  out.text("nguon:validUntil", facts.validUntil).prose("nguon:scope", facts.scope).texts("nguon:covers", facts.covers);
  return out.text("nguon:legalBasis", facts.legalBasis);
}

function listing(out: Writer, facts: ListingCard): Writer {
  out.text("type", "nguon:Listing").text("id", facts.uri).text("nguon:product", facts.product).texts("nguon:lots", facts.lots);
  out.prose("nguon:title", facts.title).number("nguon:priceDong", facts.priceDong);
  quantity(out, "nguon:pricePer", facts.pricePer);
  out.truth("nguon:vatIncluded", facts.vatIncluded).text("nguon:validFrom", eventTime(facts.validFromMs));
  out.text("nguon:validUntil", eventTime(facts.validUntilMs));
  quantity(out, "nguon:stock", facts.stock);
  quantity(out, "nguon:minOrder", facts.minOrder);
  return out.text("nguon:state", facts.state);
}
