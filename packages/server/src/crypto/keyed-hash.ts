import type { Random } from '@openkupe/contract';

/**
 * HalfSipHash with 64 bits of output (Aumasson and Bernstein; the 1-3 variant that operating systems use for hash tables). The key is
 * random at every start, so that no client can choose addresses that collide in a table.
 *
 * The last hash is left in `result` rather than returned, so that hashing allocates nothing.
 */
export interface KeyedHash {
  /** Two signed 32-bit halves of the last result. */
  readonly result: Int32Array;
  /** Hashes two 32-bit words and a tail of 24 bits: a message of eleven bytes. */
  words(first: number, second: number, tail: number): void;
  /** Hashes a text's UTF-16 code units (credentials and names are ASCII) behind two words that scope it. */
  text(text: string, scopeLow?: number, scopeHigh?: number): void;
}

/** The length of a message of eleven bytes, where the last word has it. */
const LENGTH_OF_ELEVEN = 11 << 24;

/** The 64 bits of a key. */
export interface HashKey {
  readonly low: number;
  readonly high: number;
}

/** A random key, made at the start. */
export function randomHashKey(random: Random): HashKey {
  const view = new DataView(random.bytes(8).slice().buffer);
  return { low: view.getInt32(0, true), high: view.getInt32(4, true) };
}

/** Creates the hash. `rounds` is [per word, at the end]; the default is for tables, the published test vectors are of [2, 4]. */
export function createKeyedHash(key: HashKey, rounds: readonly [number, number] = [1, 3]): KeyedHash {
  const result = new Int32Array(2);
  const [perWord, atEnd] = rounds;
  let v0 = 0;
  let v1 = 0;
  let v2 = 0;
  let v3 = 0;

  const mix = (times: number) => {
    let a = v0;
    let b = v1;
    let c = v2;
    let d = v3;
    for (let round = 0; round < times; round += 1) {
      a = (a + b) | 0;
      b = ((b << 5) | (b >>> 27)) ^ a;
      a = (a << 16) | (a >>> 16);
      c = (c + d) | 0;
      d = ((d << 8) | (d >>> 24)) ^ c;
      a = (a + d) | 0;
      d = ((d << 7) | (d >>> 25)) ^ a;
      c = (c + b) | 0;
      b = ((b << 13) | (b >>> 19)) ^ c;
      c = (c << 16) | (c >>> 16);
    }
    v0 = a;
    v1 = b;
    v2 = c;
    v3 = d;
  };
  const begin = () => {
    v0 = key.low;
    v1 = key.high ^ 0xee;
    v2 = 0x6c796765 ^ key.low;
    v3 = 0x74656462 ^ key.high;
  };
  const absorb = (word: number) => {
    v3 ^= word;
    mix(perWord);
    v0 ^= word;
  };
  const end = (lastWord: number) => {
    absorb(lastWord);
    v2 ^= 0xee;
    mix(atEnd);
    result[0] = v1 ^ v3;
    v1 ^= 0xdd;
    mix(atEnd);
    result[1] = v1 ^ v3;
  };

  return {
    result,
    words(first, second, tail) {
      begin();
      absorb(first);
      absorb(second);
      end(tail | LENGTH_OF_ELEVEN);
    },
    text(text, scopeLow, scopeHigh) {
      begin();
      if (scopeLow !== undefined) absorb(scopeLow);
      if (scopeHigh !== undefined) absorb(scopeHigh);
      const whole = text.length & ~3;
      for (let at = 0; at < whole; at += 4) {
        absorb(text.charCodeAt(at) | (text.charCodeAt(at + 1) << 8) | (text.charCodeAt(at + 2) << 16) | (text.charCodeAt(at + 3) << 24));
      }
      let last = text.length << 24;
      for (let at = whole; at < text.length; at += 1) last |= text.charCodeAt(at) << (8 * (at - whole));
      end(last);
    },
  };
}
