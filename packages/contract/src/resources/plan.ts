import type { Static } from 'typebox';
import { ResourceAmounts } from './tenant.ts';
import { Type } from './type.ts';

/** Schema of a plan: its monthly fee and what it includes. */
export const Plan = Type.Object({
  name: Type.String({ examples: ['pro'] }),
  displayName: Type.String({ examples: ['Pro'] }),
  platformFee: Type.String({ description: 'GBP a month, two decimal places.', examples: ['49.00'] }),
  resourcePool: ResourceAmounts,
  observabilityPool: Type.Object({
    maxActiveSeries: Type.Integer(),
    logIngestGB: Type.Integer(),
    retentionDays: Type.Integer(),
    maxReceivers: Type.Integer(),
  }),
  maxClusters: Type.Integer(),
});
/** What a tenant pays by the month, and what that includes. */
export type Plan = Static<typeof Plan>;

/** Schema of the answer that lists the plans, cheapest first. */
export const PlanList = Type.Object({ items: Type.Array(Plan) });
