import { keyOf, markDeletedIf } from '../../store/writes.ts';
import { defineHandler } from '../define-handler.ts';
import { loadSecret } from '../load.ts';

/** Repeating it while the secret is being deleted is 204 again and changes nothing. */
export const deleteSecret = defineHandler('secrets.delete', {
  async load(call, { store }) {
    const secret = await loadSecret(store, call.params.tenant, call.params.name);
    return { secret, ...(secret.deletedAt === undefined ? { precondition: secret } : {}) };
  },
  decide(_call, { secret }) {
    if (secret.deletedAt !== undefined) return { answer: {} };
    const key = keyOf(secret);
    return {
      target: `secrets/${secret.name}`,
      writes: [markDeletedIf(secret)],
      events: [{ key, type: 'deletion-accepted', message: `Deletion of secret "${secret.name}" was accepted` }],
      wake: [key],
      answer: {},
    };
  },
});
