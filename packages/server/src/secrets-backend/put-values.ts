import { type Clock, LIMITS, SECRET_PATH_PATTERN } from '@openkupe/contract';
import type { Store } from '../store/store.ts';
import type { LocalValues, PutOutcome } from './local/local-values.ts';
import type { Values } from './secret-values.ts';

const PATH = new RegExp(SECRET_PATH_PATTERN);

/**
 * What the operator's command does: puts values at a path of the embedded vault, and wakes every secret of the tenant that points
 * there, so that clusters have them at once.
 */
export async function putValues(
  ports: { readonly store: Store; readonly values: LocalValues; readonly clock: Clock },
  { tenant, path, values }: { tenant: string; path: string; values: Values },
  by: { readonly actor: string; readonly action: string; readonly requestId: string },
): Promise<PutOutcome> {
  const { store, clock } = ports;
  if (path.length > LIMITS.secretPathLength || !PATH.test(path)) {
    return {
      outcome: 'refused',
      message: `The path ${JSON.stringify(path.slice(0, 80))} is not possible; use segments such as "services/database"`,
    };
  }
  if (Object.keys(values).length === 0)
    return { outcome: 'refused', message: 'There is no value to put; give at least one key=value pair' };
  if (!(await store.get({ kind: 'tenant', tenant, name: tenant })))
    return { outcome: 'refused', message: `There is no tenant "${tenant}"` };
  const put = await ports.values.put(tenant, path, values);
  if (put.outcome === 'refused') return put;
  const wake = (await store.listReadable('secret', tenant))
    .filter(({ spec }) => spec.secretPath === path)
    .map(({ kind, name }) => ({ kind, tenant, name }));
  // NOTE: no write is possible here but the audit: the revision it takes says when the values came.
  await store.commit({
    at: clock.now(),
    writes: [],
    wake,
    audit: { tenant, target: `secret-values/${path}`, ...by },
  });
  return put;
}
