/** Members and their devices: who comes in, who holds which key, what a lost phone may still say. */

import { KIND } from "../../../../verifier/src/core/record.ts";
import { dayAfter, vietnamDay } from "../../core/calendar.ts";
import { comparison } from "../../core/digests.ts";
import { utf8 } from "../../../../verifier/src/core/bytes.ts";
import { type Desk, Failed, type Screen } from "../desk.ts";
import { button, type Child, facts, h, mark, notice, short, type Tone } from "../dom.ts";
import { ask, drawer, tell } from "../drawer.ts";
import { type Answered, delegationOf, invite, type KeptInvitation, linkOf, readEnrolments, ROLES, rolesOf } from "../enrol.ts";
import { form } from "../formview.ts";
import { type Json, object, objects, string, strings, whole } from "../json.ts";
import { qr } from "../qr.ts";
import { withRoot } from "../root.ts";
import { table } from "../table.ts";
import { day, moment, say } from "../words.ts";
import { keepPerson, revoke, signControl } from "./chains.ts";
import { ask as askErasure, PERSON_OF_DELEGATION } from "./erasures.ts";

const roleWords = (roles: readonly string[]): string => (roles.length === 0 ? "–" : roles.map((role) => say(`role.${role}`)).join(", "));

const STATES: Readonly<Record<string, Tone>> = { open: "wait", answered: "doubt", admitted: "good", expired: "gone" };

export const members: Screen = {
  title: "members",
  async draw(desk, argument) {
    const [answer, laid] = await Promise.all([desk.get<Json>("/api/v1/desk/members"), desk.get<unknown>("/api/v1/desk/enrolments")]);
    const all = objects(answer["members"]);
    const invitations = readEnrolments(laid);
    const waiting = invitations.filter((one) => one.state === "answered");
    if (argument === "new") queueMicrotask(() => void newMember(desk));
    return [
      h("div", { class: "head" }, h("h1", { tabindex: "-1" }, say("members")), button(say("members.new"), () => newMember(desk), "primary", { "data-key": "n" })),
      h("p", { class: "small" }, say("members.noted"), " ", h("a", { href: "#looks" }, say("looks"))),
      waiting.length > 0 && notice("doubt", h("b", {}, say("members.waiting", { n: waiting.length })), h("p", {}, say("members.waiting.text"))),
      await invitationTable(desk, invitations.filter((one) => one.state !== "admitted")),
      memberTable(desk, all),
    ];
  },
};

const nameOf = (member: Json): string => string(object(member["person"])["name"]) ?? (member["person_erased"] === true ? say("member.erased") : member["rights"] === "root" ? say("member.root") : say("member.unnamed"));

function stateOf(member: Json): Child {
  if (member["revoked"] !== null && member["revoked"] !== undefined && member["revoked"] !== false) return mark("gone", say("member.revoked"));
  if (member["rights"] === "former-root") return mark("gone", say("member.former"));
  if (member["frozen"] === true) return mark("stop", say("member.frozen"));
  const until = whole(member["not_after_ms"]);
  if (until !== undefined && until < Date.now()) return mark("gone", say("member.expired"));
  return mark("good", say("member.good"));
}

function memberTable(desk: Desk, all: readonly Json[]): Child {
  return h(
    "section",
    {},
    h("h2", {}, say("members.devices")),
    table<Json>({
      label: say("members.devices"),
      rows: all,
      text: (one) => `${nameOf(one)} ${string(object(one["person"])["phone"]) ?? ""} ${string(one["key"]) ?? ""} ${roleWords(strings(one["roles"]))}`,
      open: (one) => void showMember(desk, one),
      empty: say("members.none"),
      columns: [
        { title: say("member.name"), by: nameOf, cell: nameOf },
        { title: say("member.phone"), cell: (one) => string(object(one["person"])["phone"]) ?? "–" },
        { title: say("member.roles"), cell: (one) => (one["rights"] === "root" ? say("role.all") : roleWords(strings(one["roles"]))) },
        { title: say("member.until"), by: (one) => whole(one["not_after_ms"]) ?? 0, cell: (one) => (whole(one["not_after_ms"]) === undefined ? "–" : day(vietnamDay(whole(one["not_after_ms"]) ?? 0))) },
        { title: say("member.records"), isNumber: true, by: (one) => (whole(object(one["head"])["seq"]) ?? -1) + 1, cell: (one) => String((whole(object(one["head"])["seq"]) ?? -1) + 1) },
        { title: say("member.key"), cell: (one) => short(string(one["key"]) ?? "") },
        { title: say("state"), cell: stateOf },
      ],
    }),
  );
}

async function showMember(desk: Desk, member: Json): Promise<void> {
  const key = string(member["key"]) ?? "";
  const isEnded = member["revoked"] !== null && member["revoked"] !== undefined && member["revoked"] !== false;
  const isRoot = member["rights"] !== "delegated";
  const person = object(member["person"]);
  const done = await drawer<boolean>(nameOf(member), (close) => [
    facts(
      [say("member.phone"), string(person["phone"]) ?? ""],
      [say("member.work"), string(person["role"]) ?? ""],
      [say("member.roles"), isRoot ? say("role.all") : roleWords(strings(member["roles"]))],
      [say("member.until"), whole(member["not_after_ms"]) === undefined ? "" : day(vietnamDay(whole(member["not_after_ms"]) ?? 0))],
      [say("state"), stateOf(member)],
      [say("member.key"), h("code", { class: "whole" }, key)],
      [say("member.delegated"), string(object(member["delegated"])["event_id"]) === undefined ? "" : h("a", { href: `/api/v1/records/${string(object(member["delegated"])["event_id"])}`, target: "_blank", rel: "noopener" }, `#${whole(object(member["delegated"])["index"]) ?? ""}`)],
    ),
    member["frozen"] === true && notice("stop", say("member.frozen.text")),
    isRoot && notice("note", say("member.root.text")),
    key === desk.person?.key && notice("note", say("member.self")),
    string(person["name"]) !== undefined && string(object(member["delegated"])["event_id"]) !== undefined && h("div", { class: "buttons" }, button(say("member.forget"), async () => {
      if (!(await ask(say("member.forget"), say("member.forget.do"), h("p", {}, say("erasures.stays"))))) return;
      await askErasure(desk, { event: string(object(member["delegated"])["event_id"]) ?? "", section: PERSON_OF_DELEGATION, reason: 1 });
      close();
      desk.go("erasures");
    })),
    !isEnded && !isRoot && key !== desk.person?.key && h("div", { class: "buttons" }, button(say("member.lost"), async () => ((await revoke(desk, member, strings(member["roles"]).includes("admin"))) === true ? close(true) : undefined), "danger"), button(say("member.newphone"), () => { close(); void newMember(desk, { name: string(person["name"]) ?? "", phone: string(person["phone"]) ?? "", work: string(person["role"]) ?? "", roles: strings(member["roles"]).join("\n") }); })),
  ]);
  if (done === true) await desk.show();
}

// Invitations.

async function newMember(desk: Desk, values: Readonly<Record<string, string>> = {}): Promise<void> {
  const isRoot = desk.who?.key.rights === "root";
  const today = vietnamDay(desk.clock.now());
  const made = await drawer<KeptInvitation>(say("members.new"), (close) => [
    h("p", { class: "small" }, say("invite.text")),
    form<KeptInvitation>({
      submit: say("invite.make"),
      values: { roles: "diary\nlot", until: dayAfter(today, 730), days: "7", ...values },
      fields: [
        { name: "name", label: say("member.name"), required: true, help: say("invite.name.help"), maxlength: 120 },
        { name: "phone", label: say("member.phone"), kind: "tel", maxlength: 20 },
        { name: "work", label: say("member.work"), help: say("invite.work.help"), maxlength: 80, beside: true },
        { name: "roles", label: say("member.roles"), kind: "pick", required: true, options: ROLES.filter((role) => role !== "admin" || isRoot).map((role) => ({ value: role, label: say(`role.${role}`), detail: say(`role.${role}.help`) })), ...(isRoot ? {} : { help: say("invite.admin.help") }) },
        { name: "until", label: say("member.until"), kind: "date", required: true },
        { name: "days", label: say("invite.days"), kind: "number", required: true, beside: true },
      ],
      read: (given) => invite(given, { ledger: desk.person?.ledger ?? "", organisation: desk.organisation, nowMs: desk.clock.now(), isRoot }),
      done: async (kept) => {
        // Kept first: an invitation whose person this device has forgotten could never be confirmed.
        await desk.db.put("things", kept, `invitation ${kept.id}`);
        await keepPerson(desk, kept);
        await desk.send("PUT", `/api/v1/desk/enrolments/${kept.id}`, utf8(JSON.stringify({ invitation: kept.invitation, expires_at_ms: kept.expiresMs })));
        close(kept);
      },
    }),
  ]);
  if (made === undefined) return;
  await showCode(desk, made);
  await desk.show();
}

/** The code that the phone scans, and the link for a message. */
async function showCode(desk: Desk, kept: KeptInvitation): Promise<void> {
  const ledger = await desk.open<Json>("/api/v1/ledger");
  const base = (string(ledger["public_base_url"]) ?? location.origin).replace(/\/$/, "");
  const link = linkOf(base, kept, desk.organisationName);
  const copied = h("span", { role: "status", class: "small" });
  await drawer(say("invite.code.title", { name: kept.name }), () => [
    h("div", { class: "code" }, qr(link, say("invite.code.label", { name: kept.name })), h("ol", { class: "steps" }, h("li", {}, say("invite.step.scan")), h("li", {}, say("invite.step.compare")), h("li", {}, say("invite.step.confirm")))),
    h("p", {}, h("label", {}, say("invite.link"), h("input", { class: "link", readonly: true, value: link, onfocus: (event: Event) => (event.target as HTMLInputElement).select() }))),
    h("div", { class: "buttons" }, button(say("copy"), () => navigator.clipboard.writeText(link).then(() => (copied.textContent = say("copied")), () => (copied.textContent = say("copied.not")))), copied),
    h("p", { class: "small" }, say("invite.secret", { day: moment(kept.expiresMs) })),
  ]);
}

async function invitationTable(desk: Desk, all: readonly Answered[]): Promise<Child> {
  if (all.length === 0) return false;
  const kept = new Map<string, KeptInvitation>();
  for (const one of all) {
    const own = await desk.db.get<KeptInvitation>("things", `invitation ${one.id}`);
    if (own !== undefined) kept.set(one.id, own);
  }
  const name = (one: Answered): string => kept.get(one.id)?.name ?? say("invite.elsewhere");
  return h(
    "section",
    {},
    h("h2", {}, say("invitations")),
    table<Answered>({
      label: say("invitations"),
      rows: all,
      open: (one) => void showInvitation(desk, one, kept.get(one.id)),
      empty: "",
      columns: [
        { title: say("member.name"), by: name, cell: name },
        { title: say("member.roles"), cell: (one) => roleWords(one.invitation === undefined ? [] : rolesOf(one.invitation.roles)) },
        { title: say("invite.expires"), by: (one) => one.expiresMs, cell: (one) => moment(one.expiresMs) },
        { title: say("state"), by: (one) => one.state, cell: (one) => mark(STATES[one.state] ?? "note", say(`invite.${one.state}`)) },
      ],
    }),
  );
}

async function showInvitation(desk: Desk, one: Answered, kept: KeptInvitation | undefined): Promise<void> {
  if (one.state === "answered") return confirmDevice(desk, one, kept);
  if (one.state === "open" && kept !== undefined) {
    const again = await drawer<"code" | "withdraw">(kept.name, (close) => [h("p", {}, say("invite.open.text")), h("div", { class: "buttons" }, button(say("invite.show"), () => close("code"), "primary"), button(say("invite.withdraw"), () => close("withdraw"), "danger"))], "middle");
    if (again === "code") return showCode(desk, kept);
    if (again !== "withdraw") return;
  } else if (!(await ask(say("invite.withdraw"), say("invite.withdraw"), h("p", {}, say("invite.withdraw.text"))))) return;
  await desk.withdraw(`/api/v1/desk/enrolments/${one.id}`);
  await desk.show();
}

/** Compares the digits with whoever holds the phone, and gives it its rights. */
async function confirmDevice(desk: Desk, one: Answered, kept: KeptInvitation | undefined): Promise<void> {
  const device = one.answer?.device ?? "";
  const found = await delegationOf(kept, one);
  const digits = comparison(one.id, device) ?? "";
  const needsRoot = (kept?.invitation.roles ?? 0) >= 32 && desk.who?.key.rights !== "root";
  const done = await drawer<boolean>(say("confirm.title"), (close) => {
    if ("distrust" in found) return [notice("stop", h("b", {}, say("confirm.not")), h("p", {}, say(`confirm.${found.distrust}`)))];
    const seen = h("input", { type: "checkbox" });
    const press = h("button", { type: "button", class: "primary", disabled: true }, say("confirm.sign"));
    seen.addEventListener("change", () => (press.disabled = !seen.checked));
    press.addEventListener("click", () => {
      press.disabled = true;
      void (async () => {
        const options = kept?.person === undefined ? {} : { person: kept.person };
        const summary = { step: "delegate", what: kept?.name ?? "" };
        if (needsRoot) {
          if ((await withRoot(desk, (author) => signControl(desk, KIND.delegate, found.control, summary, { ...options, author }))) === undefined) return;
        } else await signControl(desk, KIND.delegate, found.control, summary, options);
        close(true);
      })().catch((error: unknown) => tell(say("error.title"), error instanceof Failed ? desk.failure(error) : h("pre", {}, String(error))));
    });
    return [
      facts([say("member.name"), kept?.name ?? ""], [say("member.roles"), roleWords(rolesOf(kept?.invitation.roles ?? 0))], [say("member.until"), day(vietnamDay(kept?.invitation.not_after_ms ?? 0))], [say("member.key"), short(device)]),
      h("p", {}, say("confirm.digits")),
      h("p", { class: "digits", "aria-label": digits.split("").join(" ") }, `${digits.slice(0, 3)} ${digits.slice(3)}`),
      h("label", { class: "tick" }, seen, h("span", {}, say("confirm.seen"))),
      needsRoot && notice("wait", say("confirm.root")),
      h("div", { class: "buttons" }, press, button(say("confirm.wrong"), async () => {
        await desk.withdraw(`/api/v1/desk/enrolments/${one.id}`);
        close(true);
      }, "danger")),
      h("p", { class: "small" }, say("confirm.wrong.text")),
    ];
  });
  if (done === true) await desk.show();
}

/** Who looked at names. */
export const looks: Screen = {
  title: "looks",
  async draw(desk) {
    const all = objects((await desk.get<Json>("/api/v1/desk/looks"))["looks"]);
    const keys = new Map(desk.people.map((one) => [one.key, one.name]));
    return [
      h("h1", { tabindex: "-1" }, say("looks")),
      h("p", { class: "small" }, say("looks.text")),
      table<Json>({
        label: say("looks"),
        rows: all,
        text: (one) => `${string(one["key"]) ?? ""} ${string(one["what"]) ?? ""}`,
        empty: say("looks.none"),
        columns: [
          { title: say("when"), by: (one) => whole(one["at_ms"]) ?? 0, cell: (one) => moment(whole(one["at_ms"]) ?? 0) },
          { title: say("looks.key"), cell: (one) => [keys.get(string(one["key"]) ?? "") ?? "", " ", short(string(one["key"]) ?? "")] },
          { title: say("looks.what"), cell: (one) => (one["what"] === "members" ? say("members") : string(one["what"]) ?? "") },
        ],
      }),
    ];
  },
};
