import { LIMITS } from '@openkupe/contract';
import { conflict, invalidRequest } from '../../errors/refusal.ts';
import { checkName } from '../../pipeline/validate.ts';
import type { Resource } from '../../store/resource.ts';
import { afterWrite, newUid, observeIf } from '../../store/writes.ts';
import { defineHandler } from '../define-handler.ts';
import { loadTenant } from '../load.ts';
import { checkTargetCount, checkTargets } from './check-secret.ts';
import { renderSecret } from './render-secret.ts';

function refuseTaken({ tenant, name, deletedAt }: Resource<'secret'>): never {
  const path = `GET /api/v1/tenants/${tenant}/secrets/${name}`;
  throw deletedAt === undefined
    ? conflict(`secret already exists: "${name}" is taken; read it with ${path}`)
    : conflict(`secret already exists: "${name}" is being deleted; its name is free when ${path} answers 404`, 'name-terminating');
}

/** Defines a secret: its path in the secrets backend and the clusters that get it. The reconciler brings it there. */
export const createSecret = defineHandler('secrets.create', {
  async load(call, { store }) {
    const { tenant = '' } = call.params;
    return {
      tenant: loadTenant(call),
      existing: await store.get({ kind: 'secret', tenant, name: call.body.name }),
      count: (await store.keys('secret', tenant)).length,
      targets: await store.countTargets(tenant),
    };
  },
  decide(call, { tenant, existing, count, targets }, deps) {
    const { name, secretPath, sync } = call.body;
    checkName('secret name', 'name', name, 'name');
    checkTargets(name, sync ?? []);
    if (existing) refuseTaken(existing);
    if (tenant.deletedAt !== undefined) throw conflict(`Tenant "${tenant.name}" is being deleted; no secret can be added to it`);
    if (count >= LIMITS.secretsPerTenant) {
      throw invalidRequest(`A tenant can have at most ${LIMITS.secretsPerTenant} secrets; delete one first`, 'secret-limit');
    }
    checkTargetCount(targets, sync?.length ?? 0);
    const key = { kind: 'secret', tenant: tenant.name, name } as const;
    const write = {
      verb: 'create',
      key,
      uid: newUid(deps.random),
      spec: { secretPath, ...(sync ? { sync } : {}) },
      observed: { observedGeneration: 0, places: [], targets: [], changedAt: call.now },
    } as const;
    const created = afterWrite(write, call.now);
    return {
      target: `secrets/${name}`,
      // NOTE: two creates that counted the same secrets cannot both be written: the second counts again.
      writes: [write, observeIf(tenant)],
      events: [{ key, type: 'created', message: `Secret "${name}" was defined` }],
      wake: [key],
      answer: { body: renderSecret(created), tagged: created },
    };
  },
});
