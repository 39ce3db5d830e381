import { expect, it } from 'vitest';
import { checkAgainstContract } from './check-against-contract.ts';

const SECRET = '/api/v1/tenants/demo/secrets/one';
const secret = {
  name: 'one',
  secretPath: 'a/b',
  status: { phase: 'Active', conditions: [], syncStatuses: [] },
  resourceVersion: '7',
  createdAt: '2026-01-01T00:00:00Z',
};
const problem = {
  type: 'about:blank#precondition-failed',
  title: 'ETag mismatch',
  status: 412,
  detail: 'It changed',
  error: 'It changed',
  code: 'precondition-failed',
  advice: 're-read',
  requestId: 'r-1',
  etag: '"7.0"',
};
const UNTAGGED = { 'content-type': 'application/problem+json; charset=utf-8' };
const PROBLEM = { ...UNTAGGED, etag: '"7.0"' };
const answered = (body: object, { status = 412, headers = PROBLEM as Record<string, string>, path = SECRET } = {}) =>
  checkAgainstContract('PATCH', path, { status, headers, text: JSON.stringify(body) });

it('accepts the one field, the fuller body, and what a GET would answer under its tag', () => {
  answered({ error: 'It changed' }, { headers: { 'content-type': 'application/json', etag: '"7.0"' } });
  answered(problem);
  answered({ ...problem, current: secret });
});

it.each<[RegExp, () => void]>([
  [/more or less than its one field/, () => answered(problem, { headers: { 'content-type': 'application/json' } })],
  [/problem that the contract does not describe/, () => answered({ ...problem, error: '' })],
  [/unknown fields: stack/, () => answered({ ...problem, stack: 'x' })],
  [/two tags: "6.0" and "7.0"/, () => answered({ ...problem, etag: '"6.0"' })],
  [/without its tag/, () => answered({ ...problem, etag: undefined, current: secret }, { headers: UNTAGGED })],
  [/something else than secrets.get answers/, () => answered({ ...problem, current: { ...secret, secretPath: 7 } })],
  [/with 409, where there is none/, () => answered({ ...problem, current: secret }, { status: 409 })],
  [
    /with 412, where there is none/,
    () => answered({ ...problem, current: secret }, { path: '/api/v1/tenants/demo/members/a@example.com' }),
  ],
])('finds %s', (finding, check) => expect(check).toThrow(finding));
