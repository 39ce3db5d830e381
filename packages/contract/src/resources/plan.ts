import { type Static, Type } from 'typebox';
import { ResourceAmounts } from './tenant.ts';

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
export type Plan = Static<typeof Plan>;

export const PlanList = Type.Object({ items: Type.Array(Plan) });
