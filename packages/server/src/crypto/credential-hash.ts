import { hash as digest } from 'node:crypto';
import type { AddressGroup } from '../http/client-address/address-group.ts';
import type { KeyedHash } from './keyed-hash.ts';

/** The keyed hash of a text at an address group, and the last one again for nothing: a request asks for the same several times. */
export interface CredentialHash {
  readonly low: number;
  readonly high: number;
  of(group: AddressGroup, text: string): void;
}

/** The keyed hash costs nanoseconds per character; what is longer, as a token may be, is digested first. */
const LONGEST_HASHED = 256;

export function createCredentialHash(hash: KeyedHash): CredentialHash {
  const last = { text: '', family: -1, first: 0, second: 0 };
  let low = 0;
  let high = 0;
  return {
    get low() {
      return low;
    },
    get high() {
      return high;
    },
    of({ family, first, second }, text) {
      // NOTE: the same string compares in no time; another one differs in its length or its first characters.
      if (family === last.family && first === last.first && second === last.second && text === last.text) return;
      last.text = text;
      last.family = family;
      last.first = first;
      last.second = second;
      hash.text(text.length > LONGEST_HASHED ? digest('sha256', text, 'base64') : text, first ^ (family << 8), second);
      low = hash.result[0] as number;
      high = hash.result[1] as number;
    },
  };
}
