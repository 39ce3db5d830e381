import { defineHandler } from '../define-handler.ts';

/** The issuer is no secret: every token that it gives names it. */
export const getSignIn = defineHandler('session.sign-in', {
  load: async () => ({}),
  decide(_call, _state, { oidc }) {
    return { answer: { body: { issuer: oidc?.issuer ?? null, clientId: oidc?.audience ?? null } } };
  },
});
