import assert from "node:assert/strict";
import { test } from "node:test";
import { NOTES, STEPS } from "../src/core/check.ts";
import { CODES } from "../src/core/fault.ts";
import { lotOf } from "../src/ui/server.ts";
import { TEXTS, textsOf } from "../src/ui/all-texts.ts";
import { filled, plain, type Texts } from "../src/ui/texts.ts";

/** Every sentence by its path. */
function sentences(value: unknown, path = ""): Map<string, string> {
  if (typeof value === "string") return new Map([[path, value]]);
  assert.ok(typeof value === "object" && value !== null, path);
  return new Map(Object.entries(value).flatMap(([name, inner]) => [...sentences(inner, `${path}/${name}`)]));
}

test("each language has every sentence of the others, with the same values in it", () => {
  assert.deepEqual(Object.keys(TEXTS).sort(), ["en", "vi", "zh"]);
  const english = sentences(TEXTS["en"]);
  const holes = (sentence = "") => [...sentence.matchAll(/\{[a-z]+\}/g)].map(([hole]) => hole).sort();
  for (const [language, texts] of Object.entries(TEXTS)) {
    const own = sentences(texts);
    assert.deepEqual([...own.keys()].sort(), [...english.keys()].sort(), language);
    for (const [path, sentence] of own) {
      assert.notEqual(sentence.trim(), "", `${language} ${path}`);
      assert.deepEqual(holes(sentence), holes(english.get(path)), `${language} ${path}`);
    }
  }
});

test("each code, step and note has its sentence", () => {
  const { codes, steps, notes } = TEXTS["vi"] as Texts;
  assert.deepEqual(Object.keys(codes).sort(), [...CODES].sort());
  assert.deepEqual(Object.keys(steps).sort(), [...STEPS].sort());
  assert.deepEqual(Object.keys(notes).sort(), [...NOTES].sort());
});

test("no sentence calls a pack genuine", () => {
  for (const texts of Object.values(TEXTS)) {
    for (const sentence of sentences(texts).values()) assert.doesNotMatch(sentence, /genuine|authentic|hàng thật|chính hãng|正品/i);
  }
});

test("a language is found by its tag, and English stands in for one that is not there", () => {
  for (const [tag, language] of [["vi-VN", "vi"], ["zh-Hans-CN", "zh"], ["EN", "en"], ["km", "en"], ["", "en"]] as const) {
    assert.equal(textsOf(tag).language, language, tag);
  }
  assert.equal(filled("{a} và {b}", { a: "một" }), "một và {b}");
});

test("a lot is read out of its address, and nothing else is", () => {
  const check = (address: string, expected: string | undefined, here?: string) => {
    try {
      const { base, lot } = lotOf(address, here);
      assert.equal(`${base} ${lot}`, expected, address);
    } catch {
      assert.equal(undefined, expected, address);
    }
  };
  check(" https://shop.example.org/01/09521100700023/10/260615-A?lang=en#x ", "https://shop.example.org 01/09521100700023/10/260615-A");
  check("https://shop.example.org/01/09521100700023/10/260615-A/21/8J3K", "https://shop.example.org 01/09521100700023/10/260615-A");
  check("https://shop.example.org/p/che-shan/l/26%2F1/s/0001", "https://shop.example.org p/che-shan/l/26%2F1");
  check("/p/che-shan/l/26", "https://here.example p/che-shan/l/26", "https://here.example");
  check("/p/che-shan/l/26", undefined);
  check("https://shop.example.org/01/09521100700023", undefined);
  check("https://shop.example.org/01/09521100700023/10/a/b", undefined);
  check("javascript:alert(1)", undefined);
  check("ftp://shop.example.org/p/a/l/b", undefined);
  check("", undefined);
});

test("no name turns the text around it, or fills the page", () => {
  assert.equal(plain("Chè \u202egnuhT\u202c \u2066x\u2069\0\u001b\u0085<b>Đà Lạt</b>\u200b\ufeff"), "Chè gnuhT x<b>Đà Lạt</b>");
  assert.ok(plain("Đ".repeat(1 << 20)).length <= 2_000);
});
