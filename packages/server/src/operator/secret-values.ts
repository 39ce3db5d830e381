import { OperatorSecretValues, type OperatorSecretVersion, SECRET_PATH_PATTERN } from '@openkupe/contract';
import { conflict, invalidRequest } from '../errors/refusal.ts';
import { readTenant } from '../routes/load.ts';
import { keyOf } from '../store/writes.ts';
import { change } from './change.ts';
import { type OperatorRoute, withBody } from './operator-route.ts';

const PATH = new RegExp(SECRET_PATH_PATTERN);

/** Values for the embedded secrets backend. They go in here and come out in clusters; nothing shows them. */
export const OPERATOR_SECRET_VALUE_ROUTES: readonly OperatorRoute[] = [
  withBody({
    id: 'operator.secret-values.put',
    method: 'PUT',
    path: '/tenants/{tenant}/secret-values',
    body: OperatorSecretValues,
    status: 200,
    async run(call, ports): Promise<OperatorSecretVersion> {
      const { name: tenant, deletedAt } = await readTenant(ports.store, call.params.tenant);
      if (deletedAt !== undefined) throw conflict(`Tenant "${tenant}" is being deleted, and takes no values`, 'terminating');
      if (!ports.localValues) throw conflict('The values of this installation are in OpenBao; write them there', 'values-in-openbao');
      const { path, values } = call.body;
      if (!PATH.test(path)) {
        throw invalidRequest(`The path ${JSON.stringify(path.slice(0, 80))} is not possible; use segments such as "services/database"`);
      }
      const put = await ports.localValues.put(tenant, path, values);
      if (put.outcome === 'refused') throw invalidRequest(put.message);
      // NOTE: the values are not in the database. Every secret with this path is woken, so that clusters get them at once.
      return change(call, ports, async () => {
        const secrets = await ports.store.listReadable('secret', tenant);
        const fields = Object.keys(values).map((key) => ({ pointer: `#/values/${encodeURI(key)}`, withheld: 'secret' as const }));
        const wake = secrets.filter(({ spec }) => spec.secretPath === path).map(keyOf);
        return { tenant, target: `secret-values/${path}`, writes: [], fields, wake, shown: { path, version: put.version } };
      });
    },
  }),
];
