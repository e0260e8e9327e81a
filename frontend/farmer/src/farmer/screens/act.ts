/** One act: what is entered was entered last time, too, so most of it stands there already. */

import { at, hourOf, isDay, vietnamDay, vietnamHour } from "../../core/calendar.ts";
import { TooLong } from "../../core/book.ts";
import { SECTION } from "../../core/draft.ts";
import { type PhotoFile, type Voice } from "../../core/store.ts";
import { fileDigest } from "../../core/digests.ts";
import { utf8 } from "../../../../verifier/src/core/bytes.ts";
import { type Child, h } from "../../ui/dom.ts";
import { icon, type Icon } from "../../ui/icons.ts";
import { choices, pad, sheet } from "../../ui/sheet.ts";
import { type ActKey, ACTS, compose, type Composed, type Form, type Input, inputOf, missing, type Missing, ROLE_OF } from "../acts.ts";
import { type App, type Screen } from "../app.ts";
import { type Picture, record, type Recording, shrink } from "../media.ts";
import { ask, day, moment, notice, page, tell } from "../parts.ts";
import { check, decide } from "../warn.ts";

const PHI_CHOICES = [0, 1, 3, 5, 7, 10, 14, 21];
const PHOTOS_MAX = 4;
const INPUTS_KEPT = 60;

const INPUT_KEY = (organisation: string): string => `inputs ${organisation}`;
const LAST_KEY = (author: string, act: ActKey): string => `last ${author} ${act}`;
const PRODUCT_KEY = (plot: string): string => `product of ${plot}`;

type Mutable = { -readonly [Name in keyof Form]: Form[Name] };

class ActForm {
  form: Mutable;
  photos: (Picture & { readonly url: string })[] = [];
  voice: { blob: Blob; seconds: number } | undefined;
  #recording: Recording | undefined;
  readonly #rows = h("div", { class: "rows" });
  readonly #more = h("div", { class: "rows" });
  readonly #save: HTMLButtonElement;
  #isSaving = false;
  #phi: { text: string; kind: "wait" | "note" } | undefined;

  constructor(
    private readonly app: App,
    act: ActKey,
    last: Partial<Form>,
  ) {
    this.form = { ...last, act };
    this.#save = h("button", { type: "button", class: "primary large", onclick: () => void this.save() }, icon("check"), app.t("sign"));
  }

  async drawn(): Promise<HTMLElement> {
    const { app, form } = this;
    await this.draw();
    return page(
      app,
      app.t(`act.${form.act}`),
      this.#rows,
      h("details", { class: "more" }, h("summary", {}, app.t("form.more")), this.#more),
      h("div", { class: "foot" }, this.#save),
    );
  }

  row(sign: Icon, label: string, value: string | undefined, press: () => void, extra?: Child): HTMLElement {
    const shown = value === undefined || value === "" ? h("span", { class: "unset" }, this.app.t("choose")) : h("b", {}, value);
    return h("div", { class: "row" }, h("button", { type: "button", onclick: press }, icon(sign), h("span", { class: "words" }, h("small", {}, label), shown), icon("next", 20)), extra);
  }

  async draw(): Promise<void> {
    const { app, form } = this;
    await this.#look();
    const rows: Child[] = [];
    const plot = form.plot === undefined ? undefined : [form.plot.code, form.plot.name].filter((one) => one !== "").join(" · ");
    if (form.act !== "ship") rows.push(this.row("plot", app.t("field.plot"), plot, () => void this.choosePlot(), this.#phi && notice(this.#phi.kind, h("p", {}, this.#phi.text))));
    if (form.act === "plant") {
      rows.push(this.row("plant", app.t("field.crop"), form.crop?.name, () => void this.chooseCrop()));
      rows.push(this.row("star", app.t("field.variety"), form.variety ?? app.t("none"), () => void this.text("variety")));
    }
    if (form.act === "feed" || form.act === "spray") {
      rows.push(this.row(form.act, app.t(`field.input.${form.act}`), form.input, () => void this.chooseInput()));
      rows.push(this.row("add", app.t("field.dose"), form.dose ?? (form.act === "spray" ? app.t("none") : undefined), () => void this.chooseDose()));
    }
    if (form.act === "spray") rows.push(this.row("clock", app.t("field.phi"), this.#phiWords(), () => void this.choosePhi()));
    if (form.act === "water") rows.push(this.row("water", app.t("field.water"), form.water ?? app.t("none"), () => void this.text("water", [1, 2, 3, 4, 5].map((n) => app.t(`water.${n}`)))));
    if (form.act === "waste") rows.push(this.row("waste", app.t("field.collected"), form.collected, () => void this.text("collected", [1, 2, 3].map((n) => app.t(`waste.${n}`)))));
    if (form.act === "harvest") rows.push(this.row("lots", app.t("field.product"), form.product?.name, () => void this.chooseProduct()));
    if (form.act === "ship") rows.push(this.row("lots", app.t("field.lot"), form.lot === undefined ? undefined : `${form.lot.name} · ${form.lot.number}`, () => void this.chooseLot()));
    if (form.act === "harvest" || form.act === "ship") {
      const unit = form.unit === "" ? app.t("pieces") : "kg";
      rows.push(this.row("add", app.t("field.quantity"), form.quantity === undefined ? undefined : `${form.quantity} ${unit}`, () => void this.chooseQuantity()));
    }
    if (form.act === "ship") rows.push(this.#towards());
    this.#rows.replaceChildren(...(rows.filter((one) => one !== undefined && one !== false) as Node[]));
    this.#more.replaceChildren(...this.#details());
  }

  /** Whether the plot waits after a spraying: said as soon as the plot is chosen. */
  async #look(): Promise<void> {
    const { app, form } = this;
    this.#phi = undefined;
    if (form.plot === undefined || app.person === undefined) return;
    const { daysLeft, free, input, unknown } = await app.data.waiting(app.person.organisation, form.plot.uri, form.timeMs ?? app.clock.now());
    if (daysLeft > 0 && free !== undefined) {
      this.#phi = { kind: "wait", text: app.t("phi.left", { n: daysLeft, day: day(app, free), input: input ?? app.t("phi.something") }) };
    } else if (unknown && form.act === "harvest") {
      this.#phi = { kind: "note", text: app.t("phi.unknown") };
    }
  }

  #phiWords(): string | undefined {
    const { phiDays } = this.form;
    return phiDays === undefined ? undefined : phiDays === null ? this.app.t("phi.nobody") : this.app.t("days", { n: phiDays });
  }

  #towards(): HTMLElement {
    const { app, form } = this;
    const to = form.to ?? "coop";
    const button = (value: "coop" | "buyer") =>
      h("button", { type: "button", "aria-pressed": String(to === value), onclick: () => { form.to = value; void this.draw(); } }, app.t(`to.${value}`));
    return h("div", { class: "row" }, h("small", { class: "label" }, app.t("field.to")), h("div", { class: "segments" }, button("coop"), button("buyer")));
  }

  // What may be added.

  #details(): HTMLElement[] {
    const { app, form } = this;
    const when = this.row("clock", app.t("field.when"), form.timeMs === undefined ? app.t("now") : moment(app, form.timeMs), () => void this.chooseTime());
    const note = this.row("messages", app.t("field.note"), form.note ?? app.t("none"), () => void this.text("note", [], true));
    const place = this.row("place", app.t("field.place"), form.place === undefined ? app.t(form.act === "ship" ? "none" : "place.plot") : app.t("place.gps", { m: Math.round(form.place.accuracyM) }), () => void this.locate());
    const another = this.row("person", app.t("field.another"), form.forAnother?.name ?? app.t("no"), () => void this.chooseAnother(), form.forAnother && notice("note", h("p", {}, app.t("another.note"))));
    const rows = [this.#photoRow(), when, place, this.#voiceRow(), note, another];
    if (form.act === "spray") {
      rows.unshift(
        this.row("star", app.t("field.active"), form.active ?? app.t("none"), () => void this.text("active")),
        this.row("warning", app.t("field.target"), form.target ?? app.t("none"), () => void this.text("target")),
      );
    }
    if (form.act === "plant") rows.unshift(this.row("place", app.t("field.seed"), form.seedOrigin ?? app.t("none"), () => void this.text("seedOrigin")));
    return rows;
  }

  #photoRow(): HTMLElement {
    const { app } = this;
    const input = h("input", { type: "file", accept: "image/*", capture: "environment", class: "vh", id: "photo", onchange: (event: Event) => void this.addPhoto(event.target as HTMLInputElement) });
    const shown = this.photos.map((photo, at) =>
      h("span", { class: "thumb" }, h("img", { src: photo.url, alt: app.t("photo.n", { n: at + 1 }) }), h("button", { type: "button", "aria-label": app.t("photo.remove", { n: at + 1 }), onclick: () => this.dropPhoto(at) }, icon("close", 18))),
    );
    return h(
      "div",
      { class: "row photos" },
      this.photos.length < PHOTOS_MAX && h("label", { for: "photo", class: "button" }, icon("camera"), h("span", {}, app.t("field.photo"))),
      input,
      shown.length > 0 && h("div", { class: "thumbs" }, shown),
    );
  }

  #voiceRow(): HTMLElement {
    const { app } = this;
    const words = this.#recording !== undefined ? app.t("voice.stop") : this.voice === undefined ? app.t("field.voice") : app.t("voice.has", { s: this.voice.seconds });
    const button = h("button", { type: "button", class: this.#recording === undefined ? "" : "recording", onclick: () => void this.speak() }, icon("microphone"), h("span", { class: "words" }, h("b", {}, words), h("small", {}, app.t("voice.note"))));
    return h("div", { class: "row" }, button);
  }

  async speak(): Promise<void> {
    if (this.#recording !== undefined) {
      this.#recording.stop();
      return;
    }
    this.#recording = await record();
    if (this.#recording === undefined) {
      await tell(this.app, this.app.t("voice.none.title"), h("p", {}, this.app.t("voice.none")));
      return;
    }
    void this.draw();
    this.voice = await this.#recording.ended;
    this.#recording = undefined;
    void this.draw();
  }

  async addPhoto(input: HTMLInputElement): Promise<void> {
    const file = input.files?.[0];
    input.value = "";
    if (file === undefined) return;
    const picture = await shrink(file);
    if (typeof picture === "string") {
      await tell(this.app, this.app.t("photo.bad"), h("p", {}, this.app.t(`photo.${picture}`)));
      return;
    }
    if (!this.photos.some((one) => one.blake3 === picture.blake3)) {
      this.photos.push({ ...picture, url: URL.createObjectURL(new Blob([picture.bytes], { type: picture.mediaType })) });
    }
    void this.draw();
  }

  dropPhoto(at: number): void {
    const [dropped] = this.photos.splice(at, 1);
    if (dropped !== undefined) URL.revokeObjectURL(dropped.url);
    void this.draw();
  }

  async locate(): Promise<void> {
    const { app, form } = this;
    if (form.place !== undefined) {
      delete form.place;
      return this.draw();
    }
    const found = await new Promise<GeolocationPosition | undefined>((resolve) => {
      if (navigator.geolocation === undefined) resolve(undefined);
      else navigator.geolocation.getCurrentPosition(resolve, () => resolve(undefined), { enableHighAccuracy: true, timeout: 20_000, maximumAge: 60_000 });
    });
    if (found === undefined) {
      await tell(app, app.t("place.none.title"), h("p", {}, app.t("place.none")));
      return;
    }
    const { latitude, longitude, accuracy } = found.coords;
    form.place = { latitude, longitude, accuracyM: accuracy };
    return this.draw();
  }

  // What is chosen.

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

  async #askFor(gap: Missing): Promise<void> {
    const opened: Record<Missing, () => Promise<void>> = {
      plot: () => this.choosePlot(),
      crop: () => this.chooseCrop(),
      input: () => this.chooseInput(),
      dose: () => this.chooseDose(),
      phi: () => this.choosePhi(),
      product: () => this.chooseProduct(),
      lot: () => this.chooseLot(),
      quantity: () => this.chooseQuantity(),
      collected: () => this.text("collected", [1, 2, 3].map((n) => this.app.t(`waste.${n}`))),
      person: () => this.chooseAnother(),
    };
    return opened[gap]();
  }

  // Signing.

  async save(): Promise<void> {
    if (this.#isSaving) return;
    const { app } = this;
    this.#recording?.stop();
    this.form.photos = this.photos.map(({ blake3, mediaType }) => ({ blake3, mediaType }));
    const gap = missing(this.form);
    if (gap !== undefined) return this.#askFor(gap);
    this.#isSaving = true;
    this.#save.disabled = true;
    try {
      const composed = await this.#composed();
      if (composed === undefined) return;
      const findings = await check(app, composed, this.form.plot);
      if (findings.length > 0 && !(await decide(app, findings))) return;
      await this.#sign(composed);
    } catch (error) {
      await this.#failed(error);
    } finally {
      this.#isSaving = false;
      this.#save.disabled = false;
    }
  }

  async #composed(): Promise<Composed | undefined> {
    const { app } = this;
    const { person, signer } = app;
    if (person === undefined || signer === undefined) return undefined;
    const pinned = await app.log.pinned(person.ledger);
    const who = await app.data.known(person);
    return compose(this.form, {
      origin: pinned?.origin ?? "",
      organisationUri: who?.organisation?.uri ?? `urn:nguon:org:${person.organisation}`,
      key: signer.key,
      nowMs: app.clock.now(),
      language: app.language,
    });
  }

  async #sign(composed: Composed): Promise<void> {
    const { app, form } = this;
    const photos: Omit<PhotoFile, "sent">[] = this.photos.map(({ blake3, bytes, mediaType }) => ({ blake3, bytes, mediaType }));
    const sections = [...composed.private];
    let voice: Voice | undefined;
    if (this.voice !== undefined) {
      const bytes = new Uint8Array(await this.voice.blob.arrayBuffer());
      const file = { blake3: fileDigest(bytes), mediaType: this.voice.blob.type, bytes: bytes.length, name: "ghi-am" };
      // The recording stays on the phone; that there is one, and exactly which, is signed.
      sections.push({ type: SECTION.files, payload: utf8(JSON.stringify({ type: "nguon:Attachments", files: [file] })) });
      voice = { id: file.blake3, blob: this.voice.blob, seconds: this.voice.seconds };
    }
    const entry = await app.book().say(app.author(), composed.facts, { summary: composed.summary, private: sections, photos });
    app.postman.wake();
    // The entry is safe; what follows only makes the next one easier.
    await this.#remember(voice === undefined ? undefined : { ...voice, entry: entry.n }).catch((error: unknown) => console.warn(error));
    for (const photo of this.photos) URL.revokeObjectURL(photo.url);
    if (form.act === "harvest" || form.act === "spray") navigator.vibrate?.(30);
    app.go(`done/${entry.n}`);
  }

  async #remember(voice: Voice | undefined): Promise<void> {
    const { app, form } = this;
    const person = app.person;
    if (person === undefined) return;
    if (voice !== undefined) await app.db.put("voices", voice);
    const { quantity: _quantity, lot: _lot, note: _note, photos: _photos, place: _place, timeMs: _time, forAnother: _another, ...last } = form;
    await app.db.put("things", last, LAST_KEY(person.key, form.act));
    if (form.act === "harvest" && form.plot !== undefined) await app.db.put("things", form.product, PRODUCT_KEY(form.plot.uri));
    const input = inputOf(form, app.clock.now());
    if (input !== undefined) {
      const known = (await app.db.get<readonly Input[]>("things", INPUT_KEY(person.organisation))) ?? [];
      const rest = known.filter((one) => one.kind !== input.kind || one.name !== input.name);
      await app.db.put("things", [input, ...rest].slice(0, INPUTS_KEPT), INPUT_KEY(person.organisation));
    }
    void navigator.storage?.persist?.();
  }

  async #failed(error: unknown): Promise<void> {
    const { app } = this;
    const name = error instanceof Error ? error.name : "";
    const key = name === "NoRoom" ? "noroom" : error instanceof TooLong ? "toolong" : "failed";
    await tell(app, app.t(`${key}.title`), h("p", {}, app.t(`${key}.text`)), key === "failed" && h("pre", {}, String(error)));
  }
}

export const act: Screen = {
  bare: true,
  async draw(app, argument) {
    const [name = "", from] = argument.split("/");
    const key = ACTS.find((one) => one === name);
    if (key === undefined || app.person === undefined) {
      app.go("");
      return h("div");
    }
    if (!app.may(ROLE_OF[key])) return page(app, app.t(`act.${key}`), notice("note", h("p", {}, app.t("role.lacking"))));
    // A refused entry is taken up again with what was in it; otherwise the last of its kind.
    const again = from === undefined ? undefined : (await app.outbox.entries()).find((one) => one.n === Number(from))?.summary.form;
    const last = (again as Partial<Form> | undefined) ?? (await app.db.get<Partial<Form>>("things", LAST_KEY(app.person.key, key))) ?? {};
    const form = new ActForm(app, key, last);
    if (form.form.plot === undefined && key !== "ship") {
      const plots = await app.data.plots(app.person.organisation, app.language);
      const used = await app.data.usedPlots(app.person.organisation);
      const [first] = plots;
      if (first !== undefined && (plots.length === 1 || used.size > 0)) form.form.plot = first;
      await form.suggest();
    }
    return form.drawn();
  },
};
