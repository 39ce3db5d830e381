import { parsed } from '../command.ts';
import { misuse } from '../failure/failure.ts';

/** What a filter says, by the words of the API. */
export type Filter<Word extends string> = { readonly [Name in Word]?: string };

function readFilter<Word extends string>(text: string, words: readonly Word[]): Filter<Word> {
  const parts: string[] = [];
  for (const piece of text.split(',')) {
    const isNext = parts.length === 0 || words.some((word) => piece.startsWith(`${word}=`));
    // NOTE: a comma divides only before the next word: a label selector has commas of its own.
    if (isNext) parts.push(piece);
    else parts.push(`${parts.pop()},${piece}`);
  }
  const entries = parts.map((part) => {
    const [, word, value] = /^([^=]+)=(.+)$/s.exec(part) ?? [];
    if ((words as readonly string[]).includes(word ?? '')) return [word, value];
    throw misuse(`--filter has ${JSON.stringify(part)}; write word=value, with one of ${words.join(', ')}.`);
  });
  return Object.fromEntries(entries) as Filter<Word>;
}

/** The flag that filters a list by the query parameters of its route, for who knows the API; each has a flag of its own, too. */
export function filterFlag<const Word extends string>(words: readonly Word[]) {
  const summary = `Only what meets all of these, by the words of the API: ${words.join(', ')}, as in ${words[0]}=VALUE.`;
  return { filter: parsed('filter', summary, (text) => readFilter(text, words)) };
}

/** The filters of `--filter` and of the flags of their own. Fails with exit code 2 where both say something of one word. */
export function filterOf<Word extends string>(
  filter: Filter<Word> | undefined,
  flags: { readonly [Name in Word]: string | undefined },
): { readonly [Name in Word]: string | undefined } {
  const twice = Object.keys(filter ?? {}).find((word) => flags[word as Word] !== undefined);
  if (twice !== undefined) throw misuse(`--filter and a flag of its own both say something of ${twice}; leave one of them out.`);
  return { ...flags, ...filter };
}
