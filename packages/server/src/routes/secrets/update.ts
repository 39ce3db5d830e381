import { conflict } from '../../errors/refusal.ts';
import type { SecretSpec } from '../../store/resource.ts';
import { afterWrite, keyOf, observeIf, updateIf } from '../../store/writes.ts';
import { defineHandler } from '../define-handler.ts';
import { loadSecret, loadTenant } from '../load.ts';
import { checkTargetCount, checkTargets } from './check-secret.ts';
import { renderSecret } from './render-secret.ts';

/** Replaces the targets of a secret. Its path stays. */
export const updateSecret = defineHandler('secrets.update', {
  async load(call, { store }) {
    const secret = await loadSecret(store, call.params.tenant, call.params.name);
    const { tenant } = secret;
    return { secret, precondition: secret, tenant: loadTenant(call), targets: await store.countTargets(tenant) };
  },
  decide(call, { secret, tenant, targets }) {
    const { sync } = call.body;
    checkTargets(secret.name, sync ?? []);
    if (secret.deletedAt !== undefined) {
      throw conflict(`Secret "${secret.name}" is being deleted and cannot be changed; wait until it is gone`, 'terminating');
    }
    const spec: SecretSpec = { secretPath: secret.spec.secretPath, ...(sync ? { sync } : {}) };
    if (JSON.stringify(spec) === JSON.stringify(secret.spec)) return { answer: { body: renderSecret(secret), tagged: secret } };
    const before = secret.spec.sync?.length ?? 0;
    const isLonger = (sync?.length ?? 0) > before;
    if (isLonger) checkTargetCount(targets - before, sync?.length ?? 0);
    const key = keyOf(secret);
    const write = updateIf(secret, spec);
    const updated = afterWrite(write, call.now, secret);
    return {
      target: `secrets/${secret.name}`,
      // NOTE: of two changes that counted the same targets and add to them, the second counts again.
      writes: [write, ...(isLonger ? [observeIf(tenant)] : [])],
      events: [{ key, type: 'changed', message: `The targets of secret "${secret.name}" were changed` }],
      wake: [key],
      answer: { body: renderSecret(updated), tagged: updated },
    };
  },
});
