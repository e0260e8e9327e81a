/** Before the desk: nobody has a key on this device yet, or the key is behind a PIN. */

import { isPin, WrongPin } from "../../core/key.ts";
import { type Person } from "../../core/store.ts";
import { type Desk, type Screen } from "../desk.ts";
import { button, h, notice } from "../dom.ts";
import { form } from "../formview.ts";
import { Given } from "../forms/given.ts";
import { say } from "../words.ts";

export const welcome: Screen = {
  title: "welcome",
  async draw(desk) {
    const waiting = (await desk.db.all<Person>("people")).filter((one) => one.enrolment !== undefined);
    return [
      h("h1", { tabindex: "-1" }, say("welcome.title")),
      h("p", { class: "lead" }, say("welcome.lead")),
      waiting.length > 0 && notice("wait", h("b", {}, say("welcome.waiting")), h("p", {}, say("welcome.waiting.text")), h("p", {}, h("a", { href: "#join" }, say("welcome.app")))),
      h(
        "div",
        { class: "cards" },
        h(
          "section",
          {},
          h("h2", {}, say("welcome.invited")),
          h("p", {}, say("welcome.invited.text")),
          form<string>({
            submit: say("welcome.open"),
            fields: [{ name: "link", label: say("welcome.link"), required: true, maxlength: 6_000 }],
            read: (values) => {
              const given = new Given(values);
              const [, code] = /(?:^|#)moi=([A-Za-z0-9_-]{1,4000})/.exec((values["link"] ?? "").trim()) ?? [];
              if (code === undefined) given.fault("link", "welcome.nolink");
              return given.read(() => code ?? "");
            },
            done: (code) => desk.go(`moi=${code}`),
          }),
        ),
        h("section", {}, h("h2", {}, say("welcome.found")), h("p", {}, say("welcome.found.text")), h("div", { class: "buttons" }, h("a", { class: "primary", href: "#found" }, say("welcome.found.do")))),
      ),
    ];
  },
};

export const unlock: Screen = {
  title: "unlock",
  draw(desk) {
    return [
      h("h1", { tabindex: "-1" }, say("unlock.title", { name: desk.person?.name ?? "" })),
      h("p", { class: "lead" }, desk.person?.organisationName ?? ""),
      form<string>({
        submit: say("unlock.do"),
        fields: [{ name: "pin", label: say("unlock.pin"), kind: "number", required: true, maxlength: 8, help: say("unlock.help") }],
        read: async (values) => {
          const given = new Given(values);
          const pin = values["pin"] ?? "";
          if (!isPin(pin)) given.fault("pin", "unlock.wrong");
          else if (desk.person !== undefined) {
            try {
              await desk.choose(desk.person, pin);
            } catch (error) {
              if (!(error instanceof WrongPin)) throw error;
              given.fault("pin", "unlock.wrong");
            }
          }
          return given.read(() => pin);
        },
        done: async () => {
          await desk.meet();
          await desk.show();
        },
      }),
      people(desk),
    ];
  },
};

/** Others on this device. */
export function people(desk: Desk): HTMLElement {
  const others = desk.people.filter((one) => one.key !== desk.person?.key);
  return h("div", { class: "buttons" }, ...others.map((one) => button(say("unlock.other", { name: one.name }), async () => {
    await desk.db.put("things", one.key, "desk person");
    location.hash = "";
    location.reload();
  })));
}
