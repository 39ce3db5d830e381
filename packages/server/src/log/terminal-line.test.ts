import { expect, it } from 'vitest';
import { terminalLine } from './terminal-line.ts';

const TIME = '2026-01-01T10:20:30.456Z';
const line = (fields: object) => terminalLine(`${JSON.stringify({ level: 40, time: TIME, ...fields })}\n`);

it('is one line with time, level, message and fields', () => {
  expect(
    line({ requestId: 'r-1', ms: 2.5, tenant: undefined, list: ['a b'], path: '/api/v1', note: 'two words', message: 'request' }),
  ).toBe('10:20:30.456 WARN  request requestId=r-1 ms=2.5 list=["a b"] path=/api/v1 note="two words"\n');
});

it('has the stack of an error below it, and its causes in it', () => {
  expect(line({ err: { type: 'Error', message: 'away', stack: 'Error: away\n    at a\ncaused by: Error: b' }, message: 'failed' })).toBe(
    '10:20:30.456 WARN  failed\n  Error: away\n      at a\n  caused by: Error: b\n',
  );
});

it('gives no control character to the terminal, wherever one is', () => {
  const evil = '\u001b]0;x\u0007\u009b31m\r\u007f\u202e';
  const text = line({ path: evil, [evil]: [evil], err: { stack: evil }, message: evil });
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(text).toContain('\\u001b]0;x\\u0007\\u009b31m\\u000d\\u007f\\u202e');
});
