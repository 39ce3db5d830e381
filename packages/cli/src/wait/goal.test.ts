import { CLUSTER_PHASES } from '@openkupe/contract/cluster-lifecycle';
import { describe, expect, test } from 'vitest';
import { clusterFixture } from '../testing/fixtures.ts';
import { GOALS, type Goal, judge } from './goal.ts';

type Phase = (typeof CLUSTER_PHASES)[number];
const inPhase = (phase: Phase, observedGeneration = 1) => {
  const cluster = clusterFixture('production');
  return { ...cluster, status: { ...cluster.status, phase, observedGeneration } };
};
const told = (goal: Goal, cluster: ReturnType<typeof inPhase> | undefined, isNew = false, generation = 0) => {
  const verdict = judge({ goal, generation, isNew }, cluster);
  return verdict.kind === 'impossible' ? verdict.why : verdict.kind;
};

test('the whole table', () => {
  const seen = [...CLUSTER_PHASES.map((phase) => [phase, inPhase(phase)] as const), ['gone', undefined] as const];
  const table = Object.fromEntries(
    GOALS.map((goal) => [goal, Object.fromEntries(seen.map(([name, cluster]) => [name, told(goal, cluster)]))]),
  );
  expect(table).toEqual({
    running: {
      Pending: 'not-yet',
      Provisioning: 'not-yet',
      Running: 'reached',
      Upgrading: 'not-yet',
      Degraded: 'degraded',
      Terminating: 'terminating',
      gone: 'missing',
    },
    deleted: {
      Pending: 'not-yet',
      Provisioning: 'not-yet',
      Running: 'not-yet',
      Upgrading: 'not-yet',
      Degraded: 'not-yet',
      Terminating: 'not-yet',
      gone: 'reached',
    },
    terminating: {
      Pending: 'not-yet',
      Provisioning: 'not-yet',
      Running: 'not-yet',
      Upgrading: 'not-yet',
      Degraded: 'not-yet',
      Terminating: 'reached',
      gone: 'reached',
    },
  });
});

describe('running', () => {
  test('a cluster of our own that is not visible yet is waited for', () => expect(told('running', undefined, true)).toBe('not-yet'));
  test('the change has to be fully applied', () => {
    expect(told('running', inPhase('Running', 1), false, 2)).toBe('not-yet');
    expect(told('running', inPhase('Running', 2), false, 2)).toBe('reached');
    expect(told('running', inPhase('Running', 3), false, 2)).toBe('reached');
  });
  test('without generations the phase alone decides', () => {
    const { observedGeneration: _, ...status } = inPhase('Running').status;
    expect(told('running', { ...inPhase('Running'), status } as never, false, 2)).toBe('reached');
  });
});
