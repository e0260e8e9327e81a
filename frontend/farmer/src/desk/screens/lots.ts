/** Lots: what there is, and what happens to it. */

import { dayAfter, vietnamDay } from "../../core/calendar.ts";
import { type Quantity } from "../../core/quantity.ts";
import { type Desk, type Screen } from "../desk.ts";
import { button, type Child, facts, h, mark, type Tone } from "../dom.ts";
import { drawer } from "../drawer.ts";
import { form, type Field } from "../formview.ts";
import { type Draft } from "../forms/given.ts";
import { freshNumber, type Making, MAKINGS, type Move, MOVES, packLines, type ProductName, readMaking, readMove } from "../forms/lots.ts";
import { type Json, measured, objects, prose, some, string, whole } from "../json.ts";
import { lotsField } from "../lotsfield.ts";
import { sign } from "../signing.ts";
import { table } from "../table.ts";
import { type LotView, nameOf, type Thing } from "../things.ts";
import { amount, day, either, named, say } from "../words.ts";
import { pageOf, SEVERITY } from "./overview.ts";
import { contextOf } from "./plots.ts";
import { correctionsOf } from "./findings.ts";

const TONES: Readonly<Record<string, Tone>> = { active: "good", sold_out: "gone", destroyed: "gone", recalled: "stop", registered: "wait", unknown: "wait" };

export const statusMark = (lot: LotView): HTMLElement => mark(TONES[lot.status] ?? "note", named("lotstatus", lot.status));

export const productName = (product: Thing): ProductName => ({
  uri: product.uri,
  code: string(product.state["nguon:code"]) ?? "",
  ...some("gtin", string(product.state["gs1:gtin"])),
  ...some("shelfLifeDays", whole(product.state["nguon:shelfLifeDays"])),
});

export const lots: Screen = {
  title: "lots",
  async draw(desk, argument) {
    const [all, productThings] = await Promise.all([desk.lots(), desk.things("product")]);
    const products = new Map(productThings.map((one) => [one.uri, nameOf(one)]));
    const [act, uri] = argument.split("/");
    if (act !== undefined && act !== "") queueMicrotask(() => void open(desk, act, all, productThings, uri === undefined || uri === "" ? [] : [argument.slice(act.length + 1)]));
    const acts = [...(desk.may("lot") ? ["pack", "receive", "ship", "sell"] : [])];
    return [
      h("div", { class: "head" }, h("h1", { tabindex: "-1" }, say("lots")), h("div", { class: "buttons" }, ...acts.map((one, at) => button(say(`act.${one}`), () => open(desk, one, all, productThings), at === 0 ? "primary" : "second", at === 0 ? { "data-key": "n" } : {})), desk.may("lot") && more(desk, all, productThings))),
      table<LotView>({
        label: say("lots"),
        rows: all,
        text: (one) => `${one.number} ${products.get(one.product ?? "") ?? ""} ${named("lotstatus", one.status)}`,
        open: (one) => void show(desk, one, all, productThings),
        empty: say("lots.none"),
        columns: [
          { title: say("lots.number.title"), by: (one) => one.number, cell: (one) => one.number },
          { title: say("lots.product.title"), by: (one) => products.get(one.product ?? "") ?? "", cell: (one) => products.get(one.product ?? "") ?? nameOf(undefined, one.product ?? "") },
          { title: say("lots.day"), by: (one) => one.day ?? "", cell: (one) => (one.day === undefined ? "–" : day(one.day)) },
          { title: say("lots.made.title"), isNumber: true, by: (one) => one.made?.amount ?? 0n, cell: (one) => amount(one.made, say("uom.piece")) || "–" },
          { title: say("lots.left.title"), isNumber: true, by: (one) => one.left?.amount ?? 0n, cell: (one) => amount(one.left, say("uom.piece")) || "–" },
          { title: say("lots.best"), by: (one) => one.bestBefore ?? "9999", cell: (one) => (one.bestBefore === undefined ? "–" : day(one.bestBefore)) },
          { title: say("state"), by: (one) => one.status, cell: (one) => [statusMark(one), one.findings.length > 0 && [" ", mark(SEVERITY[string(one.findings[0]?.["severity"]) ?? ""] ?? "note", say("lots.findings", { n: one.findings.length }))]] },
        ],
      }),
    ];
  },
};

/** Everything else that can be done. */
function more(desk: Desk, all: readonly LotView[], products: readonly Thing[]): Child {
  const rest = ["split", "blend", "process", "cool", "store", "return", "destroy"];
  return button(say("lots.more"), () =>
    drawer(say("lots.more"), (close) => h("div", { class: "choices" }, ...rest.map((one) => h("div", { class: "choice" }, h("h3", {}, say(`act.${one}`)), h("p", {}, say(`act.${one}.help`)), button(say(`act.${one}`), () => { close(); void open(desk, one, all, products); })))), "side"),
  );
}

async function show(desk: Desk, lot: LotView, all: readonly LotView[], products: readonly Thing[]): Promise<void> {
  const product = products.find((one) => one.uri === lot.product);
  const next = await drawer<string>(say("lot", { n: lot.number }), (close) => [
    facts(
      [say("lots.product.title"), product === undefined ? "" : nameOf(product)],
      [say("state"), statusMark(lot)],
      [say("lots.made.title"), amount(lot.made, say("uom.piece"))],
      [say("lots.left.title"), amount(lot.left, say("uom.piece"))],
      [say("lots.day"), lot.day === undefined ? "" : day(lot.day)],
      [say("lots.best"), lot.bestBefore === undefined ? "" : day(lot.bestBefore)],
      [say("lots.page"), lot.thing.path === undefined ? "" : pageOf(lot.thing.path, say("lots.page.see"))],
    ),
    lot.findings.length > 0 && h("ul", { class: "findings" }, ...lot.findings.map((one) => h("li", { class: SEVERITY[string(one["severity"]) ?? ""] ?? "note" }, h("b", {}, say(`severity.${string(one["severity"]) ?? "info"}`)), h("p", {}, either({ vi: string(one["vi"]) ?? null, en: string(one["en"]) ?? null }))))),
    desk.may("lot") && h("div", { class: "buttons" }, ...["pack", "ship", "sell", "split", "destroy"].map((one) => button(say(`act.${one}`), () => close(one)))),
    h("div", { class: "buttons" }, desk.may("lot") && button(say("labels"), () => close("labels")), desk.may("commerce") && button(say("listings.new"), () => close("list")), lot.findings.length > 0 && button(say("answer"), () => close("findings"), "primary"), desk.may("recall") && button(say("recalls.new"), () => close("recall"), "danger"), button(say("correct"), () => close("correct"))),
  ]);
  if (next === undefined) return;
  const place = encodeURIComponent(lot.uri);
  if (next === "labels") return desk.go(`labels/${place}`);
  if (next === "list") return desk.go(`listings/new/${place}`);
  if (next === "findings") return desk.go(`findings/${place}`);
  if (next === "recall") return desk.go(`recalls/${place}`);
  if (next === "correct") return correctionsOf(desk, lot);
  await open(desk, next, all, products, [lot.uri]);
}

const isMaking = (act: string): act is Making => (MAKINGS as readonly string[]).includes(act);
const isMove = (act: string): act is Move => (MOVES as readonly string[]).includes(act);

async function open(desk: Desk, act: string, all: readonly LotView[], products: readonly Thing[], chosen: readonly string[] = []): Promise<void> {
  if (isMaking(act)) return make(desk, act, all, products, chosen);
  if (isMove(act)) return move(desk, act, all, products, chosen);
}

const when = (): Field[] => [
  { name: "day", label: say("when.day"), kind: "date", help: say("when.help") },
  { name: "hour", label: say("when.hour"), kind: "time", beside: true },
];

const summaryOf = (draft: Draft, names: ReadonlyMap<string, string>): Child => {
  const event = draft.facts;
  if (event.kind !== "event") return false;
  const line = ({ uri, quantity }: { readonly uri: string; readonly quantity?: Quantity }) => `${names.get(uri) ?? nameOf(undefined, uri)}${quantity === undefined ? "" : ` · ${amount(quantity, say("uom.piece"))}`}`;
  const { what } = event;
  return facts(
    ...(what.type === "TransformationEvent" ? [[say("lots.in"), lines(what.inputs.map(line))], [say("lots.out"), lines(what.outputs.map(line))]] as [string, Child][] : what.type === "ObjectEvent" ? [[say("lots"), lines(what.objects.map(line))]] as [string, Child][] : []),
    [say("lots.best"), event.lot?.bestBefore === undefined ? "" : day(event.lot.bestBefore)],
    [say("lots.to"), event.destination === undefined ? "" : nameOf(undefined, event.destination)],
    [say("note"), event.note?.vi ?? ""],
  );
};
const lines = (all: readonly string[]): Child => h("ul", {}, ...all.map((one) => h("li", {}, one)));

async function make(desk: Desk, making: Making, all: readonly LotView[], productThings: readonly Thing[], chosen: readonly string[]): Promise<void> {
  const [papers] = await Promise.all([desk.things("certificate")]);
  const names = new Map(productThings.map((one) => [one.uri, nameOf(one)]));
  const products = new Map(productThings.map((one) => [one.uri, productName(one)]));
  const have = all.filter((one) => (one.left?.amount ?? 1n) > 0n && one.status !== "destroyed");
  const inputs = lotsField(desk, "inputs", say(making === "split" ? "lots.of" : "lots.in"), have, names, { chosen, left: true, only: making === "split", help: say("lots.scan.help") });
  const today = vietnamDay(desk.clock.now());
  const number = freshNumber(today, new Set(all.map((one) => one.number)));
  const first = productThings[0];
  const shelf = whole(first?.state["nguon:shelfLifeDays"]);
  const options = productThings.map((one) => ({ value: one.uri, label: nameOf(one) }));
  const one: (Field | Child)[] = [
    { name: "product", label: say("lots.product.title"), kind: "select", options },
    { name: "number", label: say("lots.number.title"), required: true, beside: true, maxlength: 20, help: say("lots.number.help") },
    { name: "made", label: say("lots.made.field"), kind: "decimal", required: true },
    { name: "madeUom", label: say("unit"), kind: "select", beside: true, options: ["", "KGM", "LTR"].map((value) => ({ value, label: named("uom", value === "" ? "piece" : value) })) },
  ];
  await drawer(say(`act.${making}`), (close) =>
    form<Draft>({
      submit: say("look"),
      values: { number, madeUom: making === "pack" ? "" : "KGM", producedOn: today, ...(shelf === undefined ? {} : { bestBefore: dayAfter(today, shelf) }) },
      fields: [
        inputs.element,
        ...(making === "split" ? [partsField(options, number)] : one),
        { name: "producedOn", label: say(making === "pack" ? "lots.packedon" : "lots.madeon"), kind: "date" },
        { name: "bestBefore", label: say("lots.best"), kind: "date", beside: true },
        ...when(),
        { name: "certificates", label: say("lots.under"), kind: "pick", options: papers.map((paper) => ({ value: paper.uri, label: nameOf(paper) })), help: say("lots.under.help") },
        { name: "note", label: say("note.public"), kind: "long", maxlength: 500 },
      ],
      changed: (given, whole_) => bestBefore(given, whole_, productThings),
      read: (given) => readMaking(making, given, contextOf(desk), { lots: inputs.known, products, taken: new Set(all.map((lot) => lot.uri)) }),
      done: async (draft) => {
        const shown = summaryOf(draft, new Map([...inputs.known].map(([uri, lot]) => [uri, lot.number])));
        if ((await sign(desk, say(`act.${making}`), [draft], shown)) === undefined) return;
        close();
        desk.go("lots");
      },
    }),
  );
}

/** When the product is another, so is how long it keeps. */
let lastProduct = "";
function bestBefore(given: Readonly<Record<string, string>>, whole_: HTMLFormElement, products: readonly Thing[]): void {
  const product = products.find((one) => one.uri === given["product"]);
  const field = whole_.querySelector<HTMLInputElement>('input[name="bestBefore"]');
  if (product === undefined || field === null || given["product"] === lastProduct) return;
  lastProduct = given["product"] ?? "";
  const shelf = whole(product.state["nguon:shelfLifeDays"]);
  if (shelf !== undefined && given["producedOn"] !== undefined && given["producedOn"] !== "") field.value = dayAfter(given["producedOn"], shelf);
  const unit = whole_.querySelector<HTMLSelectElement>('select[name="madeUom"]');
  const loose = measured(product.state["nguon:netContent"]);
  // A product of one kilogram that is called a kilogram is sold loose; everything else is counted.
  const isLoose = loose?.value === "1" && loose.uom === "KGM" && /^kg$/i.test(either(prose(product.state["nguon:unitName"])));
  if (unit !== null) unit.value = isLoose ? "KGM" : "";
}

/** Parts of a split or grading: a product, a number and an amount each. */
function partsField(options: readonly { readonly value: string; readonly label: string }[], number: string): HTMLElement {
  const hidden = h("input", { type: "hidden", name: "outputs" });
  const rows = h("ul", { class: "lines chosen" });
  const parts: { product: string; number: string; typed: string; uom: string }[] = [];
  const keep = (): void => void (hidden.value = parts.map((one) => packLines([[one.product, one.number, one.typed]]) + `\t${one.uom}`).join("\n"));
  const draw = (): void =>
    rows.replaceChildren(
      ...parts.map((part, at) => {
        const set = (name: "product" | "number" | "typed" | "uom") => (event: Event) => {
          part[name] = (event.target as HTMLInputElement).value;
          keep();
        };
        return h(
          "li",
          { class: "part" },
          h("select", { "aria-label": say("lots.product.title"), onchange: set("product") }, ...options.map((one) => h("option", { value: one.value, selected: one.value === part.product }, one.label))),
          h("input", { value: part.number, "aria-label": say("lots.number.title"), oninput: set("number"), autocomplete: "off", maxlength: 20 }),
          h("input", { value: part.typed, inputmode: "decimal", class: "amount", "aria-label": say("lots.howmuch", { n: at + 1 }), oninput: set("typed"), autocomplete: "off" }),
          h("select", { "aria-label": say("unit"), onchange: set("uom") }, ...["KGM", "", "LTR"].map((uom) => h("option", { value: uom, selected: uom === part.uom }, say(`uom.${uom === "" ? "piece" : uom}`)))),
          button("×", () => { parts.splice(at, 1); keep(); draw(); }, "close", { "aria-label": say("remove", { n: part.number }) }),
        );
      }),
    );
  const add = (): void => {
    parts.push({ product: options[0]?.value ?? "", number: `${number}${parts.length + 1}`, typed: "", uom: "KGM" });
    keep();
    draw();
  };
  add();
  add();
  return h("div", { class: "field", "data-field": "outputs" }, h("label", {}, say("lots.parts.title")), hidden, rows, button(say("lots.part.add"), add), h("p", { class: "fault" }));
}

async function move(desk: Desk, act: Move, all: readonly LotView[], productThings: readonly Thing[], chosen: readonly string[]): Promise<void> {
  const names = new Map(productThings.map((one) => [one.uri, nameOf(one)]));
  const found = act === "ship" ? await desk.open<Json>("/api/v1/organisations").then((answer) => objects(answer["organisations"]), () => []) : [];
  const organisations = new Map(found.flatMap((one) => (string(one["id"]) === undefined || one["id"] === desk.organisation ? [] : [[string(one["id"]) ?? "", either(one["name"] as { vi?: string; en?: string } | null)] as const])));
  const have = act === "receive" ? all : all.filter((one) => (one.left?.amount ?? 1n) > 0n);
  const field = lotsField(desk, "lots", say("lots"), have, names, { chosen, left: act === "sell" || act === "ship", mayBeWhole: act === "cool" || act === "store", help: say(act === "receive" ? "lots.receive.help" : "lots.scan.help") });
  const labelled = act === "ship" || act === "sell";
  await drawer(say(`act.${act}`), (close) =>
    form<Draft>({
      submit: say("look"),
      fields: [
        field.element,
        ...(act === "ship" ? [{ name: "to", label: say("lots.to"), required: true, known: [...organisations].map(([id, label]) => ({ value: label === "" ? id : label, label: id.slice(0, 8) })), help: say("lots.to.help"), maxlength: 160 } satisfies Field] : []),
        ...(labelled || act === "receive" ? [{ name: "paper", label: say("lots.paper"), help: say("lots.paper.help"), maxlength: 60 } satisfies Field] : []),
        ...(labelled ? [{ name: "labels", label: say("lots.labels"), beside: true, help: say("labels.field.help"), maxlength: 2_000 } satisfies Field] : []),
        ...when(),
        { name: "note", label: say("note.public"), kind: "long", maxlength: 500 },
      ],
      read: (given) => readMove(act, given, contextOf(desk), { lots: field.known, organisations }),
      done: async (draft) => {
        const shown = summaryOf(draft, new Map([...[...field.known].map(([uri, lot]) => [uri, lot.number] as const), ...[...organisations].map(([id, name]) => [`urn:nguon:org:${id}`, name] as const)]));
        if ((await sign(desk, say(`act.${act}`), [draft], shown)) === undefined) return;
        close();
        desk.go("lots");
      },
    }),
  );
}
