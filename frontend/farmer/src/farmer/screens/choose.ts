/** Choosing: a sheet for each thing that an act asks for, with what was used last on top. */

import { at, hourOf, isDay, vietnamDay, vietnamHour } from "../../core/calendar.ts";
import { h } from "../../ui/dom.ts";
import { icon } from "../../ui/icons.ts";
import { choices, pad, sheet } from "../../ui/sheet.ts";
import { type Form, type Input } from "../acts.ts";
import { type App } from "../app.ts";
import { ask } from "../parts.ts";

const PHI_CHOICES = [0, 1, 3, 5, 7, 10, 14, 21];

/** Where inputs are remembered, and which product a plot gave last. */
export const INPUT_KEY = (organisation: string): string => `inputs ${organisation}`;
export const PRODUCT_KEY = (plot: string): string => `product of ${plot}`;

export type Mutable = { -readonly [Name in keyof Form]: Form[Name] };

export abstract class Choosing {
  constructor(
    protected readonly app: App,
    readonly form: Mutable,
  ) {}

  /** Shows the form as it is now. */
  abstract draw(): Promise<void>;

  async choosePlot(): Promise<void> {
    const { app, form } = this;
    const organisation = app.person?.organisation ?? "";
    const [plots, used] = [await app.data.plots(organisation, app.language), await app.data.usedPlots(organisation)];
    const now = app.clock.now();
    const waiting = new Map(await Promise.all(plots.slice(0, 60).map(async (one) => [one.uri, await app.data.waiting(organisation, one.uri, now)] as const)));
    const all = plots.map((plot) => {
      const left = waiting.get(plot.uri)?.daysLeft ?? 0;
      const area = plot.areaM2 === undefined ? "" : `${new Intl.NumberFormat(app.language).format(plot.areaM2)} m²`;
      const detail = [plot.name, area].filter((one) => one !== "").join(" · ");
      return {
        value: plot,
        title: plot.code,
        detail,
        ...(left > 0 ? { badge: h("span", { class: "mark wait" }, app.t("phi.badge", { n: left })) } : {}),
        group: used.has(plot.uri) ? app.t("plots.used") : app.t("plots.all"),
      };
    });
    const chosen = await sheet<(typeof plots)[number]>(app.t("field.plot"), app.t("close"), (close) => choices(all, { search: app.t("search"), none: app.t("plots.none") }, close));
    if (chosen === undefined) return;
    form.plot = chosen;
    await this.suggest();
    // What colleagues entered there counts before this phone warns.
    if (app.person !== undefined && app.signer !== undefined && navigator.onLine) void app.data.diary(app.person, app.signer, chosen.uri).then(() => this.draw());
    return this.draw();
  }

  /** Fills in what follows from the plot. */
  async suggest(): Promise<void> {
    const { app, form } = this;
    const { plot } = form;
    if (plot === undefined) return;
    if (form.act === "plant") {
      const row = (await app.data.crops())?.find((one) => one.key === plot.cropCode);
      if (row !== undefined) form.crop = { key: row.key, name: app.language === "vi" ? row.vi : row.en };
    }
    if (form.act === "harvest") {
      const known = await app.db.get<Form["product"]>("things", PRODUCT_KEY(plot.uri));
      if (known !== undefined) form.product = known;
      else {
        const products = await app.data.products(app.person?.organisation ?? "", app.language);
        const [only] = products;
        if (only !== undefined && products.length === 1) form.product = only;
      }
    }
  }

  async chooseCrop(): Promise<void> {
    const { app, form } = this;
    const rows = (await app.data.crops()) ?? [];
    const seen = new Map(rows.map((row) => [row.key, { key: row.key, name: app.language === "vi" ? row.vi : row.en }]));
    const all = [...seen.values()].map((crop) => ({ value: crop, title: crop.name }));
    const chosen = await sheet<NonNullable<Form["crop"]>>(app.t("field.crop"), app.t("close"), (close) => choices(all, { search: app.t("search"), none: app.t("crops.none") }, close));
    if (chosen !== undefined) form.crop = chosen;
    return this.draw();
  }

  async chooseProduct(): Promise<void> {
    const { app, form } = this;
    const products = await app.data.products(app.person?.organisation ?? "", app.language);
    const all = products.map((product) => ({ value: product, title: product.name, detail: product.code }));
    const chosen = await sheet<(typeof products)[number]>(app.t("field.product"), app.t("close"), (close) => choices(all, { search: app.t("search"), none: app.t("products.none") }, close));
    if (chosen !== undefined) form.product = chosen;
    return this.draw();
  }

  async chooseLot(): Promise<void> {
    const { app, form } = this;
    if (app.person === undefined) return;
    const lots = (await app.data.lots(app.person, app.language)).filter((lot) => lot.status !== "recalled" && lot.left?.amount !== 0n);
    const left = (lot: (typeof lots)[number]) => (lot.left === undefined ? undefined : this.#amount(lot.left));
    const all = lots.map((lot) => ({
      value: lot,
      title: lot.name === "" ? lot.number : lot.name,
      detail: [lot.number, left(lot) === undefined ? undefined : app.t("lot.left", { what: left(lot) ?? "" })].filter((one) => one !== undefined).join(" · "),
      group: lot.mine ? app.t("lots.mine") : app.t("lots.others"),
    }));
    all.sort((a, b) => Number(b.value.mine) - Number(a.value.mine));
    const chosen = await sheet<(typeof lots)[number]>(app.t("field.lot"), app.t("close"), (close) => choices(all, { search: app.t("search"), none: app.t("lots.none") }, close));
    if (chosen === undefined) return;
    form.lot = { uri: chosen.uri, number: chosen.number, name: chosen.name, ...(chosen.left === undefined ? {} : { left: chosen.left }) };
    if (chosen.left !== undefined) {
      form.unit = chosen.left.unit === "piece" ? "" : "KGM";
      form.quantity = this.#amount(chosen.left).replace(/ .*$/, "").replaceAll(app.language === "vi" ? "." : ",", "").replace(".", ",");
    }
    return this.draw();
  }

  #amount(quantity: NonNullable<NonNullable<Form["lot"]>["left"]>): string {
    const [whole, rest] = [quantity.amount / 1000n, String(quantity.amount % 1000n).padStart(3, "0").replace(/0+$/, "")];
    return quantity.unit === "piece" ? `${quantity.amount} ${this.app.t("pieces")}` : `${whole}${rest === "" ? "" : `,${rest}`} kg`;
  }

  async chooseQuantity(): Promise<void> {
    const { app, form } = this;
    const unit = form.unit === "" ? app.t("pieces") : "kg";
    const chosen = await sheet<string>(app.t("field.quantity"), app.t("close"), (close) =>
      pad(form.act === "ship" ? (form.quantity ?? "") : "", { unit, done: app.t("done"), erase: app.t("erase") }, { decimals: form.unit === "" ? 0 : 3, steps: [1, 10, 50, 100] }, close),
    );
    if (chosen !== undefined) form.quantity = chosen.replace(/,$/, "");
    return this.draw();
  }

  async chooseInput(): Promise<void> {
    const { app, form } = this;
    const kind = form.act as "feed" | "spray";
    const organisation = app.person?.organisation ?? "";
    const own = ((await app.db.get<readonly Input[]>("things", INPUT_KEY(organisation))) ?? []).filter((one) => one.kind === kind);
    const others = (await app.data.applied(organisation, kind === "feed" ? "fertilising" : "plant_protection")).filter((one) => !own.some((mine) => mine.name === one.name));
    const known: Input[] = [...[...own].sort((a, b) => b.usedMs - a.usedMs), ...others.map((one) => ({ ...one, kind }))];
    const all = known.map((one) => ({
      value: one as Input | "new",
      title: one.name,
      detail: [one.dose, kind === "spray" ? (one.phiDays === undefined ? app.t("phi.nobody") : app.t("phi.days", { n: one.phiDays })) : undefined].filter((each) => each !== undefined).join(" · "),
    }));
    const chosen = await sheet<Input | "new">(app.t(`field.input.${kind}`), app.t("close"), (close) => {
      const another = h("button", { type: "button", class: "second", onclick: () => close("new") }, icon("add"), app.t(`input.new.${kind}`));
      return choices(all, { search: app.t("search"), none: app.t("inputs.none"), extra: another }, close);
    });
    if (chosen === undefined) return;
    if (chosen === "new") {
      const name = await ask(app, app.t(`field.input.${kind}`), "");
      if (name === undefined || name === "") return;
      form.input = name;
      for (const field of ["dose", "active", "target", "phiDays"] as const) delete form[field];
      await this.draw();
      if (kind === "spray") return this.choosePhi();
      return;
    }
    form.input = chosen.name;
    if (chosen.dose === undefined) delete form.dose;
    else form.dose = chosen.dose;
    if (kind === "spray") {
      form.phiDays = chosen.phiDays ?? null;
      if (chosen.active === undefined) delete form.active;
      else form.active = chosen.active;
      if (chosen.target === undefined) delete form.target;
      else form.target = chosen.target;
    }
    return this.draw();
  }

  async chooseDose(): Promise<void> {
    const { app, form } = this;
    const units = (form.act === "feed" ? ["kg", "bao", "tấn", "lít"] : ["ml", "g", "lít", "kg", "ml/bình", "l/ha", "kg/ha"]).map((unit) => unit);
    const [, number = "", unit = units[0] ?? "kg"] = /^([0-9.,]+)\s*(.*)$/.exec(form.dose ?? "") ?? [];
    let chosenUnit = units.includes(unit) ? unit : (units[0] ?? "kg");
    const chosen = await sheet<string>(app.t("field.dose"), app.t("close"), (close) => {
      const chips = h("div", { class: "chips" });
      const keys = h("div", {});
      const draw = (): void => {
        chips.replaceChildren(...units.map((one) => h("button", { type: "button", class: "chip", "aria-pressed": String(one === chosenUnit), onclick: () => { chosenUnit = one; draw(); } }, one)));
        keys.replaceChildren(pad(number.replace(".", ","), { unit: chosenUnit, done: app.t("done"), erase: app.t("erase") }, { decimals: 3 }, (value) => close(`${value.replace(/,$/, "")} ${chosenUnit}`)));
      };
      draw();
      return [chips, keys];
    });
    if (chosen !== undefined) form.dose = chosen;
    return this.draw();
  }

  async choosePhi(): Promise<void> {
    const { app, form } = this;
    const chosen = await sheet<number | "other" | "unknown">(app.t("field.phi"), app.t("close"), (close) => [
      h("p", {}, app.t("phi.where")),
      h("div", { class: "numbers" }, PHI_CHOICES.map((n) => h("button", { type: "button", "aria-pressed": String(form.phiDays === n), onclick: () => close(n) }, String(n)))),
      h("button", { type: "button", class: "second", onclick: () => close("other") }, app.t("phi.other")),
      h("button", { type: "button", class: "second", onclick: () => close("unknown") }, app.t("phi.nobody")),
    ]);
    if (chosen === "other") {
      const days = await sheet<string>(app.t("field.phi"), app.t("close"), (close) => pad("", { unit: app.t("days.unit"), done: app.t("done"), erase: app.t("erase") }, { decimals: 0 }, close));
      if (days !== undefined) form.phiDays = Math.min(365, Number(days));
    } else if (chosen !== undefined) {
      form.phiDays = chosen === "unknown" ? null : chosen;
    }
    return this.draw();
  }

  async chooseTime(): Promise<void> {
    const { app, form } = this;
    const now = app.clock.now();
    const chosen = await sheet<number | "now">(app.t("field.when"), app.t("close"), (close) => {
      const date = h("input", { type: "date", max: vietnamDay(now), value: vietnamDay(form.timeMs ?? now), "aria-label": app.t("date") });
      const time = h("input", { type: "time", value: form.timeMs === undefined ? hourOf(Number(vietnamHour(now).slice(0, 2)), 0) : vietnamHour(form.timeMs), "aria-label": app.t("hour") });
      const take = (): void => {
        if (!isDay(date.value) || !/^\d{2}:\d{2}$/.test(time.value)) return;
        // Nothing has happened yet that is to come.
        close(Math.min(at(date.value, time.value), now));
      };
      return [
        h("div", { class: "when" }, date, time),
        h("button", { type: "button", class: "primary", onclick: take }, app.t("done")),
        h("button", { type: "button", class: "second", onclick: () => close("now") }, app.t("now")),
      ];
    });
    if (chosen === "now") delete form.timeMs;
    else if (chosen !== undefined) form.timeMs = chosen;
    return this.draw();
  }

  async chooseAnother(): Promise<void> {
    const { app, form } = this;
    const chosen = await sheet<{ name: string; phone: string } | "none">(app.t("field.another"), app.t("close"), (close) => {
      const name = h("input", { type: "text", maxlength: 120, autocomplete: "off", id: "another-name", value: form.forAnother?.name ?? "" });
      const phone = h("input", { type: "tel", maxlength: 20, autocomplete: "off", id: "another-phone", value: form.forAnother?.phone ?? "" });
      return h(
        "form",
        { onsubmit: (event: Event) => { event.preventDefault(); if (name.value.trim() !== "") close({ name: name.value.trim(), phone: phone.value.trim() }); } },
        h("p", {}, app.t("another.lead")),
        h("label", { for: "another-name" }, app.t("another.name")),
        name,
        h("label", { for: "another-phone" }, app.t("another.phone")),
        phone,
        h("button", { type: "submit", class: "primary" }, app.t("done")),
        h("button", { type: "button", class: "second", onclick: () => close("none") }, app.t("another.self")),
      );
    });
    if (chosen === "none") delete form.forAnother;
    else if (chosen !== undefined) form.forAnother = chosen;
    return this.draw();
  }

  async text(field: "variety" | "seedOrigin" | "water" | "collected" | "note" | "active" | "target", suggestions: readonly string[] = [], long = false): Promise<void> {
    const { app, form } = this;
    const label = { variety: "variety", seedOrigin: "seed", water: "water", collected: "collected", note: "note", active: "active", target: "target" }[field];
    const chosen = await ask(app, app.t(`field.${label}`), form[field] ?? "", { suggestions, long });
    if (chosen === undefined) return;
    if (chosen === "") delete form[field];
    else form[field] = chosen;
    return this.draw();
  }
}
