import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';
import { SECRETS } from '../../testing/secrets.ts';

let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

it('lists by name, an empty list as [], for readonly too', async () => {
  expect((await server.send({ method: 'GET', path: SECRETS })).text).toBe('{"items":[]}');
  for (const name of ['zeta', 'alpha']) await server.send({ method: 'POST', path: SECRETS, body: { name, secretPath: 'a' } });
  const { json } = await server.send({ method: 'GET', path: SECRETS, key: await server.makeKey('readonly') });
  expect(json.items.map(({ name }: { name: string }) => name)).toEqual(['alpha', 'zeta']);
});

it('404 for one that is not there', async () => {
  const missing = await server.send({ method: 'GET', path: `${SECRETS}/nobody` });
  expect([missing.status, errorOf(missing)]).toEqual([404, expect.stringContaining('Secret "nobody" not found in tenant "demo"')]);
});
