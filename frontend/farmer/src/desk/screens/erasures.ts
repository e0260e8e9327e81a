/** Xóa dữ liệu riêng: what people asked to have erased, and what became of it. The operator erases; the record and every proof stay. */

import { utf8 } from "../../../../verifier/src/core/bytes.ts";
import { type Desk, type Screen } from "../desk.ts";
import { button, h, mark, notice, short, type Tone } from "../dom.ts";
import { drawer } from "../drawer.ts";
import { form } from "../formview.ts";
import { Given, type Read, type Values } from "../forms/given.ts";
import { type Json, objects, string, whole } from "../json.ts";
import { table } from "../table.ts";
import { moment, say } from "../words.ts";

const TONES: Readonly<Record<string, Tone>> = { waiting: "wait", erased: "good", refused: "stop" };

export interface Wish {
  readonly event: string;
  readonly section: number;
  readonly reason: number;
}

/** The person of a delegation (FORMAT.md, "Control bodies"). */
export const PERSON_OF_DELEGATION = 255;
export const REASONS = ["consent", "purpose", "unlawful", "error"] as const;

export function readWish(values: Values): Read<Wish> {
  const given = new Given(values);
  const event = (values["event"] ?? "").trim().toLowerCase().replace(/^.*([0-9a-f]{64}).*$/s, "$1");
  if (!/^[0-9a-f]{64}$/.test(event)) given.fault("event", "erasures.event");
  const which = given.one("which", ["person", "place", "delegation", "other"]);
  const section = which === "delegation" ? PERSON_OF_DELEGATION : which === "other" ? given.whole("section", 1, 31) : 1;
  const reason = REASONS.indexOf(given.one("reason", REASONS)) + 1;
  return given.read(() => ({ event, section, reason }));
}

export const ask = (desk: Desk, wish: Wish): Promise<unknown> => desk.send("PUT", "/api/v1/desk/erasures", utf8(JSON.stringify(wish)));

export const erasures: Screen = {
  title: "erasures",
  async draw(desk) {
    const all = objects((await desk.get<Json>("/api/v1/desk/erasures"))["erasures"]);
    const section = (one: Json): string => (one["section"] === PERSON_OF_DELEGATION ? say("erasures.delegation") : say("erasures.section", { n: whole(one["section"]) ?? 0 }));
    return [
      h("div", { class: "head" }, h("h1", { tabindex: "-1" }, say("erasures")), button(say("erasures.new"), () => wish(desk), "primary", { "data-key": "n" })),
      h("p", { class: "small" }, say("erasures.lead")),
      table<Json>({
        label: say("erasures"),
        rows: all,
        text: (one) => string(one["event"]) ?? "",
        empty: say("erasures.none"),
        columns: [
          { title: say("outbox.record"), cell: (one) => h("a", { href: `/api/v1/records/${string(one["event"]) ?? ""}`, target: "_blank", rel: "noopener" }, short(string(one["event"]) ?? "")) },
          { title: say("erasures.what"), cell: section },
          { title: say("erasures.why"), cell: (one) => say(`erasures.reason.${REASONS[(whole(one["reason"]) ?? 0) - 1] ?? "other"}`) },
          { title: say("when"), by: (one) => whole(one["asked_at_ms"]) ?? 0, cell: (one) => moment(whole(one["asked_at_ms"]) ?? 0) },
          { title: say("looks.key"), cell: (one) => short(string(one["asked_by"]) ?? "") },
          { title: say("state"), by: (one) => string(one["state"]) ?? "", cell: (one) => [mark(TONES[string(one["state"]) ?? ""] ?? "note", say(`erasures.${string(one["state"]) ?? "waiting"}`)), string(one["answer"]) === undefined ? false : h("small", {}, ` ${string(one["answer"])}`)] },
        ],
      }),
    ];
  },
};

async function wish(desk: Desk): Promise<void> {
  await drawer(say("erasures.new"), (close) => [
    notice("note", say("erasures.stays")),
    form<Wish>({
      submit: say("erasures.send"),
      fields: [
        { name: "event", label: say("erasures.record"), required: true, help: say("erasures.record.help"), maxlength: 300 },
        { name: "which", label: say("erasures.what"), kind: "select", options: (["person", "place", "delegation", "other"] as const).map((value) => ({ value, label: say(`erasures.${value}`) })) },
        { name: "section", label: say("erasures.number"), kind: "number", beside: true, maxlength: 2 },
        { name: "reason", label: say("erasures.why"), kind: "select", options: REASONS.map((value) => ({ value, label: say(`erasures.reason.${value}`) })) },
      ],
      changed: (values, whole_) => whole_.querySelector('[data-field="section"]')?.toggleAttribute("hidden", values["which"] !== "other"),
      read: readWish,
      done: async (one) => {
        await ask(desk, one);
        close();
        await desk.show();
      },
    }),
  ]);
}
