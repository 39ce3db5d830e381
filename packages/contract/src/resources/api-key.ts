import { type Static, Type } from 'typebox';
import { LIMITS } from '../limits.ts';
import { ROLES } from '../permissions.ts';
import { oneOf, strict, Time } from './schema.ts';

export const ApiKeyCreate = strict({
  displayName: Type.String({ minLength: 1, maxLength: LIMITS.displayNameLength }),
  role: oneOf(ROLES, 'What the key may do.'),
  expiresAt: Type.Optional(Type.String({ maxLength: 64, description: 'RFC 3339, echoed exactly as sent; absent or empty: never.' })),
});
export type ApiKeyCreate = Static<typeof ApiKeyCreate>;

export const ApiKeyRotate = strict({
  overlapSeconds: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: LIMITS.longestKeyOverlapSeconds,
      description: `How long the old key keeps working; ${LIMITS.keyOverlapSeconds} when absent, 0 ends it at once.`,
    }),
  ),
});
export type ApiKeyRotate = Static<typeof ApiKeyRotate>;

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
export type ApiKey = Static<typeof ApiKey>;

/** The answer to a create: the only time that the key itself is shown. */
export const ApiKeyWithSecret = Type.Object({ ...ApiKey.properties, key: Type.String({ examples: ['kupe_7f3b2c1d_…'] }) });
export type ApiKeyWithSecret = Static<typeof ApiKeyWithSecret>;

export const ApiKeyList = Type.Object({ items: Type.Array(ApiKey) });
