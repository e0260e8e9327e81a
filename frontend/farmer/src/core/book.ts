/**
 * Writing down: facts become a signed record in the outbox.
 *
 * The chain's state and the entry are written in one transaction that first looks whether the chain is still where it was when the
 * record was signed. So two tabs, a killed browser or a full disk never make a fork: either both are there, or neither is.
 */

import { type Bytes } from "../../../verifier/src/core/bytes.ts";
import { type Kind, KIND } from "../../../verifier/src/core/record.ts";
import { type Clock } from "./clock.ts";
import { type Act, freshSubjectSalt, type Named, type Opening, opening, SECTION, type Seen, signDraft } from "./draft.ts";
import { actOf, type Facts, subjectsOf } from "./facts.ts";
import { type Signer } from "./key.ts";
import { alone, type Chain, type Database, done, type Entry, type KnownSubject, type PhotoFile, type Summary } from "./store.ts";
import { writeFacts } from "./write.ts";

/** The payloads of one record, together: what the ledger takes at its door. */
export const PAYLOAD_BYTES_MAX = 262_144;
/** Tabs that sign at the same moment without locks try again so often. */
const ATTEMPTS = 8;

/** The person's words are too long for one record. */
export class TooLong extends Error {
  override readonly name = "TooLong";
}

export interface Author {
  readonly signer: Signer;
  readonly ledger: string;
  readonly organisation: string;
}

/** A private section before it is salted. */
export interface Private {
  readonly type: number;
  readonly payload: Bytes;
}

export interface Saying {
  readonly summary: Summary;
  /** Private sections after the facts. */
  readonly private?: readonly Private[];
  readonly photos?: readonly Omit<PhotoFile, "sent">[];
  /** Salts that came with the goods, by URI: of a lot that was scanned. */
  readonly salts?: Readonly<Record<string, string>>;
}

type Words =
  | { readonly facts: Facts; readonly act?: Act }
  | { readonly kind: Kind; readonly control: Bytes; readonly person?: Opening };

export const chainName = (author: string): string => `nguon-chain-${author}`;

export class Book {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly seen: () => Promise<Seen | undefined>,
  ) {}

  /** Signs facts. */
  say(author: Author, facts: Facts, saying: Saying, act: Act = actOf(facts)): Promise<Entry> {
    return this.#write(author, { facts, act }, saying);
  }

  /** Signs a control record; the opening of a delegation's person comes last and is no section of the record. */
  control(author: Author, kind: Kind, control: Bytes, saying: Saying, person?: Opening): Promise<Entry> {
    return this.#write(author, { kind, control, ...(person === undefined ? {} : { person }) }, saying);
  }

  async #write(author: Author, words: Words, saying: Saying): Promise<Entry> {
    return alone(chainName(author.signer.key), async () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const entry = await this.#attempt(author, words, saying);
        if (entry !== undefined) return entry;
      }
      throw new Error("the chain moved each time: another tab signs without pause");
    });
  }

  async #attempt({ signer, ledger, organisation }: Author, words: Words, saying: Saying): Promise<Entry | undefined> {
    const author = signer.key;
    const chain = (await this.db.get<Chain>("chains", author)) ?? { author, seq: 0 };
    const uris = "facts" in words ? subjectsOf(words.facts) : [];
    const known = await Promise.all(uris.map((uri) => this.db.get<KnownSubject>("subjects", [organisation, uri])));
    const subjects = uris.map((uri, at): Named => {
      const { salt, newest } = known[at] ?? {};
      return { uri, salt: salt ?? saying.salts?.[uri] ?? freshSubjectSalt(), ...(newest === undefined ? {} : { newest }) };
    });
    const openings: Opening[] = [];
    if ("facts" in words) openings.push(opening(SECTION.facts, writeFacts(words.facts, subjects)));
    openings.push(...(saying.private ?? []).map(({ type, payload }) => opening(type, payload)));
    if (openings.reduce((sum, one) => sum + one.payload.length, 0) > PAYLOAD_BYTES_MAX) throw new TooLong("too long for one record");

    const seen = await this.seen();
    const act = "facts" in words ? words.act : undefined;
    const kind = "facts" in words ? KIND.event : words.kind;
    const control = "facts" in words ? undefined : words.control;
    const common = { kind, subjects, ...(act === undefined ? {} : { act }), ...(control === undefined ? {} : { control }) };
    const prev = chain.prev === undefined ? {} : { prev: chain.prev };
    const record = await signDraft(signer, {
      ...common,
      ...prev,
      openings,
      ledger,
      organisation,
      seq: chain.seq,
      deviceTimeMs: this.clock.deviceTimeMs(),
      ...(seen === undefined ? {} : { seen }),
    });
    const extra = "facts" in words || words.person === undefined ? [] : [words.person];
    const entry: Omit<Entry, "n"> = {
      author,
      ledger,
      organisation,
      seq: chain.seq,
      ...prev,
      event: record.event,
      record: record.bytes,
      openings: [...openings, ...extra],
      said: { ...common, extra: extra.length },
      summary: saying.summary,
      madeMs: this.clock.now(),
      state: { at: "phone" },
      photos: (saying.photos ?? []).map((photo) => photo.blake3),
    };

    return this.db.write(["chains", "outbox", "subjects", "photos"], async (of) => {
      const now = (await done(of("chains").get(author) as IDBRequest<Chain | undefined>)) ?? { author, seq: 0 };
      if (now.seq !== chain.seq || now.prev !== chain.prev) return undefined;
      for (const { uri, salt } of subjects) {
        const key = [organisation, uri];
        const current = await done(of("subjects").get(key) as IDBRequest<KnownSubject | undefined>);
        // Somebody else on this phone named it first meanwhile: then with that salt.
        if (current?.salt !== undefined && current.salt !== salt) return undefined;
        const kind = current?.kind ?? kindOf(uri);
        of("subjects").put({ ...current, organisation, uri, kind, salt, newest: record.event, usedMs: entry.madeMs });
      }
      for (const photo of saying.photos ?? []) {
        if ((await done(of("photos").count(photo.blake3))) === 0) of("photos").put({ ...photo, sent: false });
      }
      of("chains").put({ author, seq: chain.seq + 1, prev: record.event });
      const n = (await done(of("outbox").add(entry))) as number;
      return { ...entry, n };
    });
  }
}

/** What a URI of our own looks like; the server's word replaces it. */
export function kindOf(uri: string): string {
  if (/\/l\/[^/]+$|\/10\/[^/]+$/.test(uri)) return "lot";
  if (/\/plot\/|\/414\//.test(uri)) return "plot";
  if (/\/listing\//.test(uri)) return "listing";
  if (/\/certificate\//.test(uri)) return "certificate";
  return /\/p\/[^/]+$|\/01\/[0-9]+$/.test(uri) ? "product" : "other";
}
