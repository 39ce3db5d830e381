/** The text without any `character` at its end. An expression such as `/0+$/` says the same in quadratic time: it begins at every zero. */
export function withoutTrailing(text: string, character: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === character) end -= 1;
  return text.slice(0, end);
}
