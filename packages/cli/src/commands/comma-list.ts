import { misuse } from '../failure/failure.ts';

/** The reader of a flag that takes several words with commas between them. Fails with exit code 2 where one is empty. */
export function commaList(flag: string): (text: string) => string[] {
  return (text) => {
    const found = text.split(',').map((word) => word.trim());
    if (found.includes('')) throw misuse(`--${flag} is "${text}"; write one or more, with commas between them and nothing else.`);
    return found;
  };
}
