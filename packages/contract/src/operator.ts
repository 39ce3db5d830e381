import { type Static, Type } from 'typebox';
import { LIMITS } from './limits.ts';
import { oneOf, strict, Time } from './resources/schema.ts';

export const OperatorTenantCreate = strict({
  name: Type.String({ maxLength: 253 }),
  contactEmail: Type.String({ maxLength: 254, description: 'The owner, who becomes the first admin.' }),
  displayName: Type.Optional(Type.String({ minLength: 1, maxLength: LIMITS.displayNameLength })),
  plan: Type.Optional(Type.String({ maxLength: 63, description: 'The cheapest plan when absent.' })),
  allowsDedicated: Type.Optional(Type.Boolean()),
});
export type OperatorTenantCreate = Static<typeof OperatorTenantCreate>;

export const OperatorTenantPatch = strict({
  isSuspended: Type.Optional(Type.Boolean()),
  reason: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'Shown to whoever is refused.' })),
  allowsDedicated: Type.Optional(Type.Boolean()),
});
export type OperatorTenantPatch = Static<typeof OperatorTenantPatch>;

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
export type OperatorTenant = Static<typeof OperatorTenant>;

const Fee = Type.String({ pattern: '^[0-9]{1,7}\\.[0-9]{2}$' });
const Amount = Type.String({ pattern: '^[0-9]{1,9}(\\.[0-9]{1,3})?$' });
const Count = Type.Integer({ minimum: 0, maximum: 1_000_000_000 });

/** Absent fields keep their value; a new plan needs all of them. */
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
export type OperatorPlanSet = Static<typeof OperatorPlanSet>;

export const VERSION_STATES = ['offered', 'retiring', 'withdrawn'] as const;
export type VersionState = (typeof VERSION_STATES)[number];

export const OperatorVersionSet = strict({ state: oneOf(VERSION_STATES, 'Whether new clusters may ask for it.') });
export type OperatorVersionSet = Static<typeof OperatorVersionSet>;

export const OperatorVersion = Type.Object({ minor: Type.String(), full: Type.String(), state: oneOf(VERSION_STATES, 'As above.') });
export type OperatorVersion = Static<typeof OperatorVersion>;

export const OperatorProvisioning = strict({ isPaused: Type.Boolean() });
export type OperatorProvisioning = Static<typeof OperatorProvisioning>;

export const OperatorAuditRow = Type.Object({
  at: Time,
  actor: Type.String(),
  action: Type.String(),
  target: Type.String(),
  requestId: Type.String(),
});
export type OperatorAuditRow = Static<typeof OperatorAuditRow>;

/** Values for one path of the embedded vault. They replace what is there; no route reads them. */
export const OperatorSecretValues = strict({
  path: Type.String({ maxLength: LIMITS.secretPathLength }),
  values: Type.Unsafe<Record<string, string>>({
    type: 'object',
    minProperties: 1,
    maxProperties: LIMITS.secretKeys,
    additionalProperties: { type: 'string' },
  }),
});
export type OperatorSecretValues = Static<typeof OperatorSecretValues>;

export const OperatorSecretVersion = Type.Object({ path: Type.String(), version: Type.String() });
export type OperatorSecretVersion = Static<typeof OperatorSecretVersion>;

/** Credit lowers the invoices that follow until it is used up. */
export const OperatorCredit = strict({
  amount: Type.String({ maxLength: 16, description: 'GBP, at most two places.', examples: ['10.00'] }),
  reason: Type.String({ minLength: 1, maxLength: 500 }),
});
export type OperatorCredit = Static<typeof OperatorCredit>;

/** The day in UTC that the wall clock of the server shows: an operator names it, so that no other step is confirmed by mistake. */
export const OperatorClockConfirmation = strict({ day: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', examples: ['2026-02-10'] }) });
export type OperatorClockConfirmation = Static<typeof OperatorClockConfirmation>;

export const OperatorClock = Type.Object({
  wallTime: Time,
  billedTime: Type.String({ description: 'What bills and idempotency records go by.' }),
  state: oneOf(['ok', 'held'], 'Whether a step of the wall clock is held back.'),
  message: Type.String({ description: 'What ends that; empty when nothing is held back.' }),
});
export type OperatorClock = Static<typeof OperatorClock>;

/** What became of a closed period: the invoices that are Void now. */
export const OperatorReopening = Type.Object({ tenant: Type.String(), reopened: Type.String(), voided: Type.Array(Type.String()) });
export type OperatorReopening = Static<typeof OperatorReopening>;

export const OperatorSettlement = strict({ phase: oneOf(['Paid', 'Void'], 'What became of the invoice.') });
export type OperatorSettlement = Static<typeof OperatorSettlement>;
