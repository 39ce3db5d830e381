import type { ClusterRef, Observation } from '../engine.ts';
import { isStatus } from '../kubernetes/kubernetes-error.ts';

/** Of what the host says, in UTF-16 code units. */
const MOST_REFUSAL = 300;

/** Why the host refused the last apply of each cluster: a webhook, a quota, a right that is missing, a field that it does not know. */
export interface RefusedApplies {
  /** Applies, and remembers why that was refused. Rejects as `apply` does. */
  remember(ref: ClusterRef, generation: number, apply: () => Promise<void>): Promise<void>;
  /** The observation with the refusal, until what was refused has been applied. */
  shownIn(ref: ClusterRef, seen: Observation): Observation;
  forget(ref: ClusterRef): void;
}

/** Makes the memory; nothing was refused yet. */
export function createRefusedApplies(): RefusedApplies {
  const refusals = new Map<string, { readonly generation: number; readonly reason: string }>();
  return {
    async remember({ uid }, generation, apply) {
      try {
        await apply();
        refusals.delete(uid);
      } catch (error) {
        const reason = `The host refuses its Cluster: ${(error as Error).message.slice(0, MOST_REFUSAL)}`;
        if (isStatus(error, 400, 403, 422)) refusals.set(uid, { generation, reason });
        throw error;
      }
    },
    shownIn({ uid }, seen) {
      const refusal = refusals.get(uid);
      return refusal && seen.appliedGeneration < refusal.generation ? { ...seen, reason: refusal.reason, isFaulty: true } : seen;
    },
    forget: ({ uid }) => void refusals.delete(uid),
  };
}
