import { eastAsianWidth } from 'get-east-asian-width';

/** Plain text, which is most of it, is as wide as it is long. */
const PLAIN = /^[\x20-\x7e]*$/;
const INVISIBLE = /^[\p{Default_Ignorable_Code_Point}\p{Control}\p{Mark}\p{Surrogate}]+$/u;
const EMOJI = /\p{Emoji_Presentation}|\ufe0f|\u200d/u;

// NOTE: made when it is first needed, because making one takes as long as starting the whole program.
let segmenter: Intl.Segmenter | undefined;
function segments(text: string): string[] {
  segmenter ??= new Intl.Segmenter();
  return [...segmenter.segment(text)].map(({ segment }) => segment);
}

function segmentWidth(segment: string): number {
  if (INVISIBLE.test(segment)) return 0;
  return EMOJI.test(segment) ? 2 : eastAsianWidth(segment.codePointAt(0) ?? 0);
}

/** Columns that `text` takes on a terminal: two for wide characters (CJK, emoji), none for marks. */
export function width(text: string): number {
  if (PLAIN.test(text)) return text.length;
  return segments(text).reduce((sum, segment) => sum + segmentWidth(segment), 0);
}

/** `text` with spaces up to `columns`. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}

/** `text` cut to at most `columns`, with an ellipsis where something was cut. */
export function clipped(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let kept = '';
  let room = columns - 1;
  for (const segment of PLAIN.test(text) ? text : segments(text)) {
    room -= segmentWidth(segment);
    if (room < 0) break;
    kept += segment;
  }
  return columns > 0 ? `${kept}…` : '';
}
