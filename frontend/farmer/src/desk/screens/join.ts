/** Coming in by an invitation at a laptop: the key is made here, six digits are read out, and somebody's own key gives the rights. */

import { comparison } from "../../core/digests.ts";
import { isPin, makesDeviceKeys } from "../../core/key.ts";
import { vietnamDay } from "../../core/calendar.ts";
import { type Person } from "../../core/store.ts";
import { Enrolments, type Link, type Offered, readLink, rolesOf } from "../../farmer/enrolment.ts";
import { type Desk, type Screen } from "../desk.ts";
import { button, type Child, facts, h, notice } from "../dom.ts";
import { form } from "../formview.ts";
import { Given } from "../forms/given.ts";
import { day, language, say } from "../words.ts";

/** Asked so often whether somebody has confirmed. */
const LOOK_MS = 3_000;

const enrolments = (desk: Desk): Enrolments => new Enrolments(desk.db, desk.server, desk.log);

/** The invitation in the address. The fragment stays in this browser; it is taken out of the address as soon as it was read. */
function opened(): Link | undefined {
  const link = readLink(location.hash);
  if (link !== undefined) {
    sessionStorage.setItem("moi", JSON.stringify(link));
    history.replaceState(null, "", "#join");
    return link;
  }
  try {
    return readLinkAgain(JSON.parse(sessionStorage.getItem("moi") ?? "null"));
  } catch {
    return undefined;
  }
}

const readLinkAgain = (value: unknown): Link | undefined => {
  const { id, name, org } = (value ?? {}) as Record<string, unknown>;
  return typeof id === "string" && typeof name === "string" && typeof org === "string" ? { id, name, org } : undefined;
};

export const join: Screen = {
  title: "join",
  async draw(desk) {
    const link = opened();
    const waiting = (await desk.db.all<Person>("people")).filter((one) => one.enrolment !== undefined);
    const mine = waiting.find((one) => link === undefined || one.enrolment === link.id);
    if (mine !== undefined) return wait(desk, mine);
    if (link === undefined) {
      desk.go("");
      return "";
    }
    const offered = await enrolments(desk).look(link, language());
    const failed = "failed" in offered ? offered.failed : offered.state !== "open" ? (offered.state === "expired" ? "invitation-expired" : "invitation-used") : undefined;
    if (failed !== undefined || "failed" in offered) {
      const key = ["invitation-unknown", "invitation-used", "invitation-expired", "ledger-other", "network"].includes(failed ?? "") ? failed : "other";
      return [h("h1", { tabindex: "-1" }, say("join.failed")), notice("doubt", say(`join.${key}`)), h("div", { class: "buttons" }, button(say("join.again"), () => desk.show(), "primary"), button(say("cancel"), () => { sessionStorage.removeItem("moi"); desk.go(""); }))];
    }
    return take(desk, link, offered, await makesDeviceKeys());
  },
};

function take(desk: Desk, link: Link, offered: Offered, isDevice: boolean): Child {
  // Several people at one device are told apart by a PIN; a seed lies sealed under one.
  const mustPin = !isDevice || desk.people.length > 0;
  return [
    h("h1", { tabindex: "-1" }, say("join.title", { org: offered.organisation })),
    h("p", { class: "lead" }, say("join.lead")),
    h("section", {}, facts([say("member.roles"), rolesOf(offered.invitation.roles).map((role) => say(`role.${role}`)).join(", ")], [say("member.until"), day(vietnamDay(offered.invitation.not_after_ms))])),
    !isDevice && notice("note", say("join.seed")),
    form<{ name: string; pin?: string }>({
      submit: say("join.take"),
      values: { name: link.name },
      fields: [
        { name: "name", label: say("member.name"), required: true, maxlength: 80 },
        { name: "pin", label: say("found.pin"), kind: "number", beside: true, required: mustPin, help: say(mustPin ? "join.pin" : "found.pin.help"), maxlength: 8 },
      ],
      read: (values) => {
        const given = new Given(values);
        const name = given.text("name", 80);
        const pin = (values["pin"] ?? "").trim();
        if (pin === "" ? mustPin : !isPin(pin)) given.fault("pin", "unlock.wrong");
        return given.read(() => ({ name, ...(pin === "" ? {} : { pin }) }));
      },
      done: async (chosen) => {
        await enrolments(desk).accept(link, offered, chosen);
        sessionStorage.removeItem("moi");
        void navigator.storage?.persist?.();
        await desk.show();
      },
    }),
  ];
}

/** The digits, until somebody has compared them. */
async function wait(desk: Desk, person: Person): Promise<Child> {
  const digits = comparison(person.enrolment ?? "", person.key) ?? "";
  const status = h("p", { role: "status" });
  const look = async (): Promise<void> => {
    const all = enrolments(desk);
    const sent = await all.answer(person);
    if (sent !== "sent" && sent.failed !== "network") {
      status.replaceChildren(notice("doubt", say(["invitation-used", "invitation-expired", "invitation-unknown"].includes(sent.failed) ? `join.${sent.failed}` : "join.other")));
    }
    if ((await all.state(person)) === "admitted") {
      await all.admitted(person);
      await desk.db.put("things", person.key, "desk person");
      location.hash = "";
      location.reload();
      return;
    }
    if (status.isConnected || document.body.dataset["screen"] === "join") setTimeout(() => void look().catch(console.warn), LOOK_MS);
  };
  void look().catch(console.warn);
  return [
    h("h1", { tabindex: "-1" }, say("join.wait")),
    h("p", { class: "lead" }, say("join.digits", { org: person.organisationName })),
    h("p", { class: "digits", "aria-label": digits.split("").join(" ") }, `${digits.slice(0, 3)} ${digits.slice(3)}`),
    h("p", {}, say("join.why")),
    status,
  ];
}
