/** Products and papers. */

import { fileDigest } from "../../core/digests.ts";

import { type Desk, type Screen } from "../desk.ts";
import { button, type Child, facts, h, mark, notice, type Tone } from "../dom.ts";
import { drawer } from "../drawer.ts";
import { form } from "../formview.ts";
import { type Draft } from "../forms/given.ts";
import { type Attached, CATEGORIES, readCertificate, readProduct, SCHEMES } from "../forms/cards.ts";
import { dayAfter, vietnamDay } from "../../core/calendar.ts";
import { measuredQuantity, prose, string, strings } from "../json.ts";
import { shrink } from "../picture.ts";
import { sign } from "../signing.ts";
import { table } from "../table.ts";
import { cardValues, nameOf, type Thing } from "../things.ts";
import { amount, day, either, named, say } from "../words.ts";
import { contextOf } from "./plots.ts";

const net = (thing: Thing): string => amount(measuredQuantity(thing.state["nguon:netContent"]), say("uom.piece")) || "–";

export const products: Screen = {
  title: "products",
  async draw(desk, argument) {
    const all = await desk.things("product");
    if (argument === "new") queueMicrotask(() => void editProduct(desk, all));
    const unit = (one: Thing): string => either(prose(one.state["nguon:unitName"]));
    return [
      h("div", { class: "head" }, h("h1", { tabindex: "-1" }, say("products")), desk.may("commerce") && button(say("products.new"), () => editProduct(desk, all), "primary", { "data-key": "n" })),
      table<Thing>({
        label: say("products"),
        rows: all,
        text: (one) => `${nameOf(one)} ${string(one.state["nguon:code"]) ?? ""} ${string(one.state["gs1:gtin"]) ?? ""}`,
        ...(desk.may("commerce") ? { open: (one: Thing) => void editProduct(desk, all, one) } : {}),
        empty: say("products.none"),
        columns: [
          { title: say("products.name"), by: nameOf, cell: nameOf },
          { title: say("products.code.title"), by: (one) => string(one.state["nguon:code"]) ?? "", cell: (one) => h("code", {}, string(one.state["nguon:code"]) ?? "") },
          { title: say("products.gtin.title"), by: (one) => string(one.state["gs1:gtin"]) ?? "", cell: (one) => string(one.state["gs1:gtin"]) ?? say("products.nogtin") },
          { title: say("products.unit"), cell: unit },
          { title: say("products.net"), isNumber: true, cell: net },
          { title: say("products.shelf"), isNumber: true, cell: (one) => (one.state["nguon:shelfLifeDays"] === undefined ? "–" : say("days", { n: Number(one.state["nguon:shelfLifeDays"]) })) },
        ],
      }),
    ];
  },
};

async function editProduct(desk: Desk, all: readonly Thing[], product?: Thing): Promise<void> {
  const values = product === undefined ? { netContentUom: "KGM", category: "vegetable" } : cardValues(product.state);
  await drawer(product === undefined ? say("products.new") : say("edit.of", { name: nameOf(product) }), (close) =>
    form<Draft>({
      submit: say("look"),
      values: { ...values, ...(values["inputPerOutput"] === undefined ? {} : { inputPerOutput: values["inputPerOutput"].replace(".", ",") }) },
      fields: [
        { name: "name", label: say("products.name"), required: true, maxlength: 160 },
        { name: "nameEn", label: say("english"), beside: true, maxlength: 160 },
        { name: "code", label: say("products.code.title"), required: true, isFixed: product !== undefined, help: say("products.code.help"), maxlength: 40 },
        { name: "gtin", label: say("products.gtin.title"), beside: true, help: say("products.gtin.help"), maxlength: 20 },
        { name: "category", label: say("products.category"), kind: "select", options: CATEGORIES.map((value) => ({ value, label: named("category", value) })) },
        { name: "unitName", label: say("products.unit"), required: true, beside: true, help: say("products.unit.help"), maxlength: 40 },
        { name: "netContent", label: say("products.net"), kind: "decimal", maxlength: 20 },
        { name: "netContentUom", label: say("unit"), kind: "select", beside: true, options: ["KGM", "LTR", ""].map((value) => ({ value, label: named("uom", value === "" ? "piece" : value) })) },
        { name: "shelfLifeDays", label: say("products.shelf.field"), kind: "number", maxlength: 6 },
        { name: "inputPerOutput", label: say("products.ratio.field"), kind: "decimal", beside: true, help: say("products.ratio.help"), maxlength: 12 },
        { name: "brand", label: say("products.brand"), maxlength: 120 },
        { name: "storage", label: say("products.storage"), beside: true, maxlength: 1_000 },
        { name: "description", label: say("products.description"), kind: "long", maxlength: 1_000 },
        { name: "warnings", label: say("products.warnings"), kind: "long", maxlength: 1_000 },
        { name: "standards", label: say("products.standards"), kind: "long", help: say("products.standards.help") },
        { name: "image", label: say("products.image"), kind: "file", accept: "image/*", help: say("products.image.help") },
      ],
      read: async (given, files) => {
        const [file] = files.get("image") ?? [];
        const image = file === undefined ? undefined : await shrink(file);
        if (file !== undefined && image === undefined) return { ok: false, faults: { image: { key: "picture.none" } } };
        // A picture that was there stays, unless another takes its place.
        const before = product?.state["nguon:image"];
        const draft = readProduct(given, contextOf(desk), { codes: new Set(all.map((one) => string(one.state["nguon:code"]) ?? "")), ...(product === undefined ? {} : { uri: product.uri }), ...(image === undefined ? {} : { image }) });
        const { "nguon:blake3": blake3, "nguon:mediaType": mediaType } = (before ?? {}) as Record<string, unknown>;
        if (draft.ok && image === undefined && typeof blake3 === "string" && typeof mediaType === "string" && draft.value.facts.kind === "product") {
          return { ok: true, value: { ...draft.value, facts: { ...draft.value.facts, image: { blake3, mediaType } } } };
        }
        return draft;
      },
      done: async (draft) => {
        const card = draft.facts;
        if (card.kind !== "product") return;
        const shown = facts([say("products.name"), card.name.vi], [say("english"), card.name.en ?? ""], [say("products.code.title"), card.code], [say("products.gtin.title"), card.gtin ?? say("products.nogtin")], [say("products.unit"), card.unitName.vi], [say("products.description"), card.description?.vi ?? ""]);
        if ((await sign(desk, say("sign.product"), [draft], shown)) === undefined) return;
        close();
        await desk.show();
      },
    }),
  );
}

// Papers.

/** How a paper stands on a day. */
export function paperState(thing: Thing, today: string): readonly [Tone, string] {
  const until = string(thing.state["nguon:validUntil"]);
  const from = string(thing.state["nguon:validFrom"]) ?? "";
  if (from > today) return ["wait", "certificates.later"];
  if (until === undefined) return ["good", "certificates.good"];
  if (until < today) return ["gone", "certificates.ended"];
  return until <= dayAfter(today, 30) ? ["doubt", "certificates.soon"] : ["good", "certificates.good"];
}

export const certificates: Screen = {
  title: "certificates",
  async draw(desk, argument) {
    const [all, plotThings, productThings] = await Promise.all([desk.things("certificate"), desk.things("plot"), desk.things("product")]);
    const covered = new Map([...plotThings, ...productThings].map((one) => [one.uri, nameOf(one)]));
    const today = vietnamDay(desk.clock.now());
    if (argument === "new") queueMicrotask(() => void editPaper(desk, covered));
    const state = (one: Thing): Child => {
      const [tone, key] = paperState(one, today);
      return mark(tone, say(key));
    };
    const covers = (one: Thing): string => {
      const uris = strings(one.state["nguon:covers"]);
      return uris.length === 0 ? say("certificates.all") : uris.length > 3 ? say("certificates.some", { n: uris.length }) : uris.map((uri) => covered.get(uri) ?? nameOf(undefined, uri)).join(", ");
    };
    return [
      h("div", { class: "head" }, h("h1", { tabindex: "-1" }, say("certificates")), desk.may("commerce") && button(say("certificates.new"), () => editPaper(desk, covered), "primary", { "data-key": "n" })),
      h("p", { class: "small" }, say("certificates.lead")),
      table<Thing>({
        label: say("certificates"),
        rows: all,
        text: (one) => `${nameOf(one)} ${string(one.state["nguon:issuer"]) ?? ""} ${covers(one)}`,
        ...(desk.may("commerce") ? { open: (one: Thing) => void editPaper(desk, covered, one) } : {}),
        empty: say("certificates.none"),
        columns: [
          { title: say("certificates.scheme"), by: (one) => string(one.state["nguon:scheme"]) ?? "", cell: (one) => named("scheme", string(one.state["nguon:scheme"]) ?? "") },
          { title: say("certificates.number"), by: (one) => string(one.state["nguon:number"]) ?? "", cell: (one) => string(one.state["nguon:number"]) ?? "" },
          { title: say("certificates.issuer"), by: (one) => string(one.state["nguon:issuer"]) ?? "", cell: (one) => string(one.state["nguon:issuer"]) ?? "" },
          { title: say("certificates.covers"), cell: covers },
          { title: say("certificates.until"), by: (one) => string(one.state["nguon:validUntil"]) ?? "9999", cell: (one) => (string(one.state["nguon:validUntil"]) === undefined ? say("certificates.noend") : day(string(one.state["nguon:validUntil"]) ?? "")) },
          { title: say("state"), cell: state },
        ],
      }),
    ];
  },
};

async function editPaper(desk: Desk, covered: ReadonlyMap<string, string>, paper?: Thing): Promise<void> {
  const scheme = string(paper?.state["nguon:scheme"]);
  const isKnown = scheme === undefined || (SCHEMES as readonly string[]).includes(scheme);
  const values = paper === undefined ? { scheme: "vietgap" } : { ...cardValues(paper.state), ...(isKnown ? {} : { scheme: "other", schemeOther: scheme ?? "" }) };
  await drawer(paper === undefined ? say("certificates.new") : say("edit.of", { name: nameOf(paper) }), (close) =>
    form<Draft>({
      submit: say("look"),
      values,
      fields: [
        { name: "scheme", label: say("certificates.scheme"), kind: "select", options: [...SCHEMES, "other"].map((value) => ({ value, label: named("scheme", value) })) },
        { name: "schemeOther", label: say("certificates.schemeother"), beside: true, maxlength: 60 },
        { name: "number", label: say("certificates.number"), required: true, maxlength: 120 },
        { name: "issuer", label: say("certificates.issuer"), required: true, beside: true, maxlength: 160 },
        { name: "validFrom", label: say("certificates.from"), kind: "date", required: true },
        { name: "validUntil", label: say("certificates.until"), kind: "date", beside: true, help: say("certificates.until.help") },
        { name: "covers", label: say("certificates.covers"), kind: "pick", help: say("certificates.covers.help"), options: [...covered].map(([value, label]) => ({ value, label })) },
        { name: "scope", label: say("certificates.scope"), kind: "long", maxlength: 500 },
        { name: "legalBasis", label: say("certificates.basis"), help: say("certificates.basis.help"), maxlength: 160 },
        { name: "files", label: say("certificates.files"), kind: "file", accept: "application/pdf,image/*", help: say("certificates.files.help") },
      ],
      changed: (given, whole) => whole.querySelector('[data-field="schemeOther"]')?.toggleAttribute("hidden", given["scheme"] !== "other"),
      read: async (given, files) => {
        const attached: Attached[] = [];
        for (const file of (files.get("files") ?? []).slice(0, 20)) {
          if (file.size > 64 << 20) return { ok: false, faults: { files: { key: "certificates.toolarge" } } };
          attached.push({ blake3: fileDigest(new Uint8Array(await file.arrayBuffer())), mediaType: file.type || "application/octet-stream", bytes: file.size, name: file.name.slice(0, 200) });
        }
        const { schemeOther: _other, ...rest } = given;
        return readCertificate(given["scheme"] === "other" ? given : rest, contextOf(desk), { files: attached, ...(paper === undefined ? {} : { uri: paper.uri }) });
      },
      done: async (draft) => {
        const card = draft.facts;
        if (card.kind !== "certificate") return;
        const uris = card.covers ?? [];
        const manifest = draft.private?.[0] === undefined ? [] : (JSON.parse(new TextDecoder().decode(draft.private[0].payload)) as { files: Attached[] }).files;
        const shown = [
          facts(
            [say("certificates.scheme"), named("scheme", card.scheme)],
            [say("certificates.number"), card.number],
            [say("certificates.issuer"), card.issuer],
            [say("certificates.from"), day(card.validFrom)],
            [say("certificates.until"), card.validUntil === undefined ? say("certificates.noend") : day(card.validUntil)],
            [say("certificates.covers"), uris.length === 0 ? say("certificates.all") : uris.map((uri) => covered.get(uri) ?? uri).join(", ")],
            ...manifest.map((file): [string, Child] => [file.name, h("code", { class: "whole" }, file.blake3)]),
          ),
          manifest.length > 0 && notice("note", say("certificates.kept")),
        ];
        if ((await sign(desk, say("sign.certificate"), [draft], shown)) === undefined) return;
        close();
        await desk.show();
      },
    }),
  );
}

