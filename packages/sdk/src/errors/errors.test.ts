import { STATUS_TABLE } from '@openkupe/contract/status-table';
import { expect, test } from 'vitest';
import { classify } from '../retry/classify.ts';
import { ERROR_CLASSES, ForbiddenError, NotFoundError } from './by-status.ts';
import { KupeError } from './kupe-error.ts';

test('every row of the page has its class, found by its name', () => {
  const classes = STATUS_TABLE.map(({ status, name }) => {
    expect(classify(status)).toBe(name);
    return ERROR_CLASSES[name];
  });
  expect(new Set(classes).size).toBe(STATUS_TABLE.length);
});

test('a status in no table counts as the first of its class', () => {
  expect([418, 405, 413, 502, 504, 599, 501, 302, 204].map(classify)).toEqual([
    'invalid-request',
    'invalid-request',
    'invalid-request',
    'internal',
    'internal',
    'internal',
    'invalid-request',
    'unreadable',
    'succeeded',
  ]);
});

test('two copies of the package recognise each other', async () => {
  const copy = (await import(`./by-status.ts?${'copy'}`)) as typeof import('./by-status.ts');
  expect(copy.NotFoundError).not.toBe(NotFoundError);
  const foreign = new copy.NotFoundError('gone');
  expect(foreign instanceof NotFoundError).toBe(true);
  expect(foreign instanceof KupeError).toBe(true);
  expect(foreign instanceof ForbiddenError).toBe(false);
  expect(new Error('plain') instanceof KupeError).toBe(false);
});
