import { type Static, Type } from 'typebox';
import { ROLES } from '../permissions.ts';
import { oneOf } from './schema.ts';

/** Who the caller is to one tenant. */
export const Session = Type.Object({
  tenant: Type.String({ examples: ['acme'] }),
  role: oneOf(ROLES, 'What the credential may do in this tenant.'),
  kind: oneOf(['api-key', 'oidc'], 'How the caller is known.'),
  subject: Type.String({ description: 'The id of the API key, or the e-mail address of the person.', examples: ['ak-7f3b2c1d'] }),
});
export type Session = Static<typeof Session>;

const OrNull = (description: string, example: string) => Type.Union([Type.String(), Type.Null()], { description, examples: [example] });

/** Where people sign in; both null where the server accepts API keys only. */
export const SignIn = Type.Object({
  issuer: OrNull('The OpenID issuer whose access tokens the server accepts.', 'https://auth.example.com/application/o/kupe-cli/'),
  clientId: OrNull('The public client to sign in as: the audience of those tokens.', 'kupe-cli'),
});
export type SignIn = Static<typeof SignIn>;
