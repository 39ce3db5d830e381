import type { Static } from 'typebox';
import { LIMITS } from './limits.ts';
import { oneOf, strict, Time } from './resources/schema.ts';
import { Type } from './resources/type.ts';

/** Schema of the body that creates a tenant. */
export const OperatorTenantCreate = strict({
  name: Type.String({ maxLength: 253 }),
  contactEmail: Type.String({ maxLength: 254, description: 'The owner, who becomes the first admin.' }),
  displayName: Type.Optional(Type.String({ minLength: 1, maxLength: LIMITS.displayNameLength })),
  plan: Type.Optional(Type.String({ maxLength: 63, description: 'The cheapest plan when absent.' })),
  allowsDedicated: Type.Optional(Type.Boolean()),
});
/** What a new tenant is to be. */
export type OperatorTenantCreate = Static<typeof OperatorTenantCreate>;

/** Schema of the body that suspends or resumes a tenant, or allows it dedicated clusters. */
export const OperatorTenantPatch = strict({
  isSuspended: Type.Optional(Type.Boolean()),
  reason: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'Shown in the 403 of every refused request.' })),
  allowsDedicated: Type.Optional(Type.Boolean()),
});
/** What is to change about a tenant. */
export type OperatorTenantPatch = Static<typeof OperatorTenantPatch>;

/** Schema of a tenant as the operator sees it. */
export const OperatorTenant = Type.Object({
  name: Type.String(),
  displayName: Type.String(),
  contactEmail: Type.String(),
  plan: Type.String(),
  phase: oneOf(['Active', 'Suspended', 'Terminating'], 'Where the tenant is in its life.'),
  reason: Type.Optional(Type.String({ description: 'Why it is suspended.' })),
  allowsDedicated: Type.Boolean(),
  clusterCount: Type.Integer(),
  createdAt: Time,
});
/** A tenant as the operator sees it. */
export type OperatorTenant = Static<typeof OperatorTenant>;

const Fee = Type.String({ pattern: '^[0-9]{1,7}\\.[0-9]{2}$' });
const Amount = Type.String({ pattern: '^[0-9]{1,9}(\\.[0-9]{1,3})?$' });
const Count = Type.Integer({ minimum: 0, maximum: 1_000_000_000 });

/** Schema of the body that creates or changes a plan. Absent fields keep their value; a new plan needs all of them. */
export const OperatorPlanSet = strict({
  displayName: Type.Optional(Type.String({ minLength: 1, maxLength: LIMITS.displayNameLength })),
  platformFee: Type.Optional(Fee),
  resourcePool: Type.Optional(strict({ cpu: Type.Optional(Amount), memory: Type.Optional(Amount), storage: Type.Optional(Amount) })),
  observabilityPool: Type.Optional(
    strict({
      maxActiveSeries: Type.Optional(Count),
      logIngestGB: Type.Optional(Count),
      retentionDays: Type.Optional(Count),
      maxReceivers: Type.Optional(Count),
    }),
  ),
  maxClusters: Type.Optional(Count),
});
/** What a plan is to be. */
export type OperatorPlanSet = Static<typeof OperatorPlanSet>;

/** Whether new clusters may ask for a Kubernetes version: yes, yes with a warning, no. */
export const VERSION_STATES = ['offered', 'retiring', 'withdrawn'] as const;
/** One of {@link VERSION_STATES}. */
export type VersionState = (typeof VERSION_STATES)[number];

/** Schema of the body that sets the state of a Kubernetes version. */
export const OperatorVersionSet = strict({ state: oneOf(VERSION_STATES, 'Whether new clusters may ask for it.') });
/** The new state of a Kubernetes version. */
export type OperatorVersionSet = Static<typeof OperatorVersionSet>;

/** Schema of a Kubernetes version in an answer: its minor, the full version that is run, and its state. */
export const OperatorVersion = Type.Object({ minor: Type.String(), full: Type.String(), state: oneOf(VERSION_STATES, 'As above.') });
/** A Kubernetes version and its state. */
export type OperatorVersion = Static<typeof OperatorVersion>;

/** Schema of the switch that makes the server answer 503 to every create of a cluster. */
export const OperatorProvisioning = strict({ isPaused: Type.Boolean() });
/** Whether creates of clusters are refused. */
export type OperatorProvisioning = Static<typeof OperatorProvisioning>;

/** Schema of the values for one path of the embedded secret store. They replace what is there; no route reads them. */
export const OperatorSecretValues = strict({
  path: Type.String({ maxLength: LIMITS.secretPathLength }),
  values: Type.Unsafe<Record<string, string>>({
    type: 'object',
    minProperties: 1,
    maxProperties: LIMITS.secretKeys,
    additionalProperties: { type: 'string' },
  }),
});
/** The values to store under one path. */
export type OperatorSecretValues = Static<typeof OperatorSecretValues>;

/** Schema of the answer to stored values: the path, and the version that they became. */
export const OperatorSecretVersion = Type.Object({ path: Type.String(), version: Type.String() });
/** The version that stored values became. */
export type OperatorSecretVersion = Static<typeof OperatorSecretVersion>;

/** Schema of a credit, which lowers the invoices that follow until it is used up. */
export const OperatorCredit = strict({
  amount: Type.String({ maxLength: 16, description: 'GBP, at most two places.', examples: ['10.00'] }),
  reason: Type.String({ minLength: 1, maxLength: 500 }),
});
/** An amount that lowers later invoices, and why it is given. */
export type OperatorCredit = Static<typeof OperatorCredit>;

/** Schema of the body that confirms a step of the wall clock: the day in UTC that it shows, so that no other step is confirmed by mistake. */
export const OperatorClockConfirmation = strict({ day: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', examples: ['2026-02-10'] }) });
/** The day that an operator confirms. */
export type OperatorClockConfirmation = Static<typeof OperatorClockConfirmation>;

/** Schema of the server's clocks, and of a step of the wall clock that waits to be confirmed. */
export const OperatorClock = Type.Object({
  wallTime: Time,
  billedTime: Type.String({ description: 'What bills and idempotency records go by.' }),
  state: oneOf(['ok', 'held'], 'Whether a step of the wall clock is held back.'),
  message: Type.String({ description: 'How to end that; empty when nothing is held back.' }),
});
/** The server's clocks. */
export type OperatorClock = Static<typeof OperatorClock>;

/** Schema of the answer to reopening a closed billing period: the invoices that are Void now. */
export const OperatorReopening = Type.Object({ tenant: Type.String(), reopened: Type.String(), voided: Type.Array(Type.String()) });
/** What reopening a closed billing period has voided. */
export type OperatorReopening = Static<typeof OperatorReopening>;

/** Schema of the body that marks an invoice as paid or void. */
export const OperatorSettlement = strict({ phase: oneOf(['Paid', 'Void'], 'The final phase of the invoice.') });
/** The final phase of an invoice. */
export type OperatorSettlement = Static<typeof OperatorSettlement>;
