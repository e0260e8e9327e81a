/**
 * The organisation's root, lent for one act: its rows are typed from the paper, the key lives in this page's memory until the act is
 * signed and sent, and is kept nowhere.
 */

import { type Author } from "../core/book.ts";
import { seedSigner } from "../core/key.ts";
import { type Chain } from "../core/store.ts";
import { type Desk, type Who } from "./desk.ts";
import { h, notice } from "./dom.ts";
import { drawer } from "./drawer.ts";
import { form } from "./formview.ts";
import { Given, type Read, type Values } from "./forms/given.ts";
import { type PaperFault, publicKey, readRow } from "./paper.ts";
import { say } from "./words.ts";
import { type Bytes, concat } from "../../../verifier/src/core/bytes.ts";

/** Four rows, typed from the paper; `wanted` is the public key that must come out, if it is known. */
export function readPaper(values: Values, wanted?: string): Read<Bytes> {
  const given = new Given(values);
  const rows = [1, 2, 3, 4].map((row) => readRow(row, values[`row${row}`] ?? ""));
  for (const [at, row] of rows.entries()) if (!(row instanceof Uint8Array)) given.fault(`row${at + 1}`, row.key, faultValues(row));
  const seed = rows.every((row) => row instanceof Uint8Array) ? concat(...(rows as Bytes[])) : undefined;
  if (seed !== undefined && wanted !== undefined && publicKey(seed) !== wanted) given.fault("row4", "paper.other");
  return given.read(() => seed as Bytes);
}

const faultValues = (fault: PaperFault): Record<string, string | number> => ({ ...("row" in fault ? { row: fault.row } : {}), ...("letter" in fault ? { letter: fault.letter } : {}), ...("found" in fault ? { found: fault.found } : {}) });

export const paperFields = () =>
  [1, 2, 3, 4].map((row) => ({ name: `row${row}`, label: say("paper.row", { n: row }), required: true, maxlength: 40, ...(row === 1 ? { help: say("paper.row.help") } : {}) }));

/** Asks for the root's paper and does one thing with its key. */
export async function withRoot<T>(desk: Desk, work: (author: Author) => Promise<T>): Promise<T | undefined> {
  const { person } = desk;
  if (person === undefined) return undefined;
  const seed = await drawer<Bytes>(
    say("root.title"),
    (close) => [notice("note", h("p", {}, say("root.text"))), form<Bytes>({ submit: say("root.use"), fields: paperFields(), read: (values) => readPaper(values), done: (found) => close(found) })],
    "middle",
  );
  if (seed === undefined) return undefined;
  const signer = seedSigner(seed);
  const giveBack = desk.lend(signer);
  try {
    // Where its chain stands is the ledger's to say: another machine may have signed with it since.
    const answer = await desk.server.json<Who>({ path: "/api/v1/desk", signer }, person.ledger);
    if (!answer.ok || answer.value.key.rights !== "root" || answer.value.organisation.id !== person.organisation) {
      await drawer(say("root.title"), () => notice("stop", answer.ok ? say("root.other") : say(answer.problem === undefined ? "offline.text" : "root.other")), "middle");
      return undefined;
    }
    const { head } = answer.value.key;
    const chain: Chain = head === null ? { author: signer.key, seq: 0 } : { author: signer.key, seq: head.seq + 1, prev: head.event_id };
    await desk.db.put("chains", chain);
    const done = await work({ signer, ledger: person.ledger, organisation: person.organisation });
    await desk.round();
    return done;
  } finally {
    seed.fill(0);
    giveBack();
  }
}
