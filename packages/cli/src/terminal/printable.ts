/** Control characters, line and paragraph separators, and the marks that reorder text. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text from elsewhere as one line that cannot steer a terminal: line ends become spaces, everything else that moves the cursor,
 * colours or reorders is shown as U+FFFD.
 */
export function printable(text: string): string {
  return text
    .replace(/\s+/g, (run) => (/[\r\n]/.test(run) ? ' ' : run))
    .replace(/\t/g, ' ')
    .replace(UNPRINTABLE, '\ufffd');
}
