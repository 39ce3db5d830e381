import type { Random } from '@openkupe/contract';

const SANE_REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{7,63}$/;
const PREFIX_BYTES = 7;
const COUNTER_DIGITS = 6;
const MOST_COUNTED = 16 ** COUNTER_DIGITS;

/** Gives requests their ids. */
export interface RequestIds {
  /** A new id: `req-` and 20 hexadecimal digits, of which the last six are counted, because random bytes for each cost microseconds. */
  next(): string;
  /** The id that a request brought, if it is a sane one; otherwise a new one. */
  of(sent: string | undefined): string;
}

/** Makes {@link RequestIds} with a random beginning. */
export function createRequestIds(random: Pick<Random, 'bytes'>): RequestIds {
  let prefix = '';
  let count = MOST_COUNTED;
  const next = () => {
    if (count === MOST_COUNTED) {
      prefix = `req-${Buffer.from(random.bytes(PREFIX_BYTES)).toString('hex')}`;
      count = 0;
    }
    const counted = count.toString(16).padStart(COUNTER_DIGITS, '0');
    count += 1;
    return prefix + counted;
  };
  return { next, of: (sent) => (sent !== undefined && SANE_REQUEST_ID.test(sent) ? sent : next()) };
}
