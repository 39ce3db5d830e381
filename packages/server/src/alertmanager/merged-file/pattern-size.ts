/** What a class of Unicode, such as `\pL`, takes of memory, as a number of instructions. */
const CLASS = 100;
const TOKEN = /\{(?<least>\d+)(?:,(?<most>\d*))?\}|\\[pP]|./gsu;

/**
 * At most how many instructions Go's regular expressions make of a pattern: `a{1000}` is a thousand. Parentheses and brackets may be escaped or
 * quoted, so what is repeated after one that closes is taken to be everything before it.
 */
export function patternSize(pattern: string): number {
  let size = 0;
  let repeated = 0;
  for (const { 0: token, groups } of pattern.matchAll(TOKEN)) {
    if (groups?.least !== undefined) {
      const times = Math.max(1, Number(groups.least), Number(groups.most ?? 0));
      size += repeated * (times - 1);
      repeated *= times;
      continue;
    }
    const own = token.length > 1 && token.startsWith('\\') ? CLASS : 1;
    size += own;
    repeated = token === ')' ? size : own;
  }
  return size;
}
