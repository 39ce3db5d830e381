const MARKED = /(<!-- table: (.+?) -->\n)[\s\S]*?(<!-- end -->)/g;

/**
 * The text with each table between `<!-- table: NAME -->` and `<!-- end -->` made anew from `tables`.
 *
 * @throws {Error} for a name that is in the text and not in `tables`, or the other way round.
 */
export function refreshTables(text: string, tables: Readonly<Record<string, string>>): string {
  const missing = new Set(Object.keys(tables));
  const fresh = text.replace(MARKED, (_, opening: string, name: string, closing: string) => {
    const table = tables[name];
    if (table === undefined) throw new Error(`The README has a place for the table "${name}", which is not made`);
    missing.delete(name);
    return `${opening}\n${table}\n\n${closing}`;
  });
  if (missing.size > 0) throw new Error(`The README has no place for the tables ${[...missing].join(', ')}`);
  return fresh;
}
