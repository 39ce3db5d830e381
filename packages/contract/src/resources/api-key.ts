import type { Static } from 'typebox';
import { LIMITS } from '../limits.ts';
import { ROLES } from '../permissions.ts';
import { oneOf, pageOf, strict, Time } from './schema.ts';
import { Type } from './type.ts';

/** Schema of the body that creates an API key. */
export const ApiKeyCreate = strict({
  displayName: Type.String({ minLength: 1, maxLength: LIMITS.displayNameLength }),
  role: oneOf(ROLES, 'What the key may do.'),
  expiresAt: Type.Optional(Type.String({ maxLength: 64, description: 'RFC 3339, echoed exactly as sent; absent or empty: never.' })),
});
/** What a new API key is to be. */
export type ApiKeyCreate = Static<typeof ApiKeyCreate>;

/** Schema of the body that replaces an API key by a new one of the same role. */
export const ApiKeyRotate = strict({
  overlapSeconds: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: LIMITS.longestKeyOverlapSeconds,
      description: `How long the old key keeps working; ${LIMITS.keyOverlapSeconds} when absent, 0 ends it at once.`,
    }),
  ),
});
/** How an API key is to be replaced. */
export type ApiKeyRotate = Static<typeof ApiKeyRotate>;

/** Schema of an API key in an answer. The key itself is not in it: only its hash is stored. */
export const ApiKey = Type.Object({
  id: Type.String({ examples: ['ak-7f3b2c1d'] }),
  displayName: Type.String(),
  role: oneOf(ROLES, 'What the key may do.'),
  expiresAt: Type.Optional(Type.String()),
  createdBy: Type.String(),
  createdAt: Time,
  lastUsedAt: Type.Optional(Time),
  replacedBy: Type.Optional(Type.String({ description: 'The id of the key that took its place.' })),
  overlapEndsAt: Type.Optional(Type.String({ format: 'date-time', description: 'When a replaced key stops working.' })),
});
/** An API key, without the key itself. */
export type ApiKey = Static<typeof ApiKey>;

/** The answer to a create: the only time that the key itself is shown. */
export const ApiKeyWithSecret = Type.Object({
  ...ApiKey.properties,
  key: Type.String({ description: 'Empty where validateOnly was sent: there is none.', examples: ['kupe_7f3b2c1d_…'] }),
});
/** A new API key, with the key itself. */
export type ApiKeyWithSecret = Static<typeof ApiKeyWithSecret>;

/** Schema of the answer that lists the API keys of a tenant. */
export const ApiKeyList = pageOf(ApiKey);
