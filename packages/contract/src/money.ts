/**
 * Amounts of money as exact decimals: whole numbers with a scale, never floats. Sums and differences are exact; only {@link scaleMoney}
 * and {@link formatMoney} round, once each and half to even (IEEE 754-2019 §4.3.3), because a bill has many lines, and rounding every
 * half upwards would add up against the payer.
 */
export interface Money {
  /** The value is `units / 10^decimals`. */
  readonly units: bigint;
  readonly decimals: number;
}

/** Decimal text: `-12.50`, `0.000116`. */
const PATTERN = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?$/;

/** An amount of 0, to begin sums with. */
export const NO_MONEY: Money = { units: 0n, decimals: 0 };

/** Reads decimal text, or returns `undefined` when the text is none. */
export function parseMoney(text: string): Money | undefined {
  const found = PATTERN.exec(text);
  if (!found) return undefined;
  const [, sign = '', whole = '', fraction = ''] = found;
  const digits = BigInt(whole + fraction);
  return { units: sign === '' ? digits : -digits, decimals: fraction.length };
}

/** Reads text that is known to be decimal. Throws on any other: that is a defect, not an input. */
export function moneyOf(text: string): Money {
  const money = parseMoney(text);
  if (!money) throw new Error(`Cannot read ${JSON.stringify(text)} as an amount: it is no decimal number`);
  return money;
}

function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  if (divisor < 0n) return divideHalfEven(-dividend, -divisor);
  const quotient = dividend / divisor;
  const rest = dividend % divisor;
  const away = dividend < 0n ? -1n : 1n;
  const twice = 2n * rest * away;
  if (twice < divisor || (twice === divisor && quotient % 2n === 0n)) return quotient;
  return quotient + away;
}

function aligned(left: Money, right: Money): [bigint, bigint, number] {
  const decimals = Math.max(left.decimals, right.decimals);
  const scaled = ({ units, decimals: own }: Money) => units * 10n ** BigInt(decimals - own);
  return [scaled(left), scaled(right), decimals];
}

/** The exact sum. */
export function addMoney(left: Money, right: Money): Money {
  const [a, b, decimals] = aligned(left, right);
  return { units: a + b, decimals };
}

/** The exact difference. */
export function subtractMoney(left: Money, right: Money): Money {
  return addMoney(left, { units: -right.units, decimals: right.decimals });
}

/** -1, 0 or 1 as `left` is smaller than, equal to, or larger than `right`. */
export function compareMoney(left: Money, right: Money): -1 | 0 | 1 {
  const [a, b] = aligned(left, right);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `money × numerator / denominator`, rounded once, half to even, to `decimals` places. Throws a RangeError when the denominator is 0. */
export function scaleMoney(money: Money, ratio: { readonly numerator: bigint; readonly denominator: bigint }, decimals: number): Money {
  const dividend = money.units * ratio.numerator * 10n ** BigInt(decimals);
  return { units: divideHalfEven(dividend, ratio.denominator * 10n ** BigInt(money.decimals)), decimals };
}

/** The amount with exactly `places` decimal places, rounded half to even: `formatMoney(moneyOf('0.125'), 2)` is `"0.12"`. */
export function formatMoney(money: Money, places: number): string {
  const { units } = scaleMoney(money, { numerator: 1n, denominator: 1n }, places);
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
  const cut = digits.length - places;
  return `${units < 0n ? '-' : ''}${digits.slice(0, cut)}${places === 0 ? '' : `.${digits.slice(cut)}`}`;
}
