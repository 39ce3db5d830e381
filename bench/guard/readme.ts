/** Replaces what stands between `<!-- name -->` and `<!-- /name -->`. Throws when the text has no such place. */
export function replaceSection(text: string, name: string, body: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`The README has no section "${name}"; put ${begin} and ${end} where its table belongs`);
  return `${text.slice(0, from + begin.length)}\n${body}\n${text.slice(to)}`;
}
