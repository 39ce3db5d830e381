import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';
import { EVERY_ROUTE, sampleRequest } from '../../testing/sample-requests.ts';

let server: InProcess;
beforeAll(async () => {
  server = await startInProcess();
});
afterAll(() => server.stop());

describe.each([
  ...EVERY_ROUTE.map((route) => [route.id, sampleRequest(route)] as const),
  ['an unknown path', { method: 'GET', path: '/x' }] as const,
])('%s', (_id, request) => {
  it('answers with a request id of its own, a new one each time', async () => {
    const ids = [await server.send(request), await server.send(request)].map(({ headers }) => headers['x-request-id']);
    expect(ids[0]).toMatch(/^req-[0-9a-f]{20}$/);
    expect(ids[1]).not.toBe(ids[0]);
  });

  it('keeps a sane one that came along, and no other', async () => {
    const kept = await server.send({ ...request, headers: { 'x-request-id': 'build-1234:step.7' } });
    expect(kept.headers['x-request-id']).toBe('build-1234:step.7');
    for (const bad of ['short', 'has space in it', '<script>alert(1)</script>', 'x'.repeat(65)]) {
      const replaced = await server.send({ ...request, headers: { 'x-request-id': bad } });
      expect(replaced.headers['x-request-id']).toMatch(/^req-/);
    }
  });
});
