/**
 * Notices that nearly all traffic comes from one address although many credentials are in use: the mark of a proxy that is missing
 * from the trusted list, behind which every client shares one limit. Looks at every sixteenth request, in rounds of 256.
 */
export interface CollapseWatch {
  /** True for the requests that are to be looked at. */
  isDue(): boolean;
  /** Notes one of them. Returns the share of the leading address when a round ends in a collapse. */
  note(groupWord: number, credentialWord: number): number | undefined;
}

const EVERY = 16;
const ROUND = 256;
const COLLAPSED_SHARE = 0.95;
/** Of 32 bits that credentials set at random; five different credentials set at least four nearly always. */
const DISTINCT_BITS = 4;

function bitsIn(word: number): number {
  let bits = 0;
  for (let left = word; left !== 0; left &= left - 1) bits += 1;
  return bits;
}

export function createCollapseWatch(): CollapseWatch {
  const seen = new Int32Array(ROUND);
  let asked = 0;
  let noted = 0;
  let credentials = 0;
  return {
    isDue() {
      asked = (asked + 1) & 0x3fffffff;
      return asked % EVERY === 0;
    },
    note(groupWord, credentialWord) {
      seen[noted] = groupWord;
      credentials |= 1 << (credentialWord & 31);
      noted += 1;
      if (noted < ROUND) return undefined;
      const sorted = seen.slice().sort();
      const middle = sorted[ROUND >> 1];
      const share = sorted.filter((word) => word === middle).length / ROUND;
      const isCollapsed = share >= COLLAPSED_SHARE && bitsIn(credentials) >= DISTINCT_BITS;
      noted = 0;
      credentials = 0;
      return isCollapsed ? share : undefined;
    },
  };
}
