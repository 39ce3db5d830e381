import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addQuantities, compareQuantities, formatInUnits, parseQuantity, type Quantity, ZERO_QUANTITY } from './quantity.ts';

const quantity = (text: string): Quantity => {
  const parsed = parseQuantity(text);
  if (!parsed) throw new Error(`${text} is no quantity`);
  return parsed;
};

const texts = fc
  .tuple(fc.nat(10_000), fc.option(fc.nat(999)), fc.constantFrom('', 'm', 'Ki', 'Mi', 'Gi', 'Ti', 'k', 'M', 'G', 'T'))
  .map(([whole, fraction, suffix]) => `${whole}${fraction === null ? '' : `.${fraction}`}${suffix}`);

describe('quantities', () => {
  it.each([
    ['1', '1000m'],
    ['1.5', '1500m'],
    ['1Gi', '1024Mi'],
    ['0.5Gi', '512Mi'],
    ['1G', '1000M'],
    ['1Ei', '1024Pi'],
  ])('%s equals %s', (left, right) => expect(compareQuantities(quantity(left), quantity(right))).toBe(0));

  it.each([
    ['999m', '1'],
    ['1G', '1Gi'],
    ['0.1Ki', '103'],
    ['9007199254740992', '9007199254740993'],
  ])('%s is smaller than %s, exactly', (small, large) => {
    expect(compareQuantities(quantity(small), quantity(large))).toBe(-1);
    expect(compareQuantities(quantity(large), quantity(small))).toBe(1);
  });

  it.each(['', 'Gi', '-1', '+1', '1e3', '1 Gi', '1gi', '1KI', '.5', '1.', '0x1', '1mi', 'NaN'])('%j is none', (text) =>
    expect(parseQuantity(text)).toBeUndefined(),
  );

  it('law: the order is total, and adding keeps it', () => {
    fc.assert(
      fc.property(texts, texts, texts, (a, b, c) => {
        const order = compareQuantities(quantity(a), quantity(b));
        expect(compareQuantities(quantity(b), quantity(a))).toBe(order === 0 ? 0 : -order);
        expect(compareQuantities(addQuantities(quantity(a), quantity(c)), addQuantities(quantity(b), quantity(c)))).toBe(order);
      }),
    );
  });

  it('law: a sum does not depend on the order, and zero adds nothing', () => {
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        expect(compareQuantities(addQuantities(quantity(a), quantity(b)), addQuantities(quantity(b), quantity(a)))).toBe(0);
        expect(compareQuantities(addQuantities(quantity(a), ZERO_QUANTITY), quantity(a))).toBe(0);
      }),
    );
  });

  it.each([
    ['16Gi', '1Gi', '16'],
    ['512Mi', '1Gi', '0.5'],
    ['500m', '1', '0.5'],
    ['1k', '1', '1000'],
    ['1', '1Gi', '0.000000001'],
  ])('%s counted in %s is %s', (text, unit, expected) => expect(formatInUnits(quantity(text), quantity(unit))).toBe(expected));
});
