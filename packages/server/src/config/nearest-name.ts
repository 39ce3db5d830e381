/** More wrong letters are no typing error any more. */
const MOST_EDITS = 3;

/** The Levenshtein distance of two texts: the letters that have to be inserted, left out or replaced. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (letter === to[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** `; did you mean "…"?` with the name that is most like an unknown one, or nothing where none is like it. */
export function suggestion(unknown: string, known: Iterable<string>): string {
  if (unknown.length > 100) return '';
  const [nearest] = [...known]
    .map((name) => ({ name, edits: distance(unknown, name) }))
    .filter(({ name, edits }) => edits <= Math.min(MOST_EDITS, name.length / 2))
    .sort((one, other) => one.edits - other.edits);
  return nearest ? `; did you mean "${nearest.name}"?` : '';
}
