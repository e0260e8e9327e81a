/**
 * JSON written in a chosen order, with numbers as the text that they are: the bytes are what is signed, and they are those that
 * `crates/epcis` writes for the same facts.
 */

/** A text for people: Vietnamese, and English where somebody wrote it. */
export interface Text {
  readonly vi: string;
  readonly en?: string;
}

const lone = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Half of a character, as an input method may leave it, is no UTF-8: the ledger would refuse the whole document. */
export const whole = (text: string): string => text.replace(lone, "\ufffd");

const quoted = (text: string): string => JSON.stringify(whole(text));

export class Writer {
  readonly #parts: string[] = [];

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  /** A value that is JSON already. */
  raw(key: string, json: string): this {
    this.#parts.push(`${quoted(key)}:${json}`);
    return this;
  }

  text(key: string, value: string | undefined): this {
    return value === undefined ? this : this.raw(key, quoted(value));
  }

  /** A whole number. */
  number(key: string, value: number | bigint | undefined): this {
    if (value === undefined) return this;
    if (typeof value === "number" && (!Number.isSafeInteger(value) || value < 0)) throw new RangeError(`${key}: ${value}`);
    return this.raw(key, String(value));
  }

  truth(key: string, value: boolean | undefined): this {
    return value === undefined ? this : this.raw(key, String(value));
  }

  texts(key: string, values: readonly string[] | undefined): this {
    return values === undefined || values.length === 0 ? this : this.raw(key, `[${values.map(quoted).join(",")}]`);
  }

  object(key: string, value: Writer): this {
    return this.raw(key, value.finish());
  }

  objectUnlessEmpty(key: string, value: Writer): this {
    return value.isEmpty ? this : this.object(key, value);
  }

  objects(key: string, values: readonly Writer[]): this {
    return values.length === 0 ? this : this.raw(key, `[${values.map((value) => value.finish()).join(",")}]`);
  }

  /** A text for people, as JSON-LD value objects. */
  prose(key: string, text: Text | undefined): this {
    if (text === undefined) return this;
    const value = (language: string, words: string) => new Writer().text("@value", words).text("@language", language);
    return this.objects(key, [value("vi", text.vi), ...(text.en === undefined ? [] : [value("en", text.en)])]);
  }

  finish(): string {
    return `{${this.#parts.join(",")}}`;
  }
}
