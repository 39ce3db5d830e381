import { expect, test } from 'vitest';
import { formatRetryAdvice, parseRetryAdvice } from './retry-advice.ts';

const ADVICE = ['stop', 're-read', 'wait', 'back-off'] as const;
const EXECUTED = ['no', 'yes', 'unknown'] as const;

test.each(
  ADVICE.flatMap((advice) => EXECUTED.flatMap((executed) => [true, false].map((isSlotReserved) => ({ advice, executed, isSlotReserved })))),
)('what is written is what is read: %j', (said) => expect(parseRetryAdvice(formatRetryAdvice(said))).toEqual(said));

test.each([null, undefined, '', 'hurry; executed=no; slot=reserved', 'executed=no', 'WAIT; executed=no'])('%j is no advice', (header) => {
  expect(parseRetryAdvice(header)).toEqual({ advice: undefined, executed: 'unknown', isSlotReserved: false });
});

test('parameters that are not known are passed over', () => {
  expect(parseRetryAdvice(' wait ;executed=no;  colour=blue')).toEqual({ advice: 'wait', executed: 'no', isSlotReserved: false });
});
