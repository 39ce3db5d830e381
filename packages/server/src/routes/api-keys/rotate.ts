import { counted, LIMITS } from '@openkupe/contract';
import { conflict, invalidRequest } from '../../errors/refusal.ts';
import type { Resource } from '../../store/resource.ts';
import { keyOf, updateIf } from '../../store/writes.ts';
import { defineHandler } from '../define-handler.ts';
import { loadApiKey, loadTenant } from '../load.ts';
import { refuseMoreThanOwn } from './check-limits.ts';
import { issueKey } from './issue-key.ts';

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
    refuseMoreThanOwn(call.principal, old.spec);
    const overlapSeconds = call.body.overlapSeconds ?? LIMITS.keyOverlapSeconds;
    const spec = { ...old.spec, createdBy: call.principal.email };
    const { id, text, writes, events, body } = issueKey({ tenant, keys }, spec, 'created', deps, call.now);
    const replacedBy = { id, endsAt: call.now + overlapSeconds * 1_000 };
    const message = `API key ${old.name} is replaced by ${id} and works for ${counted(overlapSeconds, 'second')} more`;
    return {
      target: `apikeys/${old.name}`,
      writes: [...writes, updateIf(old, { ...old.spec, replacedBy })],
      events: [...events, { key: keyOf(old), type: 'changed', message }],
      answer: { body: { ...body, key: call.isValidation ? '' : text } },
    };
  },
});
