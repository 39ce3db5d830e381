import { OperatorSecretValues, type OperatorSecretVersion } from '@openkupe/contract';
import { conflict, invalidRequest } from '../errors/refusal.ts';
import { readTenant } from '../routes/load.ts';
import { putValues } from '../secrets-backend/put-values.ts';
import { type OperatorRoute, withBody } from './operator-route.ts';

/** Values for the embedded vault. They go in here and come out in clusters; nothing shows them. */
export const OPERATOR_SECRET_VALUE_ROUTES: readonly OperatorRoute[] = [
  withBody({
    id: 'operator.secret-values.put',
    method: 'PUT',
    path: '/tenants/{tenant}/secret-values',
    body: OperatorSecretValues,
    status: 200,
    async run(call, ports): Promise<OperatorSecretVersion> {
      const { name: tenant } = await readTenant(ports.store, call.params.tenant);
      if (!ports.localValues) throw conflict('The values of this installation are in OpenBao; write them there', 'values-in-openbao');
      const { path, values } = call.body;
      const { actor, action, requestId } = call;
      const put = await putValues({ ...ports, values: ports.localValues }, { tenant, path, values }, { actor, action, requestId });
      if (put.outcome === 'refused') throw invalidRequest(put.message);
      return { path, version: put.version };
    },
  }),
];
