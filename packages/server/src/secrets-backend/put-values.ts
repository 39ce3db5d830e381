import { type Clock, LIMITS, SECRET_PATH_PATTERN } from '@openkupe/contract';
import type { Store } from '../store/store.ts';
import type { LocalValues, PutOutcome } from './local/local-values.ts';
import type { Values } from './secret-values.ts';

const PATH = new RegExp(SECRET_PATH_PATTERN);

/**
 * Writes values at a path of the embedded secrets backend for the operator's command, and wakes every secret of the tenant with this path, so
 * that clusters get them at once.
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
  // NOTE: the values are not in the database; the commit writes the audit row and the wake-ups.
  await store.commit({
    at: clock.now(),
    writes: [],
    wake,
    audit: { tenant, target: `secret-values/${path}`, ...by },
  });
  return put;
}
