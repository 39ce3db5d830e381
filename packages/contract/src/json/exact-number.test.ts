import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isExactNumber } from './exact-number.ts';

it.each([
  '0',
  '1',
  '-1',
  '1.0',
  '1e3',
  '1E+3',
  '10e-1',
  '0.1',
  '-0.5',
  '0e999999999',
  '0.000',
  '9007199254740992',
  '1e21',
  '1e300',
  '5e-324',
])('keeps the value of %s', (numeral) => expect(isExactNumber(numeral)).toBe(true));

it.each([
  '1e999',
  '-1e999',
  '1e-400',
  '-0',
  '-0.0',
  '-0e5',
  '9007199254740993',
  '12345678901234567890',
  '18446744073709551616',
  '0.1234567890123456789',
  '1.00000000000000000001',
  '1e-324',
  `1${'0'.repeat(400)}`,
  `0.${'0'.repeat(400)}1`,
  '1e99999999999999999999',
])('does not keep %s', (numeral) => expect(isExactNumber(numeral)).toBe(false));

it('keeps whatever JSON.stringify prints', () => {
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => isExactNumber(JSON.stringify(value))));
});

it('agrees with exact arithmetic about decimals of any length', () => {
  const numeral = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 25n }), fc.integer({ min: -12, max: 12 }));
  const isSame = ([digits, exponent]: [bigint, number]) => {
    const printed = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(JSON.stringify(Number(`${digits}e${exponent}`)));
    const [, whole = '', fraction = '', shift = '0'] = printed ?? [];
    const down = Number(shift) - fraction.length;
    const lowest = Math.min(exponent, down);
    return digits * 10n ** BigInt(exponent - lowest) === BigInt(whole + fraction) * 10n ** BigInt(down - lowest);
  };
  fc.assert(fc.property(numeral, ([digits, exponent]) => isExactNumber(`${digits}e${exponent}`) === isSame([digits, exponent])));
});
