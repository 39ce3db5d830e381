import type { InvoiceLine } from '@openkupe/contract';

const billionths = (amount: string) => {
  const [whole = '', fraction = ''] = amount.split('.');
  return BigInt(whole + fraction.padEnd(9, '0'));
};

export const secondsBetween = (from: string, to: string) => BigInt((Date.parse(to) - Date.parse(from)) / 1000);

/** Billionths of the line's amount times seconds, from nothing but what the line shows. */
export function amountSeconds({ segments }: InvoiceLine): bigint {
  return segments.reduce((sum, { from, to, amount }) => sum + billionths(amount) * secondsBetween(from, to), 0n);
}

/** The cost in whole pence, computed from nothing but what the line shows, another way than the server does. */
export function recomputedPence(line: InvoiceLine): bigint {
  const dividend = amountSeconds(line) * billionths(line.unitPrice) * 100n;
  const divisor = 10n ** 18n * BigInt(line.secondsPerUnit);
  const [whole, twiceRest] = [dividend / divisor, (dividend % divisor) * 2n];
  const isUp = twiceRest > divisor || (twiceRest === divisor && whole % 2n === 1n);
  return isUp ? whole + 1n : whole;
}

/** `12.34` as 1234. */
export const pence = (text: string) => BigInt(text.replace('.', ''));
