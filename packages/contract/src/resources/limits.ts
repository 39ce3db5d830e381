import type { Static } from 'typebox';
import { Type } from './type.ts';

/** Schema of one limit that applies to the caller, and what is left of it. */
export const Limit = Type.Object({
  name: Type.String({ description: 'The name of the policy in RateLimit-Policy.', examples: ['address'] }),
  scope: Type.String({ description: 'What is counted: address, network, authentication, key or tenant.', examples: ['address'] }),
  quota: Type.Integer({ description: 'How many fit into a window; for a cap on what runs at the same time, how many may run.' }),
  windowSeconds: Type.Optional(Type.Integer({ description: 'Absent for a cap on what runs at the same time.' })),
  remaining: Type.Integer(),
  resetSeconds: Type.Integer({ description: 'Seconds until there is more.' }),
  isShadow: Type.Boolean({ description: 'Only watched: it refuses nothing.' }),
});
/** A limit that applies to the caller, and what is left of it. */
export type Limit = Static<typeof Limit>;

/** Schema of the answer that lists all limits that apply to the caller. */
export const LimitList = Type.Object({ items: Type.Array(Limit) });
