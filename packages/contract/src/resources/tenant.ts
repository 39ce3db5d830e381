import { type Static, Type } from 'typebox';
import { ROLES } from '../permissions.ts';
import { CurrentUsage } from './current-usage.ts';
import { oneOf, strict, Time } from './schema.ts';

export const Member = Type.Object({
  email: Type.String(),
  role: oneOf(ROLES, 'What the member may do.'),
});
export type Member = Static<typeof Member>;

/** Amounts as plain decimal text: cores for cpu, GiB for memory and storage. */
export const ResourceAmounts = Type.Object({
  cpu: Type.String({ examples: ['8'] }),
  memory: Type.String({ examples: ['32'] }),
  storage: Type.String({ examples: ['200'] }),
});
export type ResourceAmounts = Static<typeof ResourceAmounts>;

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
export type Tenant = Static<typeof Tenant>;

export const TenantPatch = strict({
  plan: Type.Optional(Type.String({ maxLength: 63, description: 'The name of a plan.' })),
  enforceMetricsLimit: Type.Optional(Type.Boolean()),
  enforceLogLimit: Type.Optional(Type.Boolean()),
});
export type TenantPatch = Static<typeof TenantPatch>;

export const TenantDelete = strict({
  confirm: Type.String({ maxLength: 253, description: 'The name of the tenant, once more.' }),
  cascade: Type.Optional(Type.Boolean({ description: 'Also delete the clusters that exist.' })),
});
export type TenantDelete = Static<typeof TenantDelete>;
