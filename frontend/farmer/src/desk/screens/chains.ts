/** Keys and their chains: a lost phone is ended, a fork is resolved, a record that waits is let in or left outside. */

import { hex, unbase64, type Bytes } from "../../../../verifier/src/core/bytes.ts";
import { KIND, type Kind, parseRecord } from "../../../../verifier/src/core/record.ts";
import { adoption, type Opening, revocation } from "../../core/draft.ts";
import { type Author } from "../../core/book.ts";
import { type Entry, type Summary } from "../../core/store.ts";
import { type Desk } from "../desk.ts";
import { button, type Child, facts, h, notice, short } from "../dom.ts";
import { drawer, tell } from "../drawer.ts";
import { Given, type Read, type Values } from "../forms/given.ts";
import { form } from "../formview.ts";
import { type Json, object, string, whole } from "../json.ts";
import { type KeptInvitation } from "../enrol.ts";
import { withRoot } from "../root.ts";
import { moment, named, say } from "../words.ts";

/** Signs a control record, as this device or as a root that was lent for it. */
export async function signControl(desk: Desk, kind: Kind, body: Bytes, summary: Omit<Summary, "timeMs">, options: { readonly person?: Opening; readonly author?: Author } = {}): Promise<Entry> {
  const saying = { summary: { ...summary, timeMs: desk.clock.now() } };
  const entry = await desk.book().control(options.author ?? desk.author(), kind, body, saying, options.person);
  desk.forget();
  desk.wake();
  return entry;
}

/** Reasons of a revocation: the organisation's own list of numbers (FORMAT.md: two bytes, unexplained). */
export const REVOKE_REASONS = ["lost", "stolen", "left", "changed", "other"] as const;

export interface Revoking {
  readonly key: string;
  readonly lastGood: number | undefined;
  readonly reason: number;
}

/** Reads the form that ends a key. `head` is the seq of its last accepted record. */
export function readRevocation(values: Values, key: string, head: number | undefined): Read<Revoking> {
  const given = new Given(values);
  const reason = given.one("reason", REVOKE_REASONS);
  const which = given.one("which", ["all", "none", "until"]);
  const until = which === "until" ? given.whole("seq", 0, head ?? 0) : undefined;
  return given.read(() => ({
    key,
    reason: REVOKE_REASONS.indexOf(reason) + 1,
    lastGood: which === "none" || head === undefined ? undefined : which === "all" ? head : until,
  }));
}

export function revoke(desk: Desk, member: Json, isAdmin: boolean): Promise<boolean | undefined> {
  const key = string(member["key"]) ?? "";
  const head = whole(object(member["head"])["seq"]);
  const name = string(object(member["person"])["name"]) ?? "";
  return drawer<boolean>(say("revoke.title"), (close) => [
    facts([say("member.name"), name || say("member.unnamed")], [say("member.key"), short(key)], [say("member.records"), head === undefined ? say("member.norecords") : String(head + 1)]),
    notice("doubt", h("p", {}, say("revoke.text"))),
    isAdmin && desk.who?.key.rights !== "root" && notice("wait", say("revoke.root")),
    form<Revoking>({
      submit: say("revoke.sign"),
      values: { reason: "lost", which: "all", seq: String(head ?? 0) },
      fields: [
        { name: "reason", label: say("revoke.reason"), kind: "select", options: REVOKE_REASONS.map((one) => ({ value: one, label: say(`revoke.reason.${one}`) })) },
        {
          name: "which",
          label: say("revoke.which"),
          kind: "select",
          help: say("revoke.which.help"),
          options: [
            { value: "all", label: say("revoke.all", { n: (head ?? -1) + 1 }) },
            { value: "until", label: say("revoke.until") },
            { value: "none", label: say("revoke.none") },
          ],
        },
        { name: "seq", label: say("revoke.seq"), kind: "number", help: say("revoke.seq.help"), beside: true },
      ],
      changed: (values, whole) => whole.querySelector('[data-field="seq"]')?.toggleAttribute("hidden", values["which"] !== "until"),
      read: (values) => readRevocation(values, key, head),
      done: async ({ lastGood, reason }) => {
        const body = revocation(key, lastGood, reason);
        const summary = { step: "revoke", what: name || key.slice(0, 8) };
        // An admin's key is the root's alone to end.
        if (isAdmin && desk.who?.key.rights !== "root") {
          const signed = await withRoot(desk, (author) => signControl(desk, KIND.revoke, body, summary, { author }));
          if (signed === undefined) return;
        } else await signControl(desk, KIND.revoke, body, summary);
        close(true);
      },
    }),
  ]);
}

/** A record that is kept aside: the organisation may take it on. */
export async function resolveHeld(desk: Desk, held: Json): Promise<void> {
  const event = string(held["event_id"]) ?? "";
  const reason = string(held["reason"]) ?? "";
  const done = await drawer<boolean>(say("held.title"), (close) => [
    facts([say("held.record"), short(event)], [say("member.key"), short(string(held["author"]) ?? "")], [say("held.place"), String(whole(held["seq"]) ?? "")], [say("held.came"), moment(whole(held["received_at_ms"]) ?? 0)]),
    notice(reason === "gap" ? "wait" : "doubt", h("b", {}, named("hold", reason)), h("p", {}, say(`hold.${reason}.text`))),
    reason !== "gap" && [
      h("p", {}, say("held.adopt.text")),
      h("div", { class: "buttons" }, button(say("held.adopt"), async () => {
        await signControl(desk, KIND.adopt, adoption([event]), { step: "adopt", what: event.slice(0, 8) });
        close(true);
      }, "primary"), button(say("held.leave"), () => close())),
    ],
  ]);
  if (done === true) await desk.show();
}

/** Two records for one place of a chain: three ways out. */
export async function resolveFork(desk: Desk, fork: Json): Promise<void> {
  const [key, first, other] = [string(fork["key"]) ?? "", string(fork["first"]) ?? "", string(fork["other"]) ?? ""];
  const members = (await desk.get<Json>("/api/v1/desk/members"))["members"];
  const member = (Array.isArray(members) ? members : []).map(object).find((one) => one["key"] === key) ?? {};
  const isAdmin = Array.isArray(member["roles"]) && member["roles"].includes("admin");
  const record = (event: string): Child => h("a", { href: `/api/v1/records/${event}`, target: "_blank", rel: "noopener" }, short(event));
  const done = await drawer<boolean>(say("fork.title"), (close) => [
    facts([say("member.name"), string(object(member["person"])["name"]) ?? say("member.unnamed")], [say("member.key"), short(key)], [say("fork.first"), record(first)], [say("fork.other"), record(other)]),
    notice("note", say("fork.text")),
    h(
      "div",
      { class: "choices" },
      choice(say("fork.adopt"), say("fork.adopt.text"), async () => {
        await signControl(desk, KIND.adopt, adoption([other]), { step: "adopt", what: other.slice(0, 8) });
        close(true);
      }),
      choice(say("fork.again"), say("fork.again.text"), async () => {
        if (await delegateAgain(desk, member)) close(true);
      }),
      choice(say("fork.revoke"), say("fork.revoke.text"), async () => {
        if ((await revoke(desk, member, isAdmin)) === true) close(true);
      }),
    ),
  ]);
  if (done === true) await desk.show();
}

const choice = (title: string, text: string, press: () => unknown): Child => h("div", { class: "choice" }, h("h3", {}, title), h("p", {}, text), button(title, press));

/** The rights of a delegation in the log, and the device's word for them: the first 140 bytes are signed again as they are. */
export const controlOf = (record: Bytes): { readonly control: Bytes; readonly person: string | undefined } => {
  const { control } = parseRecord(record);
  const person = hex(control.subarray(44, 76));
  return { control, person: /^0+$/.test(person) ? undefined : person };
};

/** Delegates a frozen key afresh, with the rights that it had. */
export async function delegateAgain(desk: Desk, member: Json): Promise<boolean> {
  const event = string(object(member["delegated"])["event_id"]);
  if (event === undefined) return false;
  const document = await desk.open<Json>(`/api/v1/records/${event}`);
  const record = unbase64(string(document["record"]) ?? "");
  if (record === undefined) return false;
  const { control, person } = controlOf(record);
  const opening = person === undefined ? undefined : (await desk.db.get<Opening>("things", `person ${person}`));
  if (person !== undefined && opening === undefined) {
    await tell(say("fork.again"), notice("wait", say("fork.again.elsewhere")));
    return false;
  }
  await signControl(desk, KIND.delegate, control, { step: "delegate", what: string(object(member["person"])["name"]) ?? "" }, opening === undefined ? {} : { person: opening });
  return true;
}

/** Keeps the contents of a person's section for a delegation that is said again. */
export const keepPerson = async (desk: Desk, kept: KeptInvitation): Promise<void> => {
  if (kept.person !== undefined && kept.invitation.person !== null) await desk.db.put("things", kept.person, `person ${kept.invitation.person}`);
};

