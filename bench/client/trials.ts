import type { Contestant } from './exchange.ts';
import type { Trial } from './measure.ts';
import { brownoutTrials } from './scenario-brownout.ts';
import { cancelTrials } from './scenario-cancel.ts';
import { conflictTrials } from './scenario-conflicts.ts';
import { gridTrials } from './scenario-grid.ts';
import { holdOutTrials } from './scenario-hold-out.ts';
import { hostileTrials } from './scenario-hostile.ts';
import { limitTrials } from './scenario-limits.ts';
import { lostAnswerTrials } from './scenario-lost-answers.ts';
import { outageTrials } from './scenario-outage.ts';
import { provisioningTrials } from './scenario-provisioning.ts';
import { quotaTrials } from './scenario-quota.ts';
import { stepTrials } from './scenario-step.ts';

/** Everything that can be run, in the order of the tables. */
export function allTrials(ours: Contestant, others: readonly Contestant[], algorithms: readonly Contestant[]): Trial[] {
  const all = [ours, ...others];
  return [
    ...limitTrials(ours, others),
    ...holdOutTrials(ours, others),
    ...outageTrials(all),
    ...brownoutTrials(all),
    ...stepTrials(all),
    ...conflictTrials(),
    ...lostAnswerTrials(ours, others),
    ...provisioningTrials(),
    ...cancelTrials(all),
    ...hostileTrials(all),
    ...gridTrials(ours, [...others, ...algorithms]),
    ...quotaTrials(ours, algorithms),
  ];
}
