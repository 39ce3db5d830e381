import { classify } from '@openkupe/contract/retry/classify';
import { STATUS_TABLE } from '@openkupe/contract/status-table';
import { expect, test } from 'vitest';
import { failureOf } from '../testing/outcome-of.ts';
import { tryClient } from '../testing/try-client.ts';
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

test('a 400 names the fields that are wrong, and a 412 what changed meanwhile', async () => {
  const errors = [{ detail: 'cpu must be a quantity', pointer: '#/resources/cpu' }];
  const fields = [{ pointer: '#/version', before: '1.31', after: '1.32' }];
  const changes = [{ at: '2026-01-01T00:00:00Z', actor: 'k1', action: 'clusters.update', target: 'clusters/a', requestId: 'r', fields }];
  const { client, clock } = tryClient([
    { status: 400, body: { error: 'no', errors } },
    { status: 412, body: { error: 'no', changes } },
    { status: 400, body: { error: 'no', errors: 'none', changes: [1] } },
  ]);
  const patch = () => failureOf(clock, client.clusters.patch('prod', { version: '1.32' }, { ifMatch: '"1"' }));
  expect(await patch()).toMatchObject({ status: 400, errors, changes: [] });
  expect(await patch()).toMatchObject({ status: 412, errors: [], changes });
  expect(await patch()).toMatchObject({ status: 400, errors: [], changes: [] });
});

test('a problem of a gateway that has no "error" is told by its detail', async () => {
  const problem = { type: 'about:blank', title: 'Forbidden', status: 403, detail: 'The gateway lets no one in' };
  const { client, clock } = tryClient([
    { status: 403, body: problem },
    { status: 403, body: { ...problem, error: 'no' } },
    { status: 403, body: { ...problem, detail: 1 } },
  ]);
  const patch = () => failureOf(clock, client.clusters.patch('prod', { version: '1.32' }, { ifMatch: '"1"' }));
  expect((await patch()).message).toBe('The gateway lets no one in');
  expect((await patch()).message).toBe('no');
  expect((await patch()).message).toContain('without saying why');
});
