import { defineHandler } from '../../pipeline/handler.ts';
import { notFound } from '../../refusal.ts';

/** The key is refused from the moment this is answered: authentication reads the store for every request. */
export const deleteApiKey = defineHandler('api-keys.delete', {
  async load(call, store) {
    const { tenant = '', id = '' } = call.params;
    const key = await store.get({ kind: 'api-key', tenant, name: id });
    if (!key) throw notFound('API key', id, tenant);
    return { key };
  },
  decide(_call, { key }) {
    const { tenant, name, uid, resourceVersion } = key;
    const stored = { kind: 'api-key', tenant, name } as const;
    return {
      target: `apikeys/${name}`,
      writes: [{ verb: 'delete-if', key: stored, uid, expectedVersion: resourceVersion }],
      events: [{ key: stored, type: 'deleted', message: `API key ${name} was revoked` }],
      answer: () => ({}),
    };
  },
});
