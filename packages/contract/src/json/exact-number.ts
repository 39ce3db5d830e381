/** A numeral of JSON, or of YAML's core schema, which also writes `+1`, `.5` and `5.`. */
const NUMERAL = /^([-+]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/;
/** A decimal of at most 15 digits survives the way through a double and back (IEEE 754-2019 §5.12.2). */
const ALWAYS_EXACT_LENGTH = 15;

/** The same text for numerals of the same value: sign, digits without zeros around them, exponent. */
function canonical(numeral: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = NUMERAL.exec(numeral) ?? [];
  const digits = whole + fraction;
  let from = 0;
  let to = digits.length;
  while (from < to && digits[from] === '0') from += 1;
  while (to > from && digits[to - 1] === '0') to -= 1;
  if (from === to) return '0';
  return `${sign === '-' ? sign : ''}${digits.slice(from, to)}e${Number(exponent) - fraction.length + digits.length - to}`;
}

/**
 * Whether a decimal numeral keeps its value when it is read as a double and written again: `1.0` and `1e3` do, `1e999` (which becomes
 * null), `1e-400`, `12345678901234567890` and `-0` do not. I-JSON (RFC 7493 §2.2) warns of exactly these. Linear in its length.
 */
export function isExactNumber(numeral: string): boolean {
  if (numeral.length <= ALWAYS_EXACT_LENGTH && !/^-0|[eE]/.test(numeral)) return true;
  const value = Number(numeral);
  return Number.isFinite(value) && !Object.is(value, -0) && canonical(numeral) === canonical(String(value));
}
