/** Excel in and out: a sheet is read by the server, looked at here, and signed row by row with this device's key, all or nothing. */

import { type Desk, Failed, type Screen } from "../desk.ts";
import { button, type Child, h, notice } from "../dom.ts";
import { drawer, tell } from "../drawer.ts";
import { invite, type KeptInvitation } from "../enrol.ts";
import { type Cell, NotASheet, readSheet, type Sheet, type SheetKind, SHEETS, tally } from "../forms/sheet.ts";
import { dayAfter, vietnamDay } from "../../core/calendar.ts";
import { preflight, DRAFTS_MAX, type Foresight } from "../preflight.ts";
import { foreseen, write } from "../signing.ts";
import { table } from "../table.ts";
import { count, either, named, say } from "../words.ts";
import { utf8 } from "../../../../verifier/src/core/bytes.ts";
import { save } from "./entries.ts";
import { keepPerson } from "./chains.ts";
import { type Draft } from "../forms/given.ts";
import { alone } from "../../core/store.ts";

/** The server takes no more. */
const BYTES_MAX = 8 << 20;
const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/** A sheet that was confirmed and is not signed to its end: kept, so that a closed browser goes on where it was. */
interface Job {
  readonly id: string;
  readonly kind: SheetKind;
  readonly organisation: string;
  readonly author: string;
  readonly drafts: readonly Draft[];
}
const JOB = "desk import";

export const sheets: Screen = {
  title: "sheets",
  async draw(desk) {
    const job = await desk.db.get<Job>("things", JOB);
    const open = job !== undefined && job.author === desk.person?.key ? job : undefined;
    const done = open === undefined ? 0 : await signedOf(desk, open);
    return [
      h("h1", { tabindex: "-1" }, say("sheets")),
      h("p", { class: "small" }, say("sheets.lead")),
      open !== undefined && notice("wait", h("b", {}, say("sheets.unfinished", { n: done, all: open.drafts.length })), h("p", {}, say("sheets.unfinished.text")), h("div", { class: "buttons" }, button(say("sheets.goon"), () => run(desk, open), "primary"))),
      h("div", { class: "cards" }, ...SHEETS.map((kind) => card(desk, kind, open !== undefined))),
    ];
  },
};

function card(desk: Desk, kind: SheetKind, isBusy: boolean): Child {
  const file = h("input", { type: "file", accept: ".xlsx,.csv", "aria-label": say("sheets.choose", { kind: named("sheet", kind) }), disabled: isBusy, name: kind });
  file.addEventListener("change", () => {
    const [chosen] = file.files ?? [];
    file.value = "";
    if (chosen !== undefined) void read(desk, kind, chosen);
  });
  const download = (path: string, name: string, isOpen: boolean) => async () => {
    try {
      const bytes = isOpen ? await openFile(desk, path) : await desk.file(path);
      save(name, bytes, XLSX);
    } catch (error) {
      await tell(named("sheet", kind), desk.failure(error));
    }
  };
  const may = kind === "members" ? desk.may("admin") : kind === "products" ? desk.may("commerce") : kind === "lots" ? desk.may("lot") : desk.may("diary");
  return h(
    "section",
    { class: "sheet" },
    h("h2", {}, named("sheet", kind)),
    h("p", { class: "small" }, say(`sheets.${kind}`)),
    may ? h("label", { class: "chooser" }, say("sheets.import"), file) : h("p", { class: "small" }, say("sheets.norole")),
    h("div", { class: "buttons" }, button(say("sheets.template"), download(`/api/v1/desk/template/${kind}.xlsx`, `mau-${kind}.xlsx`, true)), button(say("sheets.export"), download(`/api/v1/desk/export/${kind}.xlsx`, `${kind}-${vietnamDay(desk.clock.now())}.xlsx`, false))),
  );
}

async function openFile(desk: Desk, path: string): Promise<Uint8Array> {
  const answer = await desk.server.bytes({ path, patienceMs: 60_000 });
  if (answer.ok) return answer.value;
  throw new Failed(answer.problem);
}

async function read(desk: Desk, kind: SheetKind, file: File): Promise<void> {
  if (file.size > BYTES_MAX) return tell(file.name, notice("doubt", say("sheets.toolarge")));
  const mediaType = /\.csv$/i.test(file.name) ? "text/csv" : XLSX;
  let sheet: Sheet;
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    sheet = readSheet(await desk.send<unknown>("POST", `/api/v1/desk/import/${kind}`, bytes, mediaType), kind, desk.clock.now());
  } catch (error) {
    return tell(file.name, error instanceof NotASheet ? notice("stop", say("sheets.notasheet")) : desk.failure(error));
  }
  if (sheet.errors.length > 0) return faults(file.name, sheet);
  if (sheet.drafts.length + sheet.invitations.length === 0) return tell(file.name, notice("note", say("sheets.empty")));
  if (kind === "members") await inviteAll(desk, file.name, sheet);
  else await preview(desk, kind, file.name, sheet);
}

/** Every faulty cell by its name. */
async function faults(name: string, sheet: Sheet): Promise<void> {
  await drawer(name, (close) => [
    notice("doubt", h("b", {}, say("sheets.faults", { n: sheet.errors.length, rows: sheet.rows })), h("p", {}, say("sheets.faults.text"))),
    table<Cell>({
      label: say("sheets.cells"),
      rows: sheet.errors,
      text: (one) => `${one.header} ${one.value} ${one.vi}`,
      empty: "",
      columns: [
        { title: say("sheets.cell"), by: (one) => one.row * 20_000 + one.column.length, cell: (one) => `${one.sheet === "" ? "" : `${one.sheet}!`}${one.column}${one.row}` },
        { title: say("sheets.header"), by: (one) => one.header, cell: (one) => one.header },
        { title: say("sheets.value"), cell: (one) => h("code", {}, one.value.slice(0, 80)) },
        { title: say("sheets.why"), cell: (one) => either(one) },
      ],
    }),
    h("div", { class: "buttons" }, button(say("understood"), () => close(), "primary")),
  ]);
}

/** The last look at everything that is about to be signed. */
async function preview(desk: Desk, kind: SheetKind, name: string, sheet: Sheet): Promise<void> {
  const confirmed = await drawer<boolean>(say("sheets.preview", { name }), async (close) => {
    const found = await judged(desk, sheet.drafts);
    const grave = found.said.some((one) => one.severity === "blocking" || one.severity === "warning");
    const seen = h("input", { type: "checkbox" });
    const press = h("button", { type: "button", class: "primary" }, say("sheets.sign", { n: sheet.drafts.length }));
    const ready = (): void => {
      press.disabled = !found.maySign || (grave && !seen.checked);
    };
    seen.addEventListener("change", ready);
    press.addEventListener("click", () => close(true));
    ready();
    return [
      h("p", {}, say("sheets.read", { n: count(sheet.rows) })),
      h("ul", { class: "tally" }, ...tally(sheet.drafts).map(([step, n]) => h("li", {}, `${named("step", step)}: ${count(n)}`))),
      foreseen(found, sheet.drafts.length),
      table<Draft & { row: number }>({
        label: say("sheets.rows"),
        rows: sheet.drafts,
        text: (one) => `${one.row} ${named("step", one.summary.step)} ${one.summary.what ?? ""}`,
        empty: "",
        columns: [
          { title: say("sheets.row"), isNumber: true, by: (one) => one.row, cell: (one) => String(one.row) },
          { title: say("outbox.step"), by: (one) => one.summary.step, cell: (one) => named("step", one.summary.step) },
          { title: say("outbox.what"), by: (one) => one.summary.what ?? "", cell: (one) => one.summary.what ?? "" },
          { title: say("sheets.private"), cell: (one) => (one.private === undefined ? "" : say("sheets.private.yes")) },
        ],
      }),
      grave && found.maySign && h("label", { class: "tick" }, seen, h("span", {}, say("sign.read"))),
      h("p", { class: "small" }, say("sign.forever")),
      h("div", { class: "buttons" }, press, button(say("cancel"), () => close(false))),
    ];
  });
  if (confirmed !== true) return;
  const job: Job = { id: crypto.randomUUID(), kind, organisation: desk.organisation, author: desk.person?.key ?? "", drafts: sheet.drafts };
  // Kept before the first row is signed: a browser that dies in the middle goes on, and signs no row twice.
  await desk.db.put("things", job, JOB);
  await run(desk, job);
}

/** Asks of as many rows as make sense; a sheet of thousands is judged in portions. */
async function judged(desk: Desk, drafts: readonly Draft[]): Promise<Foresight> {
  let all: Foresight = { isAsked: true, maySign: true, said: [], looked: 0 };
  for (let at = 0; at < Math.min(drafts.length, 10 * DRAFTS_MAX); at += DRAFTS_MAX) {
    const one = await preflight(desk.server, desk.organisation, drafts.slice(at, at + DRAFTS_MAX));
    if (!one.isAsked) return all.looked === 0 ? one : all;
    all = { isAsked: true, maySign: all.maySign && one.maySign, said: [...all.said, ...one.said.map((said) => ({ ...said, draft: said.draft + at }))], looked: all.looked + one.looked };
    if (!one.maySign) break;
  }
  return all;
}

/** How many rows of a job are signed: the outbox itself knows, in the same transaction as the record. */
async function signedOf(desk: Desk, job: Job): Promise<number> {
  return (await desk.outbox.entries()).filter((entry) => (entry.summary.form as { import?: string } | undefined)?.import === job.id).length;
}

async function run(desk: Desk, job: Job): Promise<void> {
  await drawer(say("sheets.signing"), (close) => {
    const bar = h("progress", { max: job.drafts.length, "aria-label": say("sheets.signing") });
    const status = h("p", { role: "status" });
    // One at a time, also from another tab: each goes on from the rows that are signed by then.
    void alone("nguon-import", async () => {
      try {
        for (let at = await signedOf(desk, job); at < job.drafts.length; at += 1) {
          const draft = job.drafts[at] as Draft;
          await write(desk, { ...draft, summary: { ...draft.summary, form: { import: job.id, row: at } } });
          bar.value = at + 1;
          status.textContent = say("sign.progress", { n: at + 1, all: job.drafts.length });
        }
        await desk.db.remove("things", JOB);
        desk.forget();
        desk.wake();
        close();
        desk.go("outbox");
      } catch (error) {
        status.replaceChildren(notice("stop", h("b", {}, say("sheets.stopped")), h("p", {}, say("sheets.unfinished.text")), h("pre", {}, String(error))));
      }
    });
    return [bar, status];
  }, "middle");
}

/** Members of a sheet: an invitation each, with its code to print or send. */
async function inviteAll(desk: Desk, name: string, sheet: Sheet): Promise<void> {
  const today = vietnamDay(desk.clock.now());
  const read_ = sheet.invitations.map((one) => ({ row: one.row, name: one.values["name"] ?? "", made: invite({ days: "30", until: dayAfter(today, 730), ...one.values }, { ledger: desk.person?.ledger ?? "", organisation: desk.organisation, nowMs: desk.clock.now(), isRoot: desk.who?.key.rights === "root" }) }));
  const wrong = read_.filter((one) => !one.made.ok);
  const status = h("p", { role: "status" });
  const done = await drawer<boolean>(say("sheets.preview", { name }), (close) => {
    const press = h("button", { type: "button", class: "primary", disabled: wrong.length > 0 }, say("sheets.invite", { n: read_.length }));
    press.addEventListener("click", () => {
      press.disabled = true;
      void (async () => {
        try {
          for (const [at, { made }] of read_.entries()) {
            if (!made.ok) continue;
            const kept: KeptInvitation = made.value;
            await desk.db.put("things", kept, `invitation ${kept.id}`);
            await keepPerson(desk, kept);
            await desk.send("PUT", `/api/v1/desk/enrolments/${kept.id}`, utf8(JSON.stringify({ invitation: kept.invitation, expires_at_ms: kept.expiresMs })));
            status.textContent = say("sign.progress", { n: at + 1, all: read_.length });
          }
          close(true);
        } catch (error) {
          status.replaceChildren(desk.failure(error));
        }
      })();
    });
    return [
      h("p", {}, say("sheets.read", { n: count(sheet.rows) })),
      wrong.length > 0 && notice("doubt", h("b", {}, say("form.faults")), h("ul", {}, ...wrong.slice(0, 50).map((one) => h("li", {}, `${say("sheets.row")} ${one.row}: ${one.name} – ${one.made.ok ? "" : Object.values(one.made.faults).map((fault) => say(fault.key, fault.values)).join(" ")}`)))),
      h("ul", { class: "lines" }, ...read_.slice(0, 500).map((one) => h("li", {}, h("div", { class: "words" }, h("b", {}, one.name))))),
      status,
      h("div", { class: "buttons" }, press, button(say("cancel"), () => close(false))),
    ];
  });
  if (done === true) desk.go("members");
}
