/** Plots: what the co-operative grows on. */

import communesCsv from "../../../../../fixtures/communes.csv";
import { readCommunes, shownCommune } from "../communes.ts";
import { type Desk, type Screen } from "../desk.ts";
import { button, facts, h, notice } from "../dom.ts";
import { drawer } from "../drawer.ts";
import { form } from "../formview.ts";
import { type Context, type Draft } from "../forms/given.ts";
import { GROWING, readPlot } from "../forms/cards.ts";
import { areaM2, type Shape } from "../geo.ts";
import { type Json, objects, prose, string, whole } from "../json.ts";
import { inWords, outline, placeField } from "../place.ts";
import { sign } from "../signing.ts";
import { table } from "../table.ts";
import { cardValues, nameOf, type Thing } from "../things.ts";
import { amount, count, day, either, named, say } from "../words.ts";

export const COMMUNES = readCommunes(communesCsv);

export const contextOf = (desk: Desk): Context => ({
  origin: desk.origin,
  organisation: desk.organisation,
  organisationUri: desk.who?.organisation.uri ?? `urn:nguon:org:${desk.organisation}`,
  nowMs: desk.clock.now(),
});

const area = (thing: Thing): number => whole(thing.state["nguon:areaSquareMetres"]) ?? 0;
const crop = (thing: Thing): string => either(prose(thing.state["nguon:crop"]));
const place = (thing: Thing): string => [either(prose(thing.state["nguon:placeName"])), shownCommune(string(thing.state["nguon:commune"]) ?? "", COMMUNES)].filter((one) => one !== "").join(", ");

export const plots: Screen = {
  title: "plots",
  async draw(desk, argument) {
    const all = await desk.things("plot");
    if (argument === "new") queueMicrotask(() => void edit(desk, all));
    const total = all.reduce((sum, one) => sum + area(one), 0);
    return [
      h("div", { class: "head" }, h("h1", { tabindex: "-1" }, say("plots")), desk.may("diary") && button(say("plots.new"), () => edit(desk, all), "primary", { "data-key": "n" })),
      h("p", { class: "lead" }, say("plots.total", { n: all.length, area: amount({ amount: BigInt(Math.round(total / 10)), unit: "gram" }).replace(" kg", "") })),
      table<Thing>({
        label: say("plots"),
        rows: all,
        text: (one) => `${nameOf(one)} ${crop(one)} ${place(one)} ${string(one.state["nguon:plantingAreaCode"]) ?? ""}`,
        open: (one) => void show(desk, all, one),
        empty: say("plots.none"),
        columns: [
          { title: say("plots.code"), by: nameOf, cell: nameOf },
          { title: say("plots.crop"), by: crop, cell: crop },
          { title: say("plots.area"), isNumber: true, by: area, cell: (one) => say("m2", { n: count(area(one)) }) },
          { title: say("plots.place"), by: place, cell: place },
          { title: say("plots.method"), cell: (one) => named("growing", string(one.state["nguon:growingMethod"]) ?? "none") },
          { title: say("plots.puc"), by: (one) => string(one.state["nguon:plantingAreaCode"]) ?? "", cell: (one) => string(one.state["nguon:plantingAreaCode"]) ?? "–" },
        ],
      }),
    ];
  },
};

async function show(desk: Desk, all: readonly Thing[], plot: Thing): Promise<void> {
  const done = await drawer<"edit">(nameOf(plot), async (close) => {
    const diary = await desk.get<Json>(`/api/v1/desk/diary?plot=${encodeURIComponent(plot.uri)}`);
    const lines = objects(diary["entries"]);
    return [
      facts(
        [say("plots.crop"), crop(plot)],
        [say("plots.area"), say("m2", { n: count(area(plot)) })],
        [say("plots.place"), place(plot)],
        [say("plots.method"), named("growing", string(plot.state["nguon:growingMethod"]) ?? "none")],
        [say("plots.puc"), string(plot.state["nguon:plantingAreaCode"]) ?? ""],
      ),
      desk.may("diary") && h("div", { class: "buttons" }, button(say("edit"), () => close("edit"), "primary")),
      h("h3", {}, say("plots.diary")),
      lines.length === 0 ? h("p", { class: "small" }, say("plots.diary.none")) : h("ul", { class: "lines" }, ...lines.slice(0, 60).map((one) => h("li", {}, h("div", { class: "words" }, h("b", {}, `${day(string(one["day"]) ?? "")} · ${named("step", string(one["step"]) ?? "")}`), h("span", {}, [string(one["input"]), string(one["dose"]), whole(one["phi_days"]) === undefined ? undefined : say("phi", { n: whole(one["phi_days"]) ?? 0 }), one["entered_for_another"] === true ? say(one["confirmed_by"] === null || one["confirmed_by"] === undefined ? "foranother" : "foranother.confirmed") : undefined, one["effect"] === "counts" ? undefined : named("effect", string(one["effect"]) ?? "")].filter((word) => word !== undefined).join(" · ")))))),
    ];
  });
  if (done === "edit") await edit(desk, all, plot);
}

async function edit(desk: Desk, all: readonly Thing[], plot?: Thing): Promise<void> {
  const crops = await desk.open<unknown>("/api/v1/crops").then(objects, () => []);
  const rows = new Map(crops.map((one) => [string(one["key"]) ?? "", either({ vi: string(one["vi"]) ?? null, en: string(one["en"]) ?? null })] as const));
  const values = plot === undefined ? { commune: desk.who?.organisation.commune ?? "" } : cardValues(plot.state);
  let shape: Shape | undefined;
  await drawer(plot === undefined ? say("plots.new") : say("edit.of", { name: nameOf(plot) }), (close) =>
    form<Draft>({
      submit: say("look"),
      values,
      fields: [
        { name: "code", label: say("plots.code"), required: true, isFixed: plot !== undefined, help: say("plots.code.help"), maxlength: 40 },
        { name: "plantingAreaCode", label: say("plots.puc"), beside: true, help: say("plots.puc.help"), maxlength: 60 },
        { name: "crop", label: say("plots.crop"), required: true, maxlength: 120 },
        { name: "cropEn", label: say("english"), beside: true, maxlength: 120 },
        { name: "cropCode", label: say("plots.cropcode"), kind: "select", options: [{ value: "", label: say("plots.cropcode.none") }, ...[...rows].map(([value, label]) => ({ value, label }))], help: say("plots.cropcode.help") },
        { name: "growingMethod", label: say("plots.method"), kind: "select", beside: true, options: GROWING.map((value) => ({ value, label: named("growing", value === "" ? "none" : value) })) },
        { name: "commune", label: say("plots.commune"), required: true, known: COMMUNES.map((one) => ({ value: one.code, label: `${one.name}, ${one.province}` })), help: say("plots.commune.help") },
        { name: "placeName", label: say("plots.placename"), beside: true, maxlength: 120 },
        placeField((found) => (shape = found)),
        { name: "areaSquareMetres", label: say("plots.area.field"), kind: "number", help: say("plots.area.help") },
        notice("note", say("plots.private")),
      ],
      read: (given) => readPlot(given, contextOf(desk), { communes: COMMUNES, uris: new Set(all.map((one) => one.uri)), ...(plot === undefined ? {} : { uri: plot.uri }) }),
      done: async (draft) => {
        const card = draft.facts;
        if (card.kind !== "plot") return;
        const shown = [
          facts([say("plots.code"), card.code], [say("plots.crop"), card.crop.vi], [say("plots.area"), say("m2", { n: count(card.areaM2) })], [say("plots.commune"), shownCommune(card.commune, COMMUNES)], [say("place"), shape === undefined ? say("place.none") : inWords(shape)]),
          shape !== undefined && outline(shape, say("place.drawing")),
          shape !== undefined && areaM2(shape) !== undefined && Math.abs((areaM2(shape) ?? 0) - card.areaM2) * 5 > card.areaM2 && notice("doubt", say("place.differs", { area: count(areaM2(shape) ?? 0) })),
        ];
        if ((await sign(desk, say("sign.plot"), [draft], shown)) === undefined) return;
        close();
        await desk.show();
      },
    }),
  );
}
