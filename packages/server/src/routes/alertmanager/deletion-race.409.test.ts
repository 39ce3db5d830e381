import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Store } from '../../store/store.ts';
import { deleteIf } from '../../store/writes.ts';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';
import { readTenant } from '../load.ts';
import { deletionOfTenant } from '../tenants/accept-deletion.ts';

const BASE = '/api/v1/tenants/demo/alertmanager';
const ROW = { kind: 'alertmanager', tenant: 'demo', name: 'demo' } as const;
const RECEIVER = { webhook_configs: [{ url: 'https://hooks.example.com/' }] };

let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

/** The store of the server, in which `change` happens between what the next request loads and its first commit. */
function beforeCommit(change: (store: Store) => Promise<unknown>): Store {
  const { store } = server.plane.ports;
  let isDone = false;
  return {
    ...store,
    async commit(sent) {
      if (!isDone) await change(store);
      isDone = true;
      return store.commit(sent);
    },
  };
}

async function acceptDeletion(store: Store): Promise<void> {
  const { change } = deletionOfTenant(await readTenant(store, 'demo'), 0);
  expect(await store.commit({ at: 0, ...change })).toMatchObject({ outcome: 'written' });
}

async function remove(store: Store): Promise<void> {
  expect(await store.commit({ at: 0, writes: [deleteIf(await readTenant(store, 'demo'))] })).toMatchObject({ outcome: 'written' });
}

const put = (store: Store) => server.sendWith({ store }, { method: 'PUT', path: `${BASE}/receivers/late`, body: RECEIVER });

it('the first change of a tenant whose deletion is accepted meanwhile is 409, and there is no configuration', async () => {
  expect((await put(beforeCommit(acceptDeletion))).status).toBe(409);
  expect(await server.plane.ports.store.get(ROW)).toBeUndefined();
});

it('a later change of it is 409, and the configuration stays as it was', async () => {
  await server.send({ method: 'PUT', path: `${BASE}/global`, body: { resolve_timeout: '5m' } });
  const before = await server.plane.ports.store.get(ROW);
  expect((await put(beforeCommit(acceptDeletion))).status).toBe(409);
  expect(await server.plane.ports.store.get(ROW)).toEqual(before);
});

it.each([
  ['gone', remove],
  ['gone, while another one has its name,', async (store: Store) => remove(store).then(() => server.makeTenant('demo'))],
])('a change of a tenant that is %s meanwhile is 404 and leaves no configuration', async (_what, change) => {
  expect((await put(beforeCommit(change))).status).toBe(404);
  expect(await server.plane.ports.store.get(ROW)).toBeUndefined();
});
