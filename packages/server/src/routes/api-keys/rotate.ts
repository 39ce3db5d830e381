import { counted, LIMITS } from '@openkupe/contract';
import { newApiKey } from '../../auth/new-api-key.ts';
import { conflict, invalidRequest } from '../../errors/refusal.ts';
import type { Resource } from '../../store/resource.ts';
import { afterWrite, keyOf, observeIf, updateIf } from '../../store/writes.ts';
import { defineHandler } from '../define-handler.ts';
import { loadApiKey, loadTenant } from '../load.ts';
import { checkRoomForKey } from './check-key.ts';
import { renderApiKey } from './render-api-key.ts';

function checkCanBeReplaced({ name, spec }: Resource<'api-key'>, now: number): void {
  if (spec.replacedBy) throw conflict(`API key ${name} was already replaced by ${spec.replacedBy.id}; rotate that one`, 'already-rotated');
  if (spec.expiresAt && Date.parse(spec.expiresAt) <= now) {
    throw invalidRequest(`API key ${name} expired at ${spec.expiresAt} and cannot be rotated; create a new key`, 'key-expired');
  }
}

/**
 * The new key and the end of the old one are one commit. The old key's own expiry stays as it was sent: it ends at whichever comes first.
 */
export const rotateApiKey = defineHandler('api-keys.rotate', {
  load: async (call, { store }) => ({
    tenant: loadTenant(call),
    keys: await store.keys('api-key', call.params.tenant),
    old: await loadApiKey(store, call.params.tenant, call.params.id),
  }),
  decide(call, { tenant, keys, old }, deps) {
    checkCanBeReplaced(old, call.now);
    checkRoomForKey(tenant, keys);
    const overlapSeconds = call.body.overlapSeconds ?? LIMITS.keyOverlapSeconds;
    const { displayName, role, expiresAt } = old.spec;
    const { id, text, write } = newApiKey(deps, tenant.name, { displayName, role, expiresAt, createdBy: call.principal.email });
    const key = keyOf(old);
    const replacedBy = { id, endsAt: call.now + overlapSeconds * 1_000 };
    return {
      target: `apikeys/${old.name}`,
      writes: [write, updateIf(old, { ...old.spec, replacedBy }), observeIf(tenant)],
      events: [
        { key: write.key, type: 'created', message: `API key ${id} was created with role ${role}` },
        {
          key,
          type: 'changed',
          message: `API key ${old.name} is replaced by ${id} and works for ${counted(overlapSeconds, 'second')} more`,
        },
      ],
      answer: { body: { ...renderApiKey(afterWrite(write, call.now)), key: call.isValidation ? '' : text } },
    };
  },
});
