import type { Static } from 'typebox';
import { ROLES } from '../permissions.ts';
import { CurrentUsage } from './current-usage.ts';
import { oneOf, strict, Time } from './schema.ts';
import { Type } from './type.ts';

/** Schema of a member in an answer. */
export const Member = Type.Object({
  email: Type.String(),
  role: oneOf(ROLES, 'What the member may do.'),
});
/** A person who may use a tenant, in a role. */
export type Member = Static<typeof Member>;

/** Amounts as plain decimal text: cores for cpu, GiB for memory and storage. */
export const ResourceAmounts = Type.Object({
  cpu: Type.String({ examples: ['8'] }),
  memory: Type.String({ examples: ['32'] }),
  storage: Type.String({ examples: ['200'] }),
});
/** Amounts of cpu, memory and storage as decimal text. */
export type ResourceAmounts = Static<typeof ResourceAmounts>;

/** Schema of a tenant in an answer. */
export const Tenant = Type.Object({
  name: Type.String({ examples: ['acme'] }),
  displayName: Type.String({ examples: ['Acme Corp'] }),
  contactEmail: Type.String({ description: 'The owner.' }),
  plan: Type.String({ examples: ['pro'] }),
  enforceMetricsLimit: Type.Boolean({ description: 'True: a hard cap, no overage charge.' }),
  enforceLogLimit: Type.Boolean({ description: 'True: a hard cap, no overage charge.' }),
  members: Type.Array(Member),
  resourceVersion: Type.String(),
  createdAt: Time,
  status: Type.Object({
    phase: oneOf(['Active', 'Terminating'], 'Where the tenant is in its life.'),
    clusterCount: Type.Integer(),
    allocatedResources: ResourceAmounts,
    poolResources: ResourceAmounts,
    currentUsage: Type.Optional(CurrentUsage),
  }),
});
/** A tenant: its plan, its members, and what it uses. */
export type Tenant = Static<typeof Tenant>;

/** Schema of the body that changes the plan or the enforcement of limits; an absent field keeps its value. */
export const TenantPatch = strict({
  plan: Type.Optional(Type.String({ maxLength: 63, description: 'The name of a plan.' })),
  enforceMetricsLimit: Type.Optional(Type.Boolean()),
  enforceLogLimit: Type.Optional(Type.Boolean()),
});
/** What is to change about a tenant. */
export type TenantPatch = Static<typeof TenantPatch>;

/** Schema of the body that confirms the deletion of a tenant. */
export const TenantDelete = strict({
  confirm: Type.String({ maxLength: 253, description: 'The name of the tenant, once more.' }),
  cascade: Type.Optional(Type.Boolean({ description: 'Also delete the clusters that exist.' })),
});
/** The confirmation of a deletion. */
export type TenantDelete = Static<typeof TenantDelete>;
