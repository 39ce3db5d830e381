import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addMoney, compareMoney, formatMoney, type Money, moneyOf, NO_MONEY, parseMoney, scaleMoney, subtractMoney } from './money.ts';

const amounts: fc.Arbitrary<Money> = fc.record({
  units: fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
  decimals: fc.integer({ min: 0, max: 9 }),
});
const isSame = (left: Money, right: Money) => compareMoney(left, right) === 0;

describe('amounts of money', () => {
  it.each([
    ['0', 2, '0.00'],
    ['49.00', 2, '49.00'],
    ['0.125', 2, '0.12'],
    ['0.135', 2, '0.14'],
    ['0.1250001', 2, '0.13'],
    ['-0.125', 2, '-0.12'],
    ['-0.135', 2, '-0.14'],
    ['-0.004', 2, '0.00'],
    ['7.5', 0, '8'],
    ['6.5', 0, '6'],
    ['0.000116', 6, '0.000116'],
    ['123456789012345678901234567890.01', 2, '123456789012345678901234567890.01'],
  ])('%s with %d places is %s', (text, places, shown) => {
    expect(formatMoney(moneyOf(text), places)).toBe(shown);
  });

  it.each(['', '.5', '5.', '1e3', '1,5', ' 1', '+1', '--1', '0x1', 'NaN', '1'.repeat(31)])('%j is no amount', (text) => {
    expect(parseMoney(text)).toBeUndefined();
    expect(() => moneyOf(text)).toThrow('is no decimal number');
  });

  it('does not do what floats do', () => {
    expect(isSame(addMoney(moneyOf('0.1'), moneyOf('0.2')), moneyOf('0.3'))).toBe(true);
    expect(formatMoney(scaleMoney(moneyOf('1.005'), { numerator: 1000n, denominator: 1n }, 2), 2)).toBe('1005.00');
  });

  it('cannot be divided by nothing', () => {
    expect(() => scaleMoney(moneyOf('1'), { numerator: 1n, denominator: 0n }, 2)).toThrow(RangeError);
  });
});

describe('the laws of money', () => {
  it('an amount that is shown with all its places is read back', () => {
    fc.assert(fc.property(amounts, (money) => isSame(moneyOf(formatMoney(money, money.decimals)), money)));
  });

  it('addition has an order that does not matter, nothing as its neutral, and a way back', () => {
    fc.assert(
      fc.property(amounts, amounts, amounts, (a, b, c) => {
        expect(isSame(addMoney(a, b), addMoney(b, a))).toBe(true);
        expect(isSame(addMoney(addMoney(a, b), c), addMoney(a, addMoney(b, c)))).toBe(true);
        expect(isSame(addMoney(a, NO_MONEY), a)).toBe(true);
        expect(isSame(subtractMoney(addMoney(a, b), b), a)).toBe(true);
      }),
    );
  });

  it('comparison agrees with the sign of the difference', () => {
    fc.assert(
      fc.property(amounts, amounts, (a, b) => {
        expect(compareMoney(a, b)).toBe(compareMoney(subtractMoney(a, b), NO_MONEY));
        expect(compareMoney(a, b) + compareMoney(b, a)).toBe(0);
      }),
    );
  });

  it('scaling is off by at most half of the last place, and by exactly half only towards an even digit', () => {
    const ratios = fc.record({
      numerator: fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n }),
      denominator: fc.oneof(fc.bigInt({ min: 1n, max: 10n ** 6n }), fc.bigInt({ min: -(10n ** 6n), max: -1n }), fc.constant(2n)),
    });
    fc.assert(
      fc.property(amounts, ratios, fc.integer({ min: 0, max: 8 }), (money, ratio, decimals) => {
        const { units } = scaleMoney(money, ratio, decimals);
        // |exact - rounded| against half a place, both multiplied by 2 · denominator · 10^money.decimals
        const exact = money.units * ratio.numerator * 10n ** BigInt(decimals) * 2n;
        const whole = ratio.denominator * 10n ** BigInt(money.decimals);
        const offBy = exact - units * whole * 2n;
        const [error, half] = [offBy < 0n ? -offBy : offBy, whole < 0n ? -whole : whole];
        expect(error <= half).toBe(true);
        if (error === half) expect(units % 2n).toBe(0n);
      }),
    );
  });

  it('rounding is the same on both sides of zero', () => {
    fc.assert(
      fc.property(amounts, fc.integer({ min: 0, max: 9 }), (money, places) => {
        const mirrored = formatMoney({ ...money, units: -money.units }, places);
        expect(isSame(moneyOf(mirrored), subtractMoney(NO_MONEY, moneyOf(formatMoney(money, places))))).toBe(true);
      }),
    );
  });
});
