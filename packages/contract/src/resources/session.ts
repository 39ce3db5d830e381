import type { Static } from 'typebox';
import { ROLES } from '../permissions.ts';
import { ApiKey } from './api-key.ts';
import { oneOf } from './schema.ts';
import { Type } from './type.ts';

/** Schema of the answer that says in which tenant, in which role and as whom a credential is accepted. */
export const Session = Type.Object({
  tenant: Type.String({ examples: ['acme'] }),
  role: oneOf(ROLES, 'What the credential may do in this tenant.'),
  kind: oneOf(['api-key', 'oidc'], 'How the caller is known.'),
  subject: Type.String({ description: 'The id of the API key, or the e-mail address of the person.', examples: ['ak-7f3b2c1d'] }),
  apiKey: Type.Optional(ApiKey),
});
/** The tenant, role and identity of the caller. */
export type Session = Static<typeof Session>;

const OrNull = (description: string, example: string) => Type.Union([Type.String(), Type.Null()], { description, examples: [example] });

/** Schema of the OpenID issuer and client that people sign in with; both null where the server accepts API keys only. */
export const SignIn = Type.Object({
  issuer: OrNull('The OpenID issuer whose access tokens the server accepts.', 'https://auth.example.com/application/o/kupe-cli/'),
  clientId: OrNull('The public client to sign in as: the audience of those tokens.', 'kupe-cli'),
});
/** The issuer and the client to sign in with. */
export type SignIn = Static<typeof SignIn>;
