/** One act: what is entered was entered last time, too, so most of it stands there already. */

import { TooLong } from "../../core/book.ts";
import { SECTION } from "../../core/draft.ts";
import { type PhotoFile, type Voice } from "../../core/store.ts";
import { fileDigest } from "../../core/digests.ts";
import { utf8 } from "../../../../verifier/src/core/bytes.ts";
import { type Child, h } from "../../ui/dom.ts";
import { icon, type Icon } from "../../ui/icons.ts";
import { type ActKey, ACTS, compose, type Composed, type Form, type Input, inputOf, missing, type Missing, ROLE_OF } from "../acts.ts";
import { type App, type Screen } from "../app.ts";
import { type Picture, record, type Recording, shrink } from "../media.ts";
import { day, moment, notice, page, tell } from "../parts.ts";
import { check, decide } from "../warn.ts";
import { Choosing, INPUT_KEY, PRODUCT_KEY } from "./choose.ts";
import { settle } from "./entries.ts";

const PHOTOS_MAX = 4;
const INPUTS_KEPT = 60;

const LAST_KEY = (author: string, act: ActKey): string => `last ${author} ${act}`;

class ActForm extends Choosing {
  photos: (Picture & { readonly url: string })[] = [];
  voice: { blob: Blob; seconds: number } | undefined;
  #recording: Recording | undefined;
  readonly #rows = h("div", { class: "rows" });
  readonly #more = h("div", { class: "rows" });
  readonly #save: HTMLButtonElement;
  #isSaving = false;
  #phi: { text: string; kind: "wait" | "note" } | undefined;

  constructor(
    app: App,
    act: ActKey,
    last: Partial<Form>,
    /** The refused entry that this is entered instead of. */
    private readonly instead: number | undefined,
  ) {
    super(app, { ...last, act });
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

  override async draw(): Promise<void> {
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
    if (this.instead !== undefined) await settle(app, this.instead);
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
    const refused = from === undefined ? undefined : (await app.outbox.entries()).find((one) => one.n === Number(from));
    const again = refused === undefined ? undefined : { ...(refused.summary.form as Partial<Form>), timeMs: refused.summary.timeMs };
    const last = again ?? (await app.db.get<Partial<Form>>("things", LAST_KEY(app.person.key, key))) ?? {};
    const form = new ActForm(app, key, last, refused?.n);
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
