import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';
import { keepEngineChoice } from './engine-choice.ts';

let plane: InProcess;
beforeEach(async () => {
  plane = await startInProcess();
});
afterEach(() => plane.stop());

const keep = (shared: 'sandbox' | 'local', dedicated: 'sandbox' | 'local') =>
  keepEngineChoice(plane.plane.ports.store, { shared, dedicated }, plane.clock.now());

it('an installation without clusters may choose any engine, and another one later', async () => {
  await keep('local', 'local');
  await keep('sandbox', 'local');
  await keep('sandbox', 'sandbox');
});

it('the engine of a type stays while there is a cluster of that type, and the other type is free to change', async () => {
  await plane.send({ method: 'POST', path: '/api/v1/tenants/demo/clusters', body: { name: 'web' } });
  await keep('sandbox', 'local');
  await keep('sandbox', 'local');
  await expect(keep('local', 'local')).rejects.toThrow(
    'Clusters of type "shared" are run by the engine "sandbox" here, "demo/web" for one, and cannot move to "local": ' +
      'start with OPENKUPE_ENGINE_SHARED=sandbox, delete them, then change the setting',
  );
});
