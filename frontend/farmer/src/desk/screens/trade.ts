/** Labels and their codes, offers, recalls, inspections. */

import { dayAfter, vietnamDay } from "../../core/calendar.ts";
import { type Desk, type Screen } from "../desk.ts";
import { button, type Child, facts, h, mark, notice } from "../dom.ts";
import { drawer, tell } from "../drawer.ts";
import { form } from "../formview.ts";
import { type Draft } from "../forms/given.ts";
import { countOf, type LabelledLot, type Labelling, readLabels, shownRanges } from "../forms/lots.ts";
import { listingOf, readListing, readRecall, withdrawn } from "../forms/offers.ts";
import { type Json, measuredQuantity, object, objects, quantity, some, string, strings, whole } from "../json.ts";
import { lotName, lotsField } from "../lotsfield.ts";
import { sign } from "../signing.ts";
import { table } from "../table.ts";
import { cardValues, type LotView, nameOf, readRanges, type Thing, typed } from "../things.ts";
import { amount, count, day, either, moment, say } from "../words.ts";
import { save } from "./entries.ts";
import { statusMark } from "./lots.ts";
import { pageOf } from "./overview.ts";
import { contextOf } from "./plots.ts";

const labelsOf = (lot: LotView): LabelledLot => {
  const all = object(lot.thing.state["labels"]);
  return { ...lotName(lot), printed: readRanges(all["printed"]), active: readRanges(all["active"]), void: readRanges(all["void"]), ...some("product", lot.product), ...some("bestBefore", lot.bestBefore) };
};

export const labels: Screen = {
  title: "labels",
  async draw(desk, argument) {
    const [all, productThings] = await Promise.all([desk.lots(), desk.things("product")]);
    const names = new Map(productThings.map((one) => [one.uri, nameOf(one)]));
    const chosen = all.find((one) => one.uri === argument);
    if (chosen !== undefined) return one(desk, chosen, names);
    return [
      h("h1", { tabindex: "-1" }, say("labels")),
      h("p", { class: "small" }, say("labels.lead")),
      table<LotView>({
        label: say("labels"),
        rows: all,
        text: (lot) => `${lot.number} ${names.get(lot.product ?? "") ?? ""}`,
        open: (lot) => desk.go(`labels/${encodeURIComponent(lot.uri)}`),
        empty: say("lots.none"),
        columns: [
          { title: say("lots.number.title"), by: (lot) => lot.number, cell: (lot) => lot.number },
          { title: say("lots.product.title"), by: (lot) => names.get(lot.product ?? "") ?? "", cell: (lot) => names.get(lot.product ?? "") ?? "" },
          ...(["printed", "active", "void"] as const).map((which) => ({ title: say(`labels.${which}.title`), isNumber: true, by: (lot: LotView) => countOf(labelsOf(lot)[which]), cell: (lot: LotView) => count(countOf(labelsOf(lot)[which])) })),
          { title: say("state"), cell: statusMark },
        ],
      }),
    ];
  },
};

function one(desk: Desk, lot: LotView, names: ReadonlyMap<string, string>): Child {
  const all = labelsOf(lot);
  const next = (all.printed.at(-1)?.last ?? 0) + 1;
  const packs = lot.made?.unit === "piece" ? Number(lot.made.amount) : undefined;
  const download = async (press: HTMLButtonElement): Promise<void> => {
    press.disabled = true;
    try {
      save(`tem-${lot.number}.csv`, await desk.file(`/api/v1/serials${lot.thing.path ?? ""}`), "text/csv");
    } catch (error) {
      await tell(say("labels.codes"), desk.failure(error));
    } finally {
      press.disabled = false;
    }
  };
  const codes = h("button", { type: "button", class: "second", disabled: all.printed.length === 0 || lot.thing.path === undefined }, say("labels.codes"));
  codes.addEventListener("click", () => void download(codes));
  const act = (labelling: Labelling, suggestion: string) => button(say(`labels.${labelling}`), () => labelling_(desk, labelling, all, suggestion), labelling === "void" ? "danger" : "second");
  return [
    h("div", { class: "head" }, h("h1", { tabindex: "-1" }, say("labels.of", { n: lot.number })), pageOf(lot.thing.path, say("lots.page.see"))),
    h("p", { class: "lead" }, names.get(lot.product ?? "") ?? ""),
    h(
      "section",
      {},
      facts([say("labels.printed.title"), shownRanges(all.printed) || "–"], [say("labels.active.title"), shownRanges(all.active) || "–"], [say("labels.void.title"), shownRanges(all.void) || "–"]),
      packs !== undefined && countOf(all.active) > packs && notice("doubt", say("labels.more", { n: countOf(all.active), packs })),
      desk.may("lot") && h("div", { class: "buttons" }, act("print", packs === undefined || packs < next ? `${next}-` : `${next}-${packs}`), act("activate", shownRanges(all.printed).replaceAll("–", "-")), act("void", "")),
    ),
    h("section", {}, h("h2", {}, say("labels.codes.title")), h("p", {}, say("labels.codes.text")), h("div", { class: "buttons" }, codes), h("p", { class: "small" }, say("labels.cli")), h("pre", {}, `nguon label ${lot.thing.path ?? ""} --sheet a4-3x8 -o tem-${lot.number}.pdf`)),
  ];
}

async function labelling_(desk: Desk, labelling: Labelling, lot: LabelledLot, suggestion: string): Promise<void> {
  await drawer(say(`labels.${labelling}`), (close) => [
    h("p", {}, say(`labels.${labelling}.text`)),
    form<Draft>({
      submit: say("look"),
      values: { labels: suggestion },
      fields: [
        { name: "labels", label: say("labels.numbers"), required: true, help: say("labels.field.help"), maxlength: 2_000 },
        ...(labelling === "void" ? [{ name: "note", label: say("note.public"), kind: "long" as const, maxlength: 500 }] : []),
      ],
      read: (values) => readLabels(labelling, values, contextOf(desk), lot),
      done: async (draft) => {
        const all = draft.facts.kind === "event" ? (draft.facts.labels ?? []) : [];
        if ((await sign(desk, say(`labels.${labelling}`), [draft], facts([say("lots"), lot.number], [say("labels.numbers"), shownRanges(all)], [say("labels.count"), count(countOf(all))]))) === undefined) return;
        close();
        await desk.show();
      },
    }),
  ]);
}

// Offers.

const price = (thing: Thing): number => whole(thing.state["nguon:priceDong"]) ?? 0;
const per = (thing: Thing): string => {
  const { pricePer = "", pricePerUom = "" } = cardValues(thing.state);
  return `${pricePer === "1" ? "" : `${pricePer} `}${say(`uom.${pricePerUom === "" ? "piece" : pricePerUom}`)}`;
};
const validUntil = (thing: Thing): number => Date.parse(string(thing.state["nguon:validUntil"]) ?? "");

export const listings: Screen = {
  title: "listings",
  async draw(desk, argument) {
    const [laid, productThings, lots] = await Promise.all([desk.things("listing"), desk.things("product"), desk.lots()]);
    // What stands longest comes first.
    const all = [...laid].sort((a, b) => (validUntil(b) || 0) - (validUntil(a) || 0));
    const products = new Map(productThings.map((one) => [one.uri, nameOf(one)]));
    const [what, ...rest] = argument.split("/");
    if (what === "new") queueMicrotask(() => void edit(desk, products, lots, undefined, rest.join("/")));
    const nowMs = desk.clock.now();
    const state = (thing: Thing): Child => (thing.state["nguon:state"] === "withdrawn" ? mark("gone", say("listings.withdrawn")) : validUntil(thing) < nowMs ? mark("gone", say("listings.ended")) : mark("good", say("listings.active")));
    return [
      h("div", { class: "head" }, h("h1", { tabindex: "-1" }, say("listings")), desk.may("commerce") && button(say("listings.new"), () => edit(desk, products, lots), "primary", { "data-key": "n" })),
      h("p", { class: "small" }, say("listings.lead")),
      table<Thing>({
        label: say("listings"),
        rows: all,
        text: (one) => `${nameOf(one)} ${products.get(string(one.state["nguon:product"]) ?? "") ?? ""}`,
        ...(desk.may("commerce") ? { open: (one: Thing) => void show(desk, products, lots, one) } : {}),
        empty: say("listings.none"),
        columns: [
          { title: say("listings.title"), by: nameOf, cell: nameOf },
          { title: say("listings.price"), isNumber: true, by: price, cell: (one) => `${count(price(one))} ₫ / ${per(one)}` },
          { title: say("listings.stock"), isNumber: true, by: (one) => measuredQuantity(one.state["nguon:stock"])?.amount ?? 0n, cell: (one) => amount(measuredQuantity(one.state["nguon:stock"]), say("uom.piece")) },
          { title: say("listings.lots"), isNumber: true, cell: (one) => String(strings(one.state["nguon:lots"]).length) },
          { title: say("certificates.until"), by: validUntil, cell: (one) => (Number.isNaN(validUntil(one)) ? "–" : day(vietnamDay(validUntil(one)))) },
          { title: say("state"), cell: state },
        ],
      }),
    ];
  },
};

async function show(desk: Desk, products: ReadonlyMap<string, string>, lots: readonly LotView[], listing: Thing): Promise<void> {
  const isOpen = listing.state["nguon:state"] !== "withdrawn";
  const next = await drawer<"edit" | "withdraw">(nameOf(listing), (close) => [
    facts([say("lots.product.title"), products.get(string(listing.state["nguon:product"]) ?? "") ?? ""], [say("listings.price"), `${count(price(listing))} ₫ / ${per(listing)}`], [say("listings.until"), Number.isNaN(validUntil(listing)) ? "" : moment(validUntil(listing))], [say("listings.lots"), h("ul", {}, ...strings(listing.state["nguon:lots"]).map((uri) => h("li", {}, lots.find((lot) => lot.uri === uri)?.number ?? nameOf(undefined, uri))))]),
    h("div", { class: "buttons" }, button(say("edit"), () => close("edit"), "primary"), isOpen && button(say("listings.withdraw"), () => close("withdraw"), "danger")),
    h("p", { class: "small" }, say("listings.withdraw.text")),
  ]);
  if (next === "edit") return edit(desk, products, lots, listing);
  if (next !== "withdraw") return;
  const card = listingOf(listing.uri, cardValues(listing.state));
  if (!card.ok) return tell(say("listings.withdraw"), notice("doubt", say("listings.unreadable")));
  if ((await sign(desk, say("listings.withdraw"), [withdrawn(card.value, contextOf(desk))], facts([say("listings.title"), nameOf(listing)]))) !== undefined) await desk.show();
}

async function edit(desk: Desk, products: ReadonlyMap<string, string>, lots: readonly LotView[], listing?: Thing, first = ""): Promise<void> {
  const today = vietnamDay(desk.clock.now());
  const lot = lots.find((one) => one.uri === first);
  const uom = lot?.left === undefined ? "KGM" : lot.left.unit === "piece" ? "" : lot.left.unit === "gram" ? "KGM" : "LTR";
  const from = listing === undefined ? {} : cardValues(listing.state);
  const days = (name: string): string => (Number.isNaN(Date.parse(from[name] ?? "")) ? "" : vietnamDay(Date.parse(from[name] ?? "")));
  const values = listing === undefined
    ? { pricePer: "1", pricePerUom: uom, stockUom: uom, minOrderUom: uom, vatIncluded: "yes", validFrom: today, validUntil: dayAfter(today, 30), product: lot?.product ?? [...products.keys()][0] ?? "", title: products.get(lot?.product ?? "") ?? "", lots: first, ...(lot?.left === undefined ? {} : { stock: typed(lot.left) }) }
    : { ...from, vatIncluded: from["vatIncluded"] === "true" ? "yes" : "", validFrom: days("validFrom"), validUntil: days("validUntil") };
  const units = ["KGM", "", "LTR"].map((value) => ({ value, label: say(`uom.${value === "" ? "piece" : value}`) }));
  await drawer(listing === undefined ? say("listings.new") : say("edit.of", { name: nameOf(listing) }), (close) =>
    form<Draft>({
      submit: say("look"),
      values,
      fields: [
        { name: "title", label: say("listings.title"), required: true, maxlength: 160 },
        { name: "titleEn", label: say("english"), beside: true, maxlength: 160 },
        { name: "product", label: say("lots.product.title"), kind: "select", options: [...products].map(([value, label]) => ({ value, label })) },
        { name: "priceDong", label: say("listings.dong"), kind: "number", required: true, maxlength: 20 },
        { name: "pricePer", label: say("listings.per"), kind: "decimal", required: true, beside: true },
        { name: "pricePerUom", label: say("unit"), kind: "select", beside: true, options: units },
        { name: "stock", label: say("listings.stock"), kind: "decimal", required: true },
        { name: "stockUom", label: say("unit"), kind: "select", beside: true, options: units },
        { name: "minOrder", label: say("listings.min"), kind: "decimal" },
        { name: "minOrderUom", label: say("unit"), kind: "select", beside: true, options: units },
        { name: "validFrom", label: say("certificates.from"), kind: "date", required: true },
        { name: "validUntil", label: say("certificates.until"), kind: "date", required: true, beside: true },
        { name: "vatIncluded", label: say("listings.vat"), kind: "check" },
        { name: "lots", label: say("listings.lots.field"), kind: "pick", help: say("listings.lots.help"), options: lots.filter((one) => one.mayBeOffered).map((one) => ({ value: one.uri, label: `${one.number} · ${products.get(one.product ?? "") ?? ""}`, detail: amount(one.left, say("uom.piece")) })) },
      ],
      read: (given) => readListing(given, contextOf(desk), { products, ...(listing === undefined ? {} : { uri: listing.uri }) }),
      done: async (draft) => {
        const card = draft.facts;
        if (card.kind !== "listing") return;
        const shown = facts([say("listings.title"), card.title.vi], [say("listings.price"), `${count(card.priceDong)} ₫ / ${amount(card.pricePer, say("uom.piece"))}`], [say("listings.stock"), amount(card.stock, say("uom.piece"))], [say("listings.min"), amount(card.minOrder, say("uom.piece"))], [say("certificates.until"), moment(card.validUntilMs)], [say("listings.lots"), String(card.lots?.length ?? 0)]);
        if ((await sign(desk, say("listings.sign"), [draft], shown)) === undefined) return;
        close();
        desk.go("listings");
      },
    }),
  );
}

// Recalls.

export const recalls: Screen = {
  title: "recalls",
  async draw(desk, argument) {
    const [all, productThings] = await Promise.all([desk.lots(), desk.things("product")]);
    const names = new Map(productThings.map((one) => [one.uri, nameOf(one)]));
    const called = all.filter((one) => one.status === "recalled");
    const first = all.find((one) => one.uri === argument);
    if (first !== undefined) queueMicrotask(() => void recall(desk, all, names, first));
    return [
      h("div", { class: "head" }, h("h1", { tabindex: "-1" }, say("recalls")), desk.may("recall") && button(say("recalls.new"), () => recall(desk, all, names), "danger", { "data-key": "n" })),
      h("p", { class: "small" }, say("recalls.lead")),
      table<LotView>({
        label: say("recalls"),
        rows: called,
        text: (one) => `${one.number} ${names.get(one.product ?? "") ?? ""}`,
        open: (one) => void end(desk, one),
        empty: say("recalls.none"),
        columns: [
          { title: say("lots.number.title"), by: (one) => one.number, cell: (one) => one.number },
          { title: say("lots.product.title"), cell: (one) => names.get(one.product ?? "") ?? "" },
          { title: say("recalls.reason"), cell: (one) => either(object(object(object(one.thing.state["status"])["recalled"])["reason"]) as { vi?: string; en?: string }) || "–" },
          { title: say("lots.left.title"), isNumber: true, cell: (one) => amount(one.left, say("uom.piece")) },
        ],
      }),
    ];
  },
};

/** What a recall of a lot would reach, and whom to call. */
export async function scope(desk: Desk, lot: LotView): Promise<Child> {
  if (lot.thing.path === undefined) return false;
  const found = await desk.open<Json>(`/api/v1/recall-scope${lot.thing.path}`);
  const reached = objects(found["lots"]);
  const holders = objects(found["organisations"]);
  const buyers = objects(found["buyers"]);
  return [
    h("h3", {}, say("recalls.reaches")),
    facts([say("recalls.lots"), count(reached.length)], [say("recalls.packs"), say("recalls.packs.of", { left: count(whole(found["packs_left"]) ?? 0), made: count(whole(found["packs_made"]) ?? 0) })], [say("recalls.listings"), count(strings(found["listings"]).length)]),
    found["cut_off"] === true && notice("doubt", say("recalls.cut")),
    h("ul", { class: "lines" }, ...reached.slice(0, 40).map((one) => h("li", {}, h("div", { class: "words" }, h("b", {}, `${nameOf(undefined, string(one["uri"]) ?? "")} · ${either(one["product"] as { vi?: string; en?: string } | null)}`), h("span", {}, say("recalls.line", { made: amount(quantity(one["made"]), say("uom.piece")) || "–", left: amount(quantity(one["left"]), say("uom.piece")) || "–" })))))),
    holders.length + buyers.length > 0 && h("h3", {}, say("recalls.call")),
    h("ul", { class: "lines" }, ...holders.map((one) => h("li", {}, h("div", { class: "words" }, h("b", {}, either(one["name"] as { vi?: string; en?: string } | null) || (string(one["organisation_id"]) ?? "").slice(0, 8)), h("span", {}, string(one["hotline"]) === undefined ? say("recalls.nohotline") : h("a", { href: `tel:${string(one["hotline"])?.replace(/[^+0-9]/g, "")}` }, string(one["hotline"]) ?? ""))))), ...buyers.map((one) => h("li", {}, h("div", { class: "words" }, h("b", {}, nameOf(undefined, string(one["uri"]) ?? "")), h("span", {}, say("recalls.buyer")))))),
  ];
}

async function recall(desk: Desk, all: readonly LotView[], names: ReadonlyMap<string, string>, first?: LotView): Promise<void> {
  const reach = h("div", { "aria-live": "polite" });
  const field = lotsField(desk, "lots", say("recalls.which"), all, names, { mayBeWhole: true, bare: true, ...(first === undefined ? {} : { chosen: [first.uri] }), help: say("lots.scan.help") });
  let shownFor = "";
  const draw = async (uris: readonly string[]): Promise<void> => {
    const wanted = uris.join(" ");
    if (wanted === shownFor) return;
    shownFor = wanted;
    const chosen = all.filter((one) => uris.includes(one.uri)).slice(0, 5);
    try {
      const parts = await Promise.all(chosen.map((one) => scope(desk, one)));
      if (shownFor === wanted) reach.replaceChildren(...h("div", {}, parts).childNodes);
    } catch (error) {
      reach.replaceChildren(desk.failure(error));
    }
  };
  const uris = (values: Readonly<Record<string, string>>): string[] => (values["lots"] ?? "").split("\n").map((line) => line.split("\t")[0] ?? "").filter((uri) => uri !== "");
  await drawer(say("recalls.new"), (close) => {
    const whole_ = form<Draft>({
      submit: say("look"),
      fields: [field.element, { name: "reason", label: say("recalls.reason"), kind: "long", required: true, maxlength: 500, help: say("recalls.reason.help") }, { name: "reasonEn", label: say("english"), kind: "long", maxlength: 500 }, reach],
      read: (values) => readRecall("recall", values, contextOf(desk), uris(values).flatMap((uri) => field.known.get(uri) ?? [])),
      done: async (draft) => {
        const event = draft.facts;
        const shown = [notice("stop", say("recalls.sure")), facts([say("lots"), draft.summary.lot ?? ""], [say("recalls.reason"), event.kind === "event" && event.step.key === "recall" ? (event.step.reason?.vi ?? "") : ""])];
        if ((await sign(desk, say("recalls.sign"), [draft], shown)) === undefined) return;
        close();
        desk.go("recalls");
      },
    });
    // The list of lots changes by its own buttons, without a word to the form.
    const look = (): void => void draw(uris(Object.fromEntries(new FormData(whole_) as unknown as Iterable<[string, string]>)));
    new MutationObserver(look).observe(field.element, { childList: true, subtree: true });
    queueMicrotask(look);
    return whole_;
  });
}

async function end(desk: Desk, lot: LotView): Promise<void> {
  await drawer(say("recalls.end"), async (close) => [
    await scope(desk, lot).catch((error: unknown) => desk.failure(error)),
    desk.may("recall") && form<Draft>({
      submit: say("look"),
      fields: [{ name: "reason", label: say("recalls.endreason"), kind: "long", required: true, maxlength: 500, help: say("recalls.endreason.help") }, { name: "reasonEn", label: say("english"), kind: "long", maxlength: 500 }],
      read: (values) => readRecall("recall_ended", values, contextOf(desk), [lotName(lot)]),
      done: async (draft) => {
        if ((await sign(desk, say("recalls.end"), [draft], facts([say("lots"), lot.number]))) === undefined) return;
        close();
        await desk.show();
      },
    }),
  ]);
}
