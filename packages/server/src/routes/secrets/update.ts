import { defineHandler } from '../../pipeline/handler.ts';
import { conflict } from '../../refusal.ts';
import type { Resource, SecretSpec } from '../../store/resource.ts';
import { loadSecret } from '../load.ts';
import { checkTargets } from './check-secret.ts';
import { renderSecret } from './render-secret.ts';

export const updateSecret = defineHandler('secrets.update', {
  async load(call, store) {
    const secret = await loadSecret(store, call.params.tenant, call.params.name);
    return { secret, guard: secret };
  },
  decide(call, { secret }) {
    const { sync } = call.body;
    checkTargets(secret.name, sync ?? []);
    if (secret.deletedAt !== undefined) {
      throw conflict(`Secret "${secret.name}" is being deleted and cannot be changed; wait until it is gone`, 'terminating');
    }
    const spec: SecretSpec = { secretPath: secret.spec.secretPath, ...(sync ? { sync } : {}) };
    if (JSON.stringify(spec) === JSON.stringify(secret.spec)) return { answer: { body: renderSecret(secret), tagged: secret } };
    const key = { kind: 'secret', tenant: secret.tenant, name: secret.name } as const;
    return {
      target: `secrets/${secret.name}`,
      writes: [{ verb: 'update-if', key, expectedVersion: secret.resourceVersion, spec }],
      events: [{ key, type: 'changed', message: `The targets of secret "${secret.name}" were changed` }],
      wake: [key],
      answer: ([written]) => {
        const updated = written as Resource<'secret'>;
        return { body: renderSecret(updated), tagged: updated };
      },
    };
  },
});
