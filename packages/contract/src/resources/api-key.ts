import type { Static, TSchema } from 'typebox';
import { LIMITS } from '../limits.ts';
import { ROLES, SCOPE_PATTERN } from '../permissions.ts';
import { oneOf, pageOf, strict, Time } from './schema.ts';
import { Type } from './type.ts';

const Scopes = Type.Array(Type.String({ pattern: SCOPE_PATTERN }), {
  minItems: 1,
  maxItems: LIMITS.scopesPerKey,
  description:
    'What of its role the key may do, as <resource>:<verb>, such as "clusters:read" or "secrets:*". The resource is the first part of an ' +
    'operation id. Absent: all that its role may.',
  examples: [['clusters:read', 'clusters:update']],
});
const AddressRanges = Type.Array(Type.String({ maxLength: 64 }), {
  minItems: 1,
  maxItems: LIMITS.addressRangesPerKey,
  description:
    'From which client addresses the key is accepted: IPv4 and IPv6 addresses or CIDR blocks. From any other it is as invalid as a wrong one. ' +
    'Absent: from anywhere.',
  examples: [['203.0.113.0/24', '2001:db8::/32']],
});

/** Schema of the body that creates an API key. */
export const ApiKeyCreate = strict({
  displayName: Type.String({ minLength: 1, maxLength: LIMITS.displayNameLength }),
  role: oneOf(ROLES, 'What the key may do.'),
  expiresAt: Type.Optional(Type.String({ maxLength: 64, description: 'RFC 3339, echoed exactly as sent; absent or empty: never.' })),
  scopes: Type.Optional(Scopes),
  addressRanges: Type.Optional(AddressRanges),
});
/** What a new API key is to be. */
export type ApiKeyCreate = Static<typeof ApiKeyCreate>;

const orNull = (schema: TSchema, description: string) => Type.Unsafe<string[] | null>({ ...schema, type: ['array', 'null'], description });

/** Schema of the body that changes what an API key may do, and from where. What is absent stays as it is. */
export const ApiKeyPatch = strict({
  displayName: Type.Optional(Type.String({ minLength: 1, maxLength: LIMITS.displayNameLength })),
  scopes: Type.Optional(orNull(Scopes, 'The new scopes; null: all that its role may.')),
  addressRanges: Type.Optional(orNull(AddressRanges, 'The new address ranges; null: from anywhere.')),
});
/** What is to change about an API key. */
export type ApiKeyPatch = Static<typeof ApiKeyPatch>;

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
  scopes: Type.Optional(Type.Array(Type.String(), { description: 'What of its role it may do; absent: all of it.' })),
  addressRanges: Type.Optional(Type.Array(Type.String(), { description: 'From where it is accepted; absent: from anywhere.' })),
  lastUsedAt: Type.Optional(Time),
  lastUsedFrom: Type.Optional(Type.String({ description: 'The client address of that use.', examples: ['203.0.113.7'] })),
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
