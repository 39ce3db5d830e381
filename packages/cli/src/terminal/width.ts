import stringWidth from 'string-width';

/** `text` with spaces up to `columns`, counting wide characters (CJK, emoji) as two. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - stringWidth(text)));
}

/** Columns that `text` takes on a terminal. */
export function width(text: string): number {
  return stringWidth(text);
}

/** `text` cut to at most `columns`, with an ellipsis where something was cut. */
export function clipped(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(kept + segment) > columns - 1) break;
    kept += segment;
  }
  return columns > 0 ? `${kept}…` : '';
}
