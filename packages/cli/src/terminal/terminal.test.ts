import { describe, expect, test } from 'vitest';
import { createFakeIo } from '../testing/fake-io.ts';
import { describeTerminal } from './terminal.ts';
import { clipped, width } from './width.ts';

describe('colours on stderr', () => {
  test.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [false, { FORCE_COLOR: '' }, false],
    [true, { NO_COLOR: '1', FORCE_COLOR: '1' }, true],
  ])('terminal %s with %j: %s', (isTerminal, env, expected) => {
    const { isColoured, paint } = describeTerminal(createFakeIo({ isTerminal }), env);
    expect(isColoured).toBe(expected);
    expect(paint('red', 'x') !== 'x').toBe(expected);
  });
});

describe('what a terminal allows', () => {
  test.each([
    ['a terminal', true, {}, true, true],
    ['no terminal', false, {}, false, false],
    ['a dumb one', true, { TERM: 'dumb' }, false, true],
    ['CI', true, { CI: 'true' }, false, false],
    ['CI set to nothing', true, { CI: '' }, true, true],
  ])('%s', (_, isTerminal, env, isLive, isInteractive) => {
    expect(describeTerminal(createFakeIo({ isTerminal }), env)).toMatchObject({ isLive, isInteractive });
  });
});

test.each([
  ['short', 10, 'short'],
  ['exactly ten', 11, 'exactly ten'],
  ['rather long', 6, 'rathe…'],
  ['東京都庁', 5, '東京…'],
  ['anything', 0, ''],
])('"%s" in %i columns is "%s"', (text, columns, shown) => {
  expect(clipped(text, columns)).toBe(shown);
  expect(width(clipped(text, columns))).toBeLessThanOrEqual(columns);
});
