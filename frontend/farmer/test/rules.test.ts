import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { at, dayAfter } from "../src/core/calendar.ts";
import { type Crop, type Ground, judge, type Told, waitingOn, warnings } from "../src/core/rules.ts";
import { project, story } from "./given.ts";

/** The rows of crops.toml, by a reader that knows as much of TOML as the file uses. */
function crops(): Crop[] {
  const rows = readFileSync(project("crates/trace/crops.toml"), "utf8").split("[[crop]]").slice(1);
  return rows.map((row) => {
    const values = Object.fromEntries(
      [...row.matchAll(/^([a-z_]+) = (.+)$/gm)].map(([, key, value]) => [key, JSON.parse(value as string)]),
    );
    return { methods: [], cycles: 1, days: 365, months: [], ...values } as unknown as Crop;
  });
}

const CROPS = crops();

interface Plot {
  readonly ground: Ground;
  readonly diary: Told[];
}

/** Plays what a story says of plots, and compares what it expects of the lots. Lines about anything else are not for these rules. */
function play(name: string): number {
  const plots = new Map<string, Plot>();
  const called = new Map<string, { plot: string; at: number }>();
  const lots = new Map<string, Set<string>>();
  let [order, compared, current] = [0, 0, ""];
  let expected: { codes: Set<string> } | undefined;
  const finish = (): void => {
    if (expected === undefined) return;
    const found = [...(lots.get(current) ?? [])].flatMap((plot) => {
      const { diary, ground } = plots.get(plot) as Plot;
      return judge(diary, ground, CROPS).filter((one) => one.lot === current);
    });
    const ours = new Set(["inside_phi", "phi_unverified", "spray_taken_back", "yield_implausible", "yield_unverified", "out_of_season"]);
    const wanted = [...expected.codes].filter((code) => ours.has(code)).sort();
    assert.deepEqual([...new Set(found.map((one) => one.code as string))].sort(), wanted, `${name}: ${current}`);
    compared += 1;
    expected = undefined;
  };
  for (const line of story(name).split("\n")) {
    const [, code, area, crop, method] = /^\s+plot (\S+) (\d+) m²(?: ([a-z_]+))?(?: ([A-Z_]+))?/.exec(line) ?? [];
    if (code !== undefined) {
      const more = { ...(crop === undefined ? {} : { cropCode: crop }), ...(method === undefined ? {} : { growingMethod: method }) };
      const areaOf = (plot: string) => plots.get(plot)?.ground.areaM2;
      plots.set(code, { ground: { uri: code, areaM2: Number(area), areaOf, ...more }, diary: [] });
      continue;
    }
    const [, day, hour, rest = ""] = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2})\s+\S+\s+(.*)$/.exec(line) ?? [];
    const [, lot] = /^expect (\S+)/.exec(line) ?? [];
    if (lot !== undefined) {
      finish();
      [current, expected] = [lot, { codes: new Set() }];
      continue;
    }
    if (day !== undefined && hour !== undefined) {
      finish();
      order += 1;
      const common = { id: String(order), order, timeMs: at(day, hour) };
      const [, sprayed, input, phi] = /^sprays (\S+?)(?: with "([^"]+)")?: PHI (\S+)/.exec(rest) ?? [];
      const [, harvested, from, amount, unit] = /^harvests (\S+) from ([^:]+): (\d+) (kg|boxes)/.exec(rest) ?? [];
      const [, planted, what] = /^plants (\S+) with (\S+)/.exec(rest) ?? [];
      const [, wrong] = /^declares (\S+) wrong/.exec(rest) ?? [];
      const [, label] = /called (\S+)/.exec(rest) ?? [];
      const add = (plot: string, told: Partial<Told> & { step: string }): void => {
        const { diary } = plots.get(plot) as Plot;
        if (label !== undefined) called.set(label, { plot, at: diary.length });
        diary.push({ ...common, ...told });
      };
      if (sprayed !== undefined) {
        const days = phi === "unknown" ? {} : { phiDays: Number(phi) };
        add(sprayed, { step: "plant_protection", ...days, ...(input === undefined ? {} : { input }) });
      } else if (harvested !== undefined && from !== undefined) {
        const places = from.split(", ");
        const grams = unit === "kg" ? { grams: BigInt(Number(amount) * 1000) } : {};
        const [, first, last] = /picked (\S+) to (\S+?);?(?:\s|$)/.exec(rest) ?? [];
        const picked = first === undefined || last === undefined ? {} : { from: first, until: last };
        for (const plot of places) {
          add(plot, { step: "harvesting", lots: [{ uri: harvested, ...grams }], plots: places, ...picked });
          lots.set(harvested, (lots.get(harvested) ?? new Set()).add(plot));
        }
      } else if (planted !== undefined) {
        add(planted, { step: "planting", ...(what === undefined ? {} : { crop: what }) });
      } else if (wrong !== undefined) {
        const of = called.get(wrong);
        assert.ok(of !== undefined, `${name}: ${wrong}`);
        const { diary } = plots.get(of.plot) as Plot;
        diary[of.at] = { ...(diary[of.at] as Told), takenBack: true };
      }
      continue;
    }
    const [, severity, code2] = /^\s+(blocking|warning|info)\s+(\S+)/.exec(line) ?? [];
    if (severity !== undefined && code2 !== undefined) for (const one of code2.split(",")) expected?.codes.add(one.trim());
  }
  finish();
  return compared;
}

test("the stories of plots end on the phone as they end in the ledger", () => {
  const stories = [
    "phi-in-days",
    "phi-unknown",
    "phi-morning-and-afternoon",
    "phi-long-picking",
    "phi-earlier-crop",
    "phi-spray-taken-back",
    "yield-at-the-cap",
    "yield-of-a-year",
    "yield-of-each-planting",
    "yield-of-two-plots",
    "yield-of-what-was-planted",
    "yield-unverified",
    "strawberries-in-july",
  ];
  for (const name of stories) assert.ok(play(name) > 0, name);
});

const spray = (day: string, hour: string, phiDays?: number): Told => ({
  id: `s${day}`,
  order: 1,
  timeMs: at(day, hour),
  step: "plant_protection",
  input: "Ví Dụ Aba 36EC",
  ...(phiDays === undefined ? {} : { phiDays }),
});
const harvest = (id: string, day: string, hour: string, kilograms: number): Told => ({
  id,
  order: 9,
  timeMs: at(day, hour),
  step: "harvesting",
  lots: [{ uri: `lot ${id}`, grams: BigInt(kilograms) * 1000n }],
});
const GROUND: Ground = { uri: "T01", areaM2: 1000, cropCode: "tomato", growingMethod: "FIELD_GROWN" };

test("before a harvest inside the interval is signed, it says from which day on it may be", () => {
  const diary = [spray("2026-06-01", "16:00", 7)];
  const [warning, ...more] = warnings(diary, harvest("L", "2026-06-07", "23:59", 100), GROUND, CROPS);
  assert.deepEqual(more, []);
  assert.equal(warning?.code, "inside_phi");
  assert.deepEqual(warning?.values, { day: "2026-06-07", sprayed: "2026-06-01", days: 7, free: "2026-06-08", input: "Ví Dụ Aba 36EC" });
  assert.deepEqual(warnings(diary, harvest("L", "2026-06-08", "00:01", 100), GROUND, CROPS), []);
});

test("only what the new entry brings about is warned of", () => {
  const diary = [spray("2026-06-01", "16:00", 7), harvest("old", "2026-06-03", "06:00", 100)];
  assert.deepEqual(warnings(diary, harvest("new", "2026-06-20", "06:00", 100), GROUND, CROPS), []);
  // A late entry of a spraying is held against what was harvested before it was told.
  const late = warnings([harvest("old", "2026-06-03", "06:00", 100)], spray("2026-06-01", "16:00", 7), GROUND, CROPS);
  assert.deepEqual(late.map((one) => [one.code, one.lot]), [["inside_phi", "lot old"]]);
});

test("a plot says how many days are left, and that an interval is unknown", () => {
  const diary = [spray("2026-06-01", "16:00", 7), spray("2026-05-30", "08:00", 3)];
  assert.deepEqual(waitingOn(diary, "2026-06-03"), { free: "2026-06-08", daysLeft: 5, input: "Ví Dụ Aba 36EC", unknown: false });
  assert.deepEqual(waitingOn(diary, "2026-06-08"), { daysLeft: 0, unknown: false });
  assert.deepEqual(waitingOn([spray("2026-06-01", "16:00")], "2026-06-30"), { daysLeft: 0, unknown: true });
  assert.deepEqual(waitingOn([spray("2026-06-01", "16:00")], dayAfter("2026-06-01", 60)), { daysLeft: 0, unknown: false });
});

test("more than the plot gives is said with the numbers", () => {
  const diary = [{ id: "p", order: 0, timeMs: at("2026-01-05", "07:00"), step: "planting", crop: "tomato" }, harvest("a", "2026-04-01", "06:00", 9000)];
  const [warning] = warnings(diary, harvest("b", "2026-04-08", "06:00", 4001), GROUND, CROPS);
  assert.equal(warning?.code, "yield_implausible");
  assert.deepEqual([warning?.values.grams, warning?.values.cap, warning?.values.since], [13_001_000n, 13_000_000n, "2026-04-01"]);
});
