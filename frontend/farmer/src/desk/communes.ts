/** Communes, wards and special zones: the list that the project carries (`fixtures/communes.csv`), for choosing one by its name. */

export interface Commune {
  /** As cards write it: `24805@2025-07-01`. */
  readonly code: string;
  readonly name: string;
  readonly province: string;
}

/** `code,kind,name,province_code,province,former_province,edition,latitude,longitude`, with comment lines. */
export function readCommunes(csv: string): Commune[] {
  return csv.split("\n").flatMap((line): Commune[] => {
    const [code = "", kind = "", name = "", , province = "", former = "", edition = ""] = line.split(",");
    if (!/^[0-9]{5}$/.test(code)) return [];
    return [{ code: `${code}@${edition}`, name: `${kind} ${name}`, province: former === "" || former === province ? province : `${province} (${former})` }];
  });
}

/** A code as a card has it, or one of the list by its whole name. */
export function communeCode(typed: string, all: readonly Commune[]): string | undefined {
  const wanted = typed.trim();
  const [code] = /^[0-9]{5}@[0-9]{4}-[0-9]{2}-[0-9]{2}/.exec(wanted) ?? [];
  if (code !== undefined) return code;
  const named = all.filter((one) => one.name.toLowerCase() === wanted.toLowerCase() || one.name.replace(/^(Xã|Phường|Đặc khu) /, "").toLowerCase() === wanted.toLowerCase());
  return named.length === 1 ? named[0]?.code : undefined;
}

export const shownCommune = (code: string, all: readonly Commune[]): string => {
  const found = all.find((one) => one.code === code);
  return found === undefined ? code : `${found.name}, ${found.province}`;
};
