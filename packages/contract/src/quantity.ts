import { withoutTrailing } from './without-trailing.ts';

/**
 * Kubernetes quantities: compared and added exactly, never re-printed. What a caller sent (`16Gi`) is what the API echoes.
 * Grammar: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ , narrowed to what the API accepts.
 */
export interface Quantity {
  /** The value is `units / 10^decimals`. */
  readonly units: bigint;
  readonly decimals: number;
}

const SUFFIXES: Readonly<Record<string, bigint>> = {
  '': 1n,
  k: 10n ** 3n,
  M: 10n ** 6n,
  G: 10n ** 9n,
  T: 10n ** 12n,
  P: 10n ** 15n,
  E: 10n ** 18n,
  Ki: 2n ** 10n,
  Mi: 2n ** 20n,
  Gi: 2n ** 30n,
  Ti: 2n ** 40n,
  Pi: 2n ** 50n,
  Ei: 2n ** 60n,
};

/** CPU: cores with an optional fraction, or millicores: `4`, `1.5`, `500m`. */
export const CPU_PATTERN = '^\\d+(\\.\\d+)?m?$';
/** Memory and storage: a number with a unit suffix, `16Gi`; a bare number is ambiguous and refused. */
export const BYTES_PATTERN = '^\\d+(\\.\\d+)?(Ki|Mi|Gi|Ti|Pi|Ei|k|M|G|T|P|E)$';

/** Reads a quantity, or returns `undefined` when the text is none. A bare number is read as units (cores, or bytes). */
export function parseQuantity(text: string): Quantity | undefined {
  const found = /^(\d+)(?:\.(\d+))?(m|Ki|Mi|Gi|Ti|Pi|Ei|k|M|G|T|P|E)?$/.exec(text);
  if (!found) return undefined;
  const [, whole = '', fraction = '', suffix = ''] = found;
  const digits = BigInt(whole + fraction);
  if (suffix === 'm') return { units: digits, decimals: fraction.length + 3 };
  return { units: digits * (SUFFIXES[suffix] ?? 1n), decimals: fraction.length };
}

function aligned(left: Quantity, right: Quantity): [bigint, bigint, number] {
  const decimals = Math.max(left.decimals, right.decimals);
  const scale = (quantity: Quantity) => quantity.units * 10n ** BigInt(decimals - quantity.decimals);
  return [scale(left), scale(right), decimals];
}

/** -1, 0 or 1 as `left` is smaller than, equal to, or larger than `right`. Exact for every size. */
export function compareQuantities(left: Quantity, right: Quantity): -1 | 0 | 1 {
  const [a, b] = aligned(left, right);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The exact sum. */
export function addQuantities(left: Quantity, right: Quantity): Quantity {
  const [a, b, decimals] = aligned(left, right);
  return { units: a + b, decimals };
}

/** A quantity of 0, to begin sums with. */
export const ZERO_QUANTITY: Quantity = { units: 0n, decimals: 0 };

/** The quantity counted in `unit` (for example GiB for `parseQuantity('1Gi')`) as plain decimal text: `"1.5"`, exact up to nine places, rounded up beyond. */
export function formatInUnits(quantity: Quantity, unit: Quantity): string {
  const PLACES = 9n;
  const [value, one] = aligned(quantity, unit);
  const scaled = value * 10n ** PLACES;
  const nano = scaled / one + (scaled % one === 0n ? 0n : 1n);
  const whole = nano / 10n ** PLACES;
  const digits = (nano % 10n ** PLACES).toString().padStart(Number(PLACES), '0');
  const fraction = withoutTrailing(digits, '0');
  return fraction === '' ? whole.toString() : `${whole}.${fraction}`;
}
