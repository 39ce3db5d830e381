import { describe, expect, it } from 'vitest';
import { CLUSTER_MOVES, CLUSTER_PHASES, type ClusterFacts, clusterPhase } from './cluster-lifecycle.ts';

const BITS = [false, true];
const EVERY_FACT: ClusterFacts[] = BITS.flatMap((isDeleted) =>
  BITS.flatMap((isAccepted) =>
    BITS.flatMap((wasReady) =>
      BITS.flatMap((isDegraded) =>
        [1, 2].map((observedGeneration) => ({ isDeleted, isAccepted, wasReady, isDegraded, generation: 2, observedGeneration })),
      ),
    ),
  ),
);

describe('the phase of a cluster', () => {
  it('is what the golden table says, for every combination of facts', async () => {
    const row = (facts: ClusterFacts) =>
      [
        facts.isDeleted ? 'deleted' : '-',
        facts.isAccepted ? 'accepted' : '-',
        facts.wasReady ? 'ready once' : '-',
        facts.isDegraded ? 'degraded' : '-',
        facts.observedGeneration < facts.generation ? 'behind' : 'current',
        clusterPhase(facts),
      ].join(' | ');
    await expect(EVERY_FACT.map(row).join('\n')).toMatchFileSnapshot('cluster-lifecycle.golden.txt');
  });

  it('reaches every phase', () => {
    expect(new Set(EVERY_FACT.map(clusterPhase))).toEqual(new Set(CLUSTER_PHASES));
  });

  it('never leaves Terminating, and can be deleted from everywhere else', () => {
    for (const phase of CLUSTER_PHASES) {
      expect(CLUSTER_MOVES[phase].includes('Terminating')).toBe(phase !== 'Terminating');
    }
  });
});
