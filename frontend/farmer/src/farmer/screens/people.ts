/** Who uses this phone: coming in by an invitation, choosing oneself, the wait until somebody stands behind the key. */

import { comparison } from "../../core/digests.ts";
import { FOR_EVER } from "../../core/draft.ts";
import { isPin, makesDeviceKeys, needsPin, WrongPin } from "../../core/key.ts";
import { type Person } from "../../core/store.ts";
import { type Child, h, spaced } from "../../ui/dom.ts";
import { icon } from "../../ui/icons.ts";
import { sheet } from "../../ui/sheet.ts";
import { type App, type Screen } from "../app.ts";
import { type Link, type Offered, readLink, rolesOf } from "../enrolment.ts";
import { face } from "../media.ts";
import { day, notice, page, portrait, tell } from "../parts.ts";
import { vietnamDay } from "../../core/calendar.ts";
import { languages } from "./settings.ts";

interface Detector {
  detect(source: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]>;
}
declare const BarcodeDetector: { new (options: { formats: string[] }): Detector } | undefined;

/** Reads codes with the camera until the sheet is closed or one fits. */
export async function scan(app: App, fits: (text: string) => boolean): Promise<string | undefined> {
  if (typeof BarcodeDetector === "undefined" || navigator.mediaDevices === undefined) return undefined;
  const Reader = BarcodeDetector;
  let stream: MediaStream | undefined;
  let isOpen = true;
  const found = await sheet<string>(app.t("scan"), app.t("close"), (close) => {
    const video = h("video", { muted: true, playsinline: true, autoplay: true });
    const status = h("p", { role: "status" }, app.t("scan.hold"));
    const look = async (): Promise<void> => {
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
        video.srcObject = stream;
        await video.play();
        const reader = new Reader({ formats: ["qr_code"] });
        while (isOpen) {
          const [code] = await reader.detect(video);
          if (code !== undefined && fits(code.rawValue)) return close(code.rawValue);
          if (code !== undefined) status.textContent = app.t("scan.other");
          await new Promise((resolve) => setTimeout(resolve, 150));
        }
      } catch {
        status.textContent = app.t("scan.none");
      }
    };
    void look();
    return h("div", { class: "camera" }, video, status);
  });
  isOpen = false;
  for (const track of stream?.getTracks() ?? []) track.stop();
  return found;
}

const canScan = (): boolean => typeof BarcodeDetector !== "undefined";

function enter(app: App, link: Link | undefined): void {
  if (link === undefined) void tell(app, app.t("enrol.nolink.title"), h("p", {}, app.t("enrol.nolink")));
  else {
    sessionStorage.setItem("moi", JSON.stringify(link));
    app.go("enrol");
  }
}

/** The ways in: a code, or a pasted link. */
function ways(app: App): Child {
  const field = h("input", { type: "url", id: "link", inputmode: "url", autocomplete: "off", placeholder: "https://…/app#moi=…" });
  return [
    canScan() && h("button", { type: "button", class: "primary large", onclick: () => void scan(app, (text) => readLink(text) !== undefined).then((text) => text !== undefined && enter(app, readLink(text))) }, icon("scan"), app.t("enrol.scan")),
    h(
      "form",
      { class: "paste", onsubmit: (event: Event) => { event.preventDefault(); enter(app, readLink(field.value)); } },
      h("label", { for: "link" }, app.t(canScan() ? "enrol.orpaste" : "enrol.paste")),
      field,
      h("button", { type: "submit", class: canScan() ? "second" : "primary large" }, app.t("enrol.open")),
    ),
  ];
}

export const welcome: Screen = {
  bare: true,
  draw: (app) =>
    h(
      "div",
      { class: "page welcome" },
      languages(app),
      h("div", { class: "mark-large" }, icon("plant", 72)),
      h("h1", { tabindex: "-1" }, app.t("welcome.title")),
      h("p", { class: "lead" }, app.t("welcome.lead")),
      ways(app),
    ),
};

/** Digits for a PIN, one after the other. */
function pinPad(app: App, title: string, lead: string, done: (pin: string) => void | Promise<void>): HTMLElement {
  let pin = "";
  const dots = h("output", { class: "dots", "aria-live": "off" });
  const status = h("p", { class: "small", role: "status" }, lead);
  const ok = h("button", { type: "button", class: "primary", onclick: () => void press("ok") }, app.t("done"));
  const draw = (): void => {
    dots.textContent = "•".repeat(pin.length) || "–";
    ok.disabled = !isPin(pin);
  };
  const press = async (key: string): Promise<void> => {
    if (key === "ok") {
      ok.disabled = true;
      try {
        await done(pin);
      } catch (error) {
        if (!(error instanceof WrongPin)) throw error;
        status.textContent = app.t("pin.wrong");
      }
      pin = "";
    } else if (key === "back") pin = pin.slice(0, -1);
    else if (pin.length < 8) pin += key;
    draw();
  };
  const button = (key: string) => h("button", { type: "button", onclick: () => void press(key) }, key);
  draw();
  return h(
    "div",
    { class: "pad", "aria-label": title },
    dots,
    status,
    h("div", { class: "keys" }, ["1", "2", "3", "4", "5", "6", "7", "8", "9"].map(button), h("span", {}), button("0"), h("button", { type: "button", "aria-label": app.t("erase"), onclick: () => void press("back") }, icon("erase"))),
    ok,
  );
}

/** Asks for a new PIN twice. */
export async function newPin(app: App): Promise<string | undefined> {
  const once = (lead: string) => sheet<string>(app.t("pin.new"), app.t("close"), (close) => pinPad(app, app.t("pin.new"), lead, (pin) => close(pin)));
  const first = await once(app.t("pin.new.lead"));
  if (first === undefined) return undefined;
  const second = await once(app.t("pin.again"));
  if (second === first) return first;
  if (second !== undefined) await tell(app, app.t("pin.differs"), h("p", {}, app.t("pin.differs.text")));
  return undefined;
}

export const people: Screen = {
  bare: true,
  draw(app) {
    const choose = async (person: Person): Promise<void> => {
      if (!needsPin(person.kept)) {
        await app.choose(person, "");
        return app.go("");
      }
      await sheet<true>(person.name, app.t("close"), (close) =>
        pinPad(app, person.name, app.t("pin.ask"), async (pin) => {
          await app.choose(person, pin);
          close(true);
          app.go("");
        }),
      );
    };
    return h(
      "div",
      { class: "page people" },
      h("header", { class: "bar" }, app.person !== undefined && app.signer !== undefined && h("button", { type: "button", class: "round", "aria-label": app.t("back"), onclick: () => app.go("") }, icon("back")), h("h1", { tabindex: "-1" }, app.t("people"))),
      h("p", { class: "lead" }, app.t("people.lead")),
      h("ul", { class: "faces" }, app.people.map((one) => h("li", {}, h("button", { type: "button", onclick: () => void choose(one) }, portrait(one, "large"), h("b", {}, one.name), h("small", {}, one.enrolment === undefined ? one.organisationName : app.t("enrol.waiting")))))),
      h("details", { class: "more", open: app.people.length === 0 }, h("summary", {}, app.t("people.add")), ways(app)),
    );
  },
};

/** The invitation that was opened, from the address or from the screen before. */
function opened(): Link | undefined {
  const fromAddress = readLink(location.hash);
  if (fromAddress !== undefined) {
    sessionStorage.setItem("moi", JSON.stringify(fromAddress));
    return fromAddress;
  }
  try {
    return JSON.parse(sessionStorage.getItem("moi") ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}

const FAILURES: ReadonlySet<string> = new Set(["invitation-unknown", "invitation-used", "invitation-expired", "invitation-unreadable", "ledger-other", "network"]);

export const enrol: Screen = {
  bare: true,
  async draw(app) {
    const link = opened();
    if (link === undefined) {
      app.go(app.people.length === 0 ? "" : "people");
      return h("div");
    }
    const already = app.people.find((one) => one.enrolment === link.id);
    if (already !== undefined) {
      app.person = already;
      app.go("waiting");
      return h("div");
    }
    const offered = await app.enrolments.look(link, app.language);
    if ("failed" in offered) {
      const key = FAILURES.has(offered.failed) ? offered.failed : "other";
      return h("div", { class: "page" }, h("h1", { tabindex: "-1" }, app.t("enrol.failed")), notice("doubt", h("p", {}, app.t(`enrol.${key}`))), h("div", { class: "foot" }, h("button", { type: "button", class: "primary", onclick: () => void app.show() }, app.t("tryagain")), h("button", { type: "button", class: "second", onclick: () => leave(app) }, app.t("cancel"))));
    }
    if (offered.state !== "open") {
      const key = offered.state === "expired" ? "invitation-expired" : "invitation-used";
      return h("div", { class: "page" }, h("h1", { tabindex: "-1" }, app.t("enrol.failed")), notice("doubt", h("p", {}, app.t(`enrol.${key}`))), h("button", { type: "button", class: "second", onclick: () => leave(app) }, app.t("back")));
    }
    return joining(app, link, offered, await makesDeviceKeys());
  },
};

function leave(app: App): void {
  sessionStorage.removeItem("moi");
  app.go("");
}

function joining(app: App, link: Link, offered: Offered, isDevice: boolean): HTMLElement {
  let [picture, pin]: [string | undefined, string | undefined] = [undefined, undefined];
  // Several people on one phone are told apart by a PIN; a seed lies sealed under one.
  const mustPin = !isDevice || app.people.length > 0;
  const name = h("input", { type: "text", id: "name", maxlength: 80, autocomplete: "name", value: link.name });
  const shown = h("span", { class: "portrait large" }, icon("person", 40));
  const photo = h("input", {
    type: "file",
    accept: "image/*",
    capture: "user",
    class: "vh",
    id: "face",
    onchange: (event: Event) => {
      const file = (event.target as HTMLInputElement).files?.[0];
      if (file === undefined) return;
      void face(file).then((found) => {
        picture = found;
        if (found !== undefined) shown.replaceChildren(h("img", { src: found, alt: "" }));
      });
    },
  });
  const pinned = h("small", {}, app.t(mustPin ? "pin.needed" : "pin.optional"));
  const accept = h("button", { type: "button", class: "primary large", onclick: () => void take() }, icon("check"), app.t("enrol.accept"));
  const setPin = async (): Promise<void> => {
    pin = (await newPin(app)) ?? pin;
    if (pin !== undefined) pinned.textContent = app.t("pin.set");
  };
  const take = async (): Promise<void> => {
    if (name.value.trim() === "") return name.focus();
    if (mustPin && pin === undefined) {
      await setPin();
      if (pin === undefined) return;
    }
    accept.disabled = true;
    try {
      const person = await app.enrolments.accept(link, offered, { name: name.value.trim(), ...(pin === undefined ? {} : { pin }), ...(picture === undefined ? {} : { picture }) });
      sessionStorage.removeItem("moi");
      await app.load();
      await app.choose(person, pin ?? "");
      void navigator.storage?.persist?.();
      app.go("waiting");
    } catch (error) {
      accept.disabled = false;
      await tell(app, app.t("failed.title"), h("p", {}, app.t("failed.text")), h("pre", {}, String(error)));
    }
  };
  const roles = rolesOf(offered.invitation.roles).map((role) => h("li", {}, icon("check", 20), app.t(`role.${role}`)));
  return h(
    "div",
    { class: "page" },
    h("h1", { tabindex: "-1" }, app.t("enrol.title", { org: offered.organisation })),
    h("p", { class: "lead" }, app.t("enrol.lead")),
    h("section", {}, h("h2", {}, app.t("enrol.may")), h("ul", { class: "checks" }, roles), offered.invitation.not_after_ms < FOR_EVER && h("p", { class: "small" }, app.t("enrol.until", { day: day(app, vietnamDay(offered.invitation.not_after_ms)) }))),
    h("section", { class: "me" }, h("label", { for: "face", class: "face" }, shown, h("span", {}, app.t("enrol.photo"))), photo, h("div", {}, h("label", { for: "name" }, app.t("enrol.name")), name, h("p", { class: "small" }, app.t("enrol.name.note")))),
    h("button", { type: "button", class: "second", onclick: () => void setPin() }, h("span", { class: "words" }, h("b", {}, app.t("pin.set.button")), pinned)),
    !isDevice && notice("note", h("p", {}, app.t("key.seed"))),
    h("div", { class: "foot still" }, accept, h("button", { type: "button", class: "second", onclick: () => leave(app) }, app.t("cancel"))),
  );
}

export const waiting: Screen = {
  live: true,
  async draw(app) {
    const { person } = app;
    if (person?.enrolment === undefined) {
      app.go("");
      return h("div");
    }
    const digits = comparison(person.enrolment, person.key) ?? "";
    const sent = await app.enrolments.answer(person);
    const failed = sent === "sent" ? undefined : sent.failed;
    return page(
      app,
      app.t("enrol.waiting"),
      failed !== undefined && failed !== "network" && notice("doubt", h("p", {}, app.t(FAILURES.has(failed) ? `enrol.${failed}` : "enrol.other"))),
      failed === "network" && notice("wait", h("p", {}, app.t("offline"))),
      h("p", { class: "lead" }, app.t("enrol.digits.lead", { org: person.organisationName })),
      h("p", { class: "digits", "aria-label": spaced(digits) }, digits.slice(0, 3), " ", digits.slice(3)),
      h("p", {}, app.t("enrol.digits.why")),
      notice("note", h("p", {}, app.t("enrol.meanwhile"))),
      h("div", { class: "foot" }, h("button", { type: "button", class: "second", onclick: () => app.postman.wake() }, app.t("enrol.ask")), h("button", { type: "button", class: "primary large", onclick: () => app.go("") }, app.t("enrol.start"))),
    );
  },
};
