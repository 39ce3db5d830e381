import { LIMITS } from '@openkupe/contract';
import { hashApiKey, mintApiKey } from '../../auth/api-key.ts';
import { defineHandler } from '../../pipeline/handler.ts';
import { conflict, invalidRequest } from '../../refusal.ts';
import type { Resource } from '../../store/resource.ts';
import { loadTenant } from '../load.ts';
import { renderApiKey } from './render-api-key.ts';

const RFC_3339 =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Date.parse takes the 31st of February for a day of March. */
function isRealDay(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number);
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
}

function checkExpiry(expiresAt: string, now: number): void {
  const at = RFC_3339.test(expiresAt) && isRealDay(expiresAt) ? Date.parse(expiresAt) : Number.NaN;
  if (Number.isNaN(at))
    throw invalidRequest(`expiresAt must be an RFC 3339 time such as "2027-01-01T00:00:00Z", not ${JSON.stringify(expiresAt)}`);
  if (at <= now) throw invalidRequest(`expiresAt must be in the future, not ${JSON.stringify(expiresAt)}`);
}

/** An id that is taken (they are short) loses the commit, and the next round makes another key. */
export const createApiKey = defineHandler('api-keys.create', {
  load: async (call, store) => ({
    tenant: await loadTenant(store, call.params.tenant),
    keys: await store.list('api-key', call.params.tenant),
  }),
  decide(call, { tenant, keys }, means) {
    const { displayName, role, expiresAt } = call.body;
    if (expiresAt) checkExpiry(expiresAt, call.now);
    if (displayName.trim() === '') throw invalidRequest('displayName must not be blank');
    if (tenant.deletedAt !== undefined) throw conflict(`Tenant "${tenant.name}" is being deleted; it takes no new API keys`, 'terminating');
    if (keys.length >= LIMITS.apiKeysPerTenant) {
      throw invalidRequest(`A tenant can have at most ${LIMITS.apiKeysPerTenant} API keys; delete one that is not used`);
    }
    const minted = mintApiKey(means.random);
    const key = { kind: 'api-key', tenant: tenant.name, name: minted.id } as const;
    return {
      target: `apikeys/${minted.id}`,
      writes: [
        {
          verb: 'create',
          key,
          uid: Buffer.from(means.random.bytes(12)).toString('hex'),
          spec: {
            displayName,
            role,
            ...(expiresAt ? { expiresAt } : {}),
            createdBy: call.principal.email,
            keyHash: hashApiKey(minted, means.pepper),
          },
          observed: {},
        },
      ],
      events: [{ key, type: 'created', message: `API key ${minted.id} was created with role ${role}` }],
      answer: ([written]) => ({ body: { ...renderApiKey(written as Resource<'api-key'>), key: minted.text } }),
    };
  },
});
