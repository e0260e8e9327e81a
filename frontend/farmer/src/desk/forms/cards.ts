/** Plots, products and papers: forms become cards. A later card on one URI replaces the earlier one, so changing is the same form. */

import { utf8 } from "../../../../verifier/src/core/bytes.ts";
import { SECTION } from "../../core/draft.ts";
import { type CertificateCard, type PlotCard, type ProductCard } from "../../core/facts.ts";
import { type PhotoFile } from "../../core/store.ts";
import { areaM2, feature, POINT_LIMIT_M2, readPlace, type Shape } from "../geo.ts";
import { some } from "../json.ts";
import { communeCode, type Commune } from "../communes.ts";
import { type Context, type Draft, Given, ownUri, type Read, slug, type Values } from "./given.ts";

export const GROWING = ["", "FIELD_GROWN", "GREENHOUSE", "ORGANIC", "INTEGRATED_PEST_MANAGEMENT", "HYDROPONIC", "SHADE_GROWN", "CONVENTIONAL", "SUSTAINABLE", "WILD"] as const;

/** The plot's own name in its address: letters and digits of its code, as they are. */
const plotName = (code: string): string => slug(code, 40);

export function readPlot(values: Values, context: Context, known: { readonly communes: readonly Commune[]; readonly uris: ReadonlySet<string>; readonly uri?: string }): Read<Draft> {
  const given = new Given(values);
  const code = given.text("code", 40);
  if (code !== "" && plotName(code) === "") given.fault("code", "fault.code");
  const uri = known.uri ?? ownUri(context, "plot", plotName(code));
  if (known.uri === undefined && known.uris.has(uri)) given.fault("code", "plots.taken", { code });
  const typedCommune = given.text("commune", 120);
  const commune = communeCode(typedCommune, known.communes);
  if (typedCommune !== "" && commune === undefined) given.fault("commune", "fault.commune");
  const shape = placeOf(given);
  const outline = shape === undefined ? undefined : areaM2(shape);
  const typedArea = given.optionalWhole("areaSquareMetres", 1, 100_000_000);
  const area = typedArea ?? outline;
  if (area === undefined) given.fault("areaSquareMetres", "fault.missing");
  if (shape?.kind === "point" && (area ?? 0) > POINT_LIMIT_M2) given.fault("place", "geo.point_too_coarse");
  const crop = given.prose("crop", 120);
  const placeName = given.optionalProse("placeName", 120);
  const method = given.one("growingMethod", GROWING);
  const cropCode = given.optional("cropCode", 40);
  const puc = given.optional("plantingAreaCode", 60);
  return given.read(() => {
    const facts: PlotCard = {
      kind: "plot",
      uri,
      code,
      commune: commune ?? "",
      areaM2: area ?? 0,
      crop,
      ...some("placeName", placeName),
      ...some("cropCode", cropCode),
      ...some("growingMethod", method === "" ? undefined : method),
      ...some("plantingAreaCode", puc),
    };
    return {
      facts,
      summary: { step: "plot", timeMs: context.nowMs, plot: uri, what: code },
      ...(shape === undefined ? {} : { private: [{ type: SECTION.places, payload: utf8(feature(shape)) }] }),
    };
  });
}

/** What was drawn, walked or pasted; one shape. */
function placeOf(given: Given): Shape | undefined {
  const text = given.values["place"] ?? "";
  if (text.trim() === "") return undefined;
  const read = readPlace(text);
  if (!read.ok) given.fault("place", read.fault.key, read.fault.values ?? {});
  else if (read.found.length > 1) given.fault("place", "geo.several_features", { n: read.found.length });
  else return read.found[0]?.shape;
  return undefined;
}

/** GS1's check digit (General Specifications 7.9): weights of three and one from the right. */
export function gtin(typed: string): string | undefined {
  const digits = typed.replace(/[\s-]/g, "");
  if (!/^(?:[0-9]{8}|[0-9]{12,14})$/.test(digits)) return undefined;
  const padded = digits.padStart(14, "0");
  const sum = [...padded].slice(0, 13).reduce((all, digit, at) => all + Number(digit) * (at % 2 === 0 ? 3 : 1), 0);
  return (10 - (sum % 10)) % 10 === Number(padded[13]) ? digits : undefined;
}

export const CATEGORIES = ["strawberry", "tomato", "potato", "sweet-potato", "artichoke", "coffee", "tea", "rice", "dragon-fruit", "vegetable", "fruit", "mushroom", "honey", "other"] as const;

export function readProduct(values: Values, context: Context, known: { readonly codes: ReadonlySet<string>; readonly uri?: string; readonly image?: Omit<PhotoFile, "sent"> }): Read<Draft> {
  const given = new Given(values);
  const code = given.text("code", 40);
  if (code !== "" && !/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/.test(code)) given.fault("code", "products.code");
  if (known.uri === undefined && known.codes.has(code)) given.fault("code", "products.taken", { code });
  const typed = given.optional("gtin", 20);
  const number = typed === undefined ? undefined : gtin(typed);
  if (typed !== undefined && number === undefined) given.fault("gtin", "products.gtin");
  const name = given.prose("name", 160);
  const unitName = given.prose("unitName", 40);
  const category = given.text("category", 40);
  const net = given.optionalQuantity("netContent", values["netContentUom"] ?? "KGM");
  const shelf = given.optionalWhole("shelfLifeDays", 1, 3_660);
  const ratio = given.optional("inputPerOutput", 12)?.replace(",", ".");
  if (ratio !== undefined && (!/^[0-9]{1,5}(?:\.[0-9]{1,3})?$/.test(ratio) || Number(ratio) <= 0)) given.fault("inputPerOutput", "products.ratio");
  const [brand, warnings, storage, description] = [given.optionalProse("brand", 120), given.optionalProse("warnings"), given.optionalProse("storage"), given.optionalProse("description")];
  const standards = given.many("standards", 20);
  return given.read(() => {
    const uri = known.uri ?? `https://${context.origin}/p/${code}`;
    const facts: ProductCard = {
      kind: "product",
      uri,
      code,
      name,
      category: slug(category),
      unitName,
      ...some("gtin", number),
      ...some("netContent", net),
      ...some("shelfLifeDays", shelf),
      // A JSON number has no zeros in front of it and none behind.
      ...some("inputPerOutput", ratio === undefined ? undefined : String(Number(ratio))),
      ...some("brand", brand),
      ...some("warnings", warnings),
      ...some("storage", storage),
      ...some("description", description),
      ...(standards.length === 0 ? {} : { standards }),
      ...(known.image === undefined ? {} : { image: { blake3: known.image.blake3, mediaType: known.image.mediaType } }),
    };
    return { facts, summary: { step: "product", timeMs: context.nowMs, what: name.vi }, ...(known.image === undefined ? {} : { photos: [known.image] }) };
  });
}

export const SCHEMES = ["vietgap", "globalgap", "organic", "ocop-3", "ocop-4", "ocop-5", "planting-area", "food-safety", "test-report", "self-declaration", "ocop-1", "ocop-2"] as const;

/** A file that stays with the co-operative: the record has its digest. */
export interface Attached {
  readonly blake3: string;
  readonly mediaType: string;
  readonly bytes: number;
  readonly name: string;
}

export function readCertificate(values: Values, context: Context, known: { readonly files?: readonly Attached[]; readonly uri?: string } = {}): Read<Draft> {
  const given = new Given(values);
  const own = given.optional("schemeOther", 60);
  const scheme = own === undefined ? given.text("scheme", 60) : slug(own, 60);
  if (scheme === "" || scheme === "other") given.fault(own === undefined ? "schemeOther" : "scheme", "fault.missing");
  const number = given.text("number", 120);
  const issuer = given.text("issuer", 160);
  const validFrom = given.day("validFrom");
  const validUntil = given.optionalDay("validUntil");
  if (validUntil !== undefined && validUntil < validFrom) given.fault("validUntil", "certificates.backwards");
  const scope = given.optionalProse("scope", 500);
  const covers = given.many("covers", 240);
  const basis = given.optional("legalBasis", 160);
  return given.read(() => {
    const uri = known.uri ?? ownUri(context, "certificate", `${slug(scheme, 24)}-${slug(number, 48) || String(context.nowMs)}`);
    const facts: CertificateCard = {
      kind: "certificate",
      uri,
      scheme,
      number,
      issuer,
      holder: context.organisationUri,
      validFrom,
      ...some("validUntil", validUntil),
      ...some("scope", scope),
      ...(covers.length === 0 ? {} : { covers }),
      ...some("legalBasis", basis),
    };
    const files = known.files ?? [];
    const manifest = JSON.stringify({ type: "nguon:Attachments", files });
    return { facts, summary: { step: "certificate", timeMs: context.nowMs, what: `${scheme} ${number}` }, ...(files.length === 0 ? {} : { private: [{ type: SECTION.files, payload: utf8(manifest) }] }) };
  });
}
