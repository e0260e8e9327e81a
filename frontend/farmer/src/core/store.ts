/**
 * What this device keeps (IndexedDB). Trust: whoever can change it is the owner of the phone or a page of the same origin; they can make
 * the device forget, and never make a false record hold.
 *
 * ```text
 * people    key, organisation, name, picture, how the key is kept
 * chains    by author: the next seq, and the record before it. Written in one transaction with the outbox entry
 * outbox    signed bytes with their openings, until the log's receipt is here, and after it while there is room
 * subjects  by organisation and URI: salt, newest record, and what the server last said of it
 * diary     by organisation and plot: what counts there, as the server last said
 * photos    files by their BLAKE3, until the server has them
 * voices    recordings; they stay here
 * receipts  by event: the proof, as it came
 * things    everything of which there is one: settings, crops, the checkpoint that was seen
 * ```
 */

import { type Bytes } from "../../../verifier/src/core/bytes.ts";
import { type Kind } from "../../../verifier/src/core/record.ts";
import { type Act, type Named, type Opening } from "./draft.ts";
import { type KeptKey } from "./key.ts";
import { type Problem } from "./server.ts";

export const STORES = ["people", "chains", "outbox", "subjects", "diary", "photos", "voices", "receipts", "things"] as const;
export type Store = (typeof STORES)[number];

/** Somebody who uses this phone. */
export interface Person {
  readonly key: string;
  readonly kept: KeptKey;
  readonly ledger: string;
  readonly organisation: string;
  readonly name: string;
  readonly organisationName: string;
  /** A small JPEG as a data URL. */
  readonly picture?: string;
  /** Bits of `ROLE`: what the invitation offered, then what the ledger says. */
  readonly roles: number;
  readonly notAfterMs: number;
  /** The enrolment that has not been admitted yet: 32 hex. */
  readonly enrolment?: string;
  readonly madeMs: number;
  /** Why the key is of no use any more, if it is not. */
  readonly ended?: "revoked" | "frozen" | "root-replaced";
}

export interface Chain {
  readonly author: string;
  /** The seq of the next record. */
  readonly seq: number;
  /** The record before it. */
  readonly prev?: string;
}

/** How far a record has come. Nothing goes back from `log`, unless the ledger itself says that it has lost it. */
export type State =
  | { readonly at: "phone"; readonly problem?: Problem }
  | { readonly at: "held"; readonly reason: string; readonly vi: string; readonly en: string }
  | { readonly at: "received"; readonly index: number }
  | { readonly at: "log"; readonly index: number }
  | { readonly at: "refused"; readonly problem: Problem };

/** What a person reads of an entry: by key, as the screens that made it wrote it. */
export interface Summary {
  readonly step: string;
  readonly timeMs: number;
  readonly plot?: string;
  readonly lot?: string;
  /** Something to read: a quantity, a product's name. */
  readonly what?: string;
  readonly forAnother?: string;
  /** What the person entered, so that a refused entry can be taken up again. */
  readonly form?: unknown;
  /** What the rules need of it, until the server's diary has it. */
  readonly told?: unknown;
}

export interface Entry {
  /** The order in which entries were made on this device. */
  readonly n: number;
  readonly author: string;
  readonly ledger: string;
  readonly organisation: string;
  readonly seq: number;
  readonly prev?: string;
  readonly event: string;
  readonly record: Bytes;
  readonly openings: readonly Opening[];
  /** What has to be said again if a record before it was refused. Not there in an entry that came from a file. */
  readonly said?: {
    readonly kind: Kind;
    readonly act?: Act;
    readonly subjects: readonly Named[];
    readonly control?: Bytes;
    /** Sections beside those of the record: the person of a delegation. */
    readonly extra: number;
  };
  readonly summary: Summary;
  readonly madeMs: number;
  readonly state: State;
  readonly photos: readonly string[];
  /** Of a refused entry: the person has entered it anew, or has seen it and let it be. It stays in the list all the same. */
  readonly settled?: boolean;
}

export interface KnownSubject {
  readonly organisation: string;
  readonly uri: string;
  readonly kind: string;
  /** None: another organisation's, whose salt nobody handed on. */
  readonly salt?: string;
  readonly newest?: string;
  readonly status?: string;
  readonly path?: string;
  /** The read model as the server gave it. */
  readonly state?: unknown;
  readonly usedMs?: number;
  /** When the server said so. */
  readonly saidMs?: number;
}

export interface DiaryOfPlot {
  readonly organisation: string;
  readonly plot: string;
  readonly entries: readonly unknown[];
  readonly atMs: number;
}

export interface PhotoFile {
  readonly blake3: string;
  readonly bytes: Bytes;
  readonly mediaType: string;
  /** The server has it, and since when. */
  readonly sent: boolean;
  readonly sentMs?: number;
  readonly problem?: Problem;
}

export interface Voice {
  readonly id: string;
  readonly entry?: number;
  readonly blob: Blob;
  readonly seconds: number;
}

export interface Receipt {
  readonly event: string;
  readonly proof: Bytes;
}

/** There is no room left, or the browser forbids storing. */
export class NoRoom extends Error {
  override readonly name = "NoRoom";
}

export const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

export class Database {
  private constructor(private readonly base: IDBDatabase) {}

  static async open(name = "nguon", factory: IDBFactory = indexedDB): Promise<Database> {
    const request = factory.open(name, 1);
    request.onupgradeneeded = () => {
      const base = request.result;
      base.createObjectStore("people", { keyPath: "key" });
      base.createObjectStore("chains", { keyPath: "author" });
      const outbox = base.createObjectStore("outbox", { keyPath: "n", autoIncrement: true });
      outbox.createIndex("author", "author");
      outbox.createIndex("event", "event", { unique: true });
      base.createObjectStore("subjects", { keyPath: ["organisation", "uri"] });
      base.createObjectStore("diary", { keyPath: ["organisation", "plot"] });
      base.createObjectStore("photos", { keyPath: "blake3" });
      base.createObjectStore("voices", { keyPath: "id" });
      base.createObjectStore("receipts", { keyPath: "event" });
      base.createObjectStore("things");
    };
    const base = await done(request);
    // A newer version of the app in another tab: let go, so that it can change the stores.
    base.onversionchange = () => base.close();
    return new Database(base);
  }

  close(): void {
    this.base.close();
  }

  /** Reads. Only requests of the transaction may be waited for inside. */
  async read<T>(stores: readonly Store[], work: (of: (store: Store) => IDBObjectStore) => Promise<T>): Promise<T> {
    const transaction = this.base.transaction([...stores], "readonly");
    return work((store) => transaction.objectStore(store));
  }

  /** Writes all of it or nothing, durably. */
  async write<T>(stores: readonly Store[], work: (of: (store: Store) => IDBObjectStore) => Promise<T>): Promise<T> {
    const transaction = this.base.transaction([...stores], "readwrite", { durability: "strict" });
    const ended = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new DOMException("aborted", "AbortError"));
    });
    // Whoever waits is told by the work first; the end is looked at below.
    ended.catch(() => {});
    try {
      const result = await work((store) => transaction.objectStore(store));
      await ended;
      return result;
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // It has ended already.
      }
      if (error instanceof DOMException && error.name === "QuotaExceededError") throw new NoRoom("no room left on this device");
      throw error;
    }
  }

  get<T>(store: Store, key: IDBValidKey): Promise<T | undefined> {
    return this.read([store], (of) => done(of(store).get(key) as IDBRequest<T | undefined>));
  }

  all<T>(store: Store): Promise<T[]> {
    return this.read([store], (of) => done(of(store).getAll() as IDBRequest<T[]>));
  }

  put(store: Store, value: unknown, key?: IDBValidKey): Promise<void> {
    return this.write([store], async (of) => {
      await done(key === undefined ? of(store).put(value) : of(store).put(value, key));
    });
  }

  remove(store: Store, key: IDBValidKey): Promise<void> {
    return this.write([store], (of) => done(of(store).delete(key)));
  }
}

/** One at a time across tabs, where the browser can; elsewhere the compare-and-swap in the transactions is what holds. */
export function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = (globalThis.navigator as Navigator | undefined)?.locks;
  return locks === undefined ? work() : (locks.request(name, work) as Promise<T>);
}
