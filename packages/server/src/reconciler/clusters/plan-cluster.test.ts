import { CLUSTER_MOVES, clusterPhase } from '@openkupe/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Observation } from '../../engines/engine.ts';
import type { ClusterObserved, Resource } from '../../store/resource.ts';
import { type ClusterObservation, isInEffect } from './next-status.ts';
import { type ClusterStep, eventMessage, planCluster } from './plan-cluster.ts';
import { CLUSTER_TIMING } from './timing.ts';

type Cluster = Resource<'cluster'>;
const NOW = 10_000_000;
const MINUTE_MS = 60_000;

/** The plan of a process that has worked on what is pending ever since, unless it began to work at `watchedSince`. */
function planOf(cluster: Cluster, observation: ClusterObservation | undefined, now = NOW, watchedSince = 0): ClusterStep {
  const workedMs = now - Math.max(cluster.observed.pending?.since ?? now, watchedSince);
  return planCluster(cluster, observation, now, { ...CLUSTER_TIMING, workedMs });
}

function clusterOf(observed: Partial<ClusterObserved>, more: Partial<Cluster> = {}): Cluster {
  return {
    kind: 'cluster',
    tenant: 'acme',
    name: 'production',
    uid: 'u',
    resourceVersion: '1',
    observation: 0,
    generation: 1,
    createdAt: 0,
    spec: { displayName: '', type: 'shared', version: '1.32', resources: {}, highAvailability: false },
    observed: { observedGeneration: 0, kubernetesVersion: '', endpoint: '', caPem: '', waitingFor: '', ...observed },
    ...more,
  };
}

const ACCESS = { endpoint: 'https://127.0.0.1:1', caPem: 'CA' };
const pendingFor = (ms: number, generation = 1) => ({ pending: { generation, since: NOW - ms } });
const ACCEPTED = { acceptedAt: 1, waitingFor: 'The control plane is starting' };
const RUNNING = { acceptedAt: 1, readyAt: 2, observedGeneration: 1, kubernetesVersion: 'v1.32.3', ...ACCESS };
const ROLLING = { ...RUNNING, waitingFor: 'Version v1.33.7 is being rolled out' };

/** What can be stored. The generation is 2 where a change came after the cluster was running. */
const STORED: Record<string, Cluster> = {
  new: clusterOf({}),
  'provisioning since 1 min': clusterOf({ ...ACCEPTED, ...pendingFor(MINUTE_MS) }),
  'provisioning since 15 min': clusterOf({ ...ACCEPTED, ...pendingFor(15 * MINUTE_MS) }),
  'provisioning, changed': clusterOf({ ...ACCEPTED, ...pendingFor(MINUTE_MS) }, { generation: 2 }),
  'provisioning, degraded': clusterOf({ ...ACCEPTED, ...pendingFor(MINUTE_MS), degraded: 'Something is wrong' }),
  running: clusterOf(RUNNING),
  'running, lost since 59 s': clusterOf({ ...RUNNING, waitingFor: 'The API server does not answer', ...pendingFor(59_000) }),
  'running, lost since 60 s': clusterOf({ ...RUNNING, waitingFor: 'The API server does not answer', ...pendingFor(60_000) }),
  'running, degraded': clusterOf({ ...RUNNING, degraded: 'Something is wrong', waitingFor: 'Something is wrong' }),
  'running, changed': clusterOf(RUNNING, { generation: 2 }),
  'upgrading since 1 min': clusterOf({ ...ROLLING, ...pendingFor(MINUTE_MS, 2) }, { generation: 2 }),
  'upgrading since 15 min': clusterOf({ ...ROLLING, ...pendingFor(15 * MINUTE_MS, 2) }, { generation: 2 }),
  'upgrading, changed again': clusterOf({ ...ROLLING, ...pendingFor(MINUTE_MS, 2) }, { generation: 3 }),
};

function stored(name: string): Cluster {
  const cluster = STORED[name];
  if (!cluster) throw new Error(`nothing is stored under "${name}"`);
  return cluster;
}

const seen = (observation: Partial<Observation>, access: ClusterObservation['access'] = ACCESS): ClusterObservation => ({
  access: observation.isReady ? access : undefined,
  exists: true,
  isReady: false,
  isRolledOut: false,
  appliedGeneration: 0,
  runningVersion: '',
  reason: '',
  isFaulty: false,
  ...observation,
});

/** What the engine can show; `generation` is the desired one. */
const OBSERVATIONS: Record<string, (generation: number) => ClusterObservation | undefined> = {
  'engine down': () => undefined,
  'not there': () => seen({ exists: false }),
  'being made': (appliedGeneration) => seen({ appliedGeneration, reason: 'The control plane is starting' }),
  refused: () => seen({ reason: 'The host refuses it', isFaulty: true }),
  'behind, answers': (generation) =>
    seen({ appliedGeneration: generation - 1, isReady: true, isRolledOut: true, runningVersion: 'v1.32.3' }),
  'rolling out': (appliedGeneration) =>
    seen({ appliedGeneration, isReady: true, runningVersion: 'v1.32.3', reason: 'Version v1.33.7 is being rolled out' }),
  'in effect': (appliedGeneration) => seen({ appliedGeneration, isReady: true, isRolledOut: true, runningVersion: 'v1.32.3' }),
  'in effect, newer': (appliedGeneration) => seen({ appliedGeneration, isReady: true, isRolledOut: true, runningVersion: 'v1.33.7' }),
  'in effect, elsewhere': (appliedGeneration) =>
    seen(
      { appliedGeneration, isReady: true, isRolledOut: true, runningVersion: 'v1.32.3' },
      { endpoint: 'https://127.0.0.1:2', caPem: 'CA' },
    ),
  'in effect, faulty': (appliedGeneration) =>
    seen({ appliedGeneration, isReady: true, isRolledOut: true, runningVersion: 'v1.32.3', isFaulty: true, reason: 'Something is wrong' }),
  silent: (appliedGeneration) => seen({ appliedGeneration, runningVersion: 'v1.32.3', reason: 'The API server does not answer' }),
};

const phaseOf = (cluster: Cluster, observed = cluster.observed) =>
  clusterPhase({
    isDeleted: cluster.deletedAt !== undefined,
    isAccepted: observed.acceptedAt !== undefined,
    wasReady: observed.readyAt !== undefined,
    isDegraded: observed.degraded !== undefined,
    generation: cluster.generation,
    observedGeneration: observed.observedGeneration,
  });

function describeStep(cluster: Cluster, step: ClusterStep): string {
  if (step.step === 'wait') return `wait ${step.ms} ms: ${step.because}`;
  if (step.step !== 'record') return step.step;
  const before: Record<string, unknown> = { ...cluster.observed };
  const after: Record<string, unknown> = { ...step.observed };
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = fields.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
  const shown = changed.map((field) => (after[field] === undefined ? `no ${field}` : `${field} ${show(after[field])}`)).join(', ');
  const move = [phaseOf(cluster), phaseOf(cluster, step.observed)];
  return `record ${step.reason}: ${shown}${move[0] === move[1] ? '' : ` => ${move[1]}`}`;
}
const show = (value: unknown) => JSON.stringify(value).replaceAll(String(NOW), 'now');

function table(clusters: Record<string, Cluster>): string {
  const rows = Object.entries(clusters).flatMap(([name, cluster]) => [
    `\n${name} (${phaseOf(cluster)})`,
    ...Object.entries(OBSERVATIONS).map(([observation, see]) => {
      const step = planOf(cluster, see(cluster.generation));
      return `  ${observation.padEnd(22)}${describeStep(cluster, step)}`;
    }),
  ]);
  return `${rows.join('\n').trimStart()}\n`;
}

describe('the plan for a cluster', () => {
  it('is this table, while the cluster is wanted', async () => {
    await expect(table(STORED)).toMatchFileSnapshot('./plan-cluster.golden.txt');
  });

  it('is this table, once deletion was accepted', async () => {
    const deleted = ['new', 'running', 'upgrading since 15 min'].map((name) => [name, { ...stored(name), deletedAt: NOW }] as const);
    await expect(table(Object.fromEntries(deleted))).toMatchFileSnapshot('./plan-deletion.golden.txt');
  });

  it.each([
    ['provisioning since 15 min', 15 * MINUTE_MS, 'being made'],
    ['upgrading since 15 min', 15 * MINUTE_MS, 'not there'],
    ['running, lost since 60 s', MINUTE_MS, 'silent'],
  ])('calls no cluster degraded for the time before this process worked on it: %s', (name, limitMs, observation) => {
    const cluster = stored(name);
    const stepSince = (watchedSince: number) => planOf(cluster, OBSERVATIONS[observation]?.(cluster.generation), NOW, watchedSince);
    expect(stepSince(NOW - limitMs)).toMatchObject({ step: 'record', reason: 'degraded' });
    expect(stepSince(NOW - limitMs + 1)).not.toMatchObject({ reason: 'degraded' });
  });

  it('does not call a degraded cluster healthy because it was watched anew', () => {
    const cluster = clusterOf({
      ...ACCEPTED,
      ...pendingFor(15 * MINUTE_MS),
      degraded: `No progress for 15 minutes: ${ACCEPTED.waitingFor}`,
    });
    const step = planOf(cluster, OBSERVATIONS['being made']?.(1), NOW, NOW);
    expect(step).toMatchObject({ step: 'wait', ms: CLUSTER_TIMING.degradedCheckMs });
  });

  it('records what a cluster lacks though it is as it should be, and keeps it while the engine does not answer', () => {
    const lacks = 'It has no nodes: pods stay Pending';
    const running = { ...OBSERVATIONS['in effect']?.(1), lacks } as ClusterObservation;
    const step = planOf(clusterOf(RUNNING), running);
    expect(step).toMatchObject({ step: 'record', reason: 'waiting', observed: { lacks, waitingFor: '' } });
    const recorded = clusterOf({ ...RUNNING, lacks });
    expect(planOf(recorded, running).step).toBe('wait');
    expect(planOf(recorded, undefined).step).toBe('wait');
  });

  it.each([-40 * 24 * 60, -24 * 60, -60, 60, 24 * 60, 40 * 24 * 60])(
    'calls nothing degraded, and nothing healthy, because the wall clock was set by %i minutes',
    (minutes) => {
      const now = NOW + minutes * MINUTE_MS;
      const observation = OBSERVATIONS['being made']?.(1);
      const pending = { ...ACCEPTED, ...pendingFor(MINUTE_MS) };
      const worked = (workedMs: number) => ({ ...CLUSTER_TIMING, workedMs });
      expect(planCluster(clusterOf(pending), observation, now, worked(MINUTE_MS))).toMatchObject({ step: 'wait' });
      expect(planCluster(clusterOf(pending), observation, now, worked(15 * MINUTE_MS))).toMatchObject({ reason: 'degraded' });
      const degraded = `No progress for 15 minutes: ${ACCEPTED.waitingFor}`;
      const stuck = clusterOf({ ...ACCEPTED, ...pendingFor(15 * MINUTE_MS), degraded });
      expect(planCluster(stuck, observation, now, worked(15 * MINUTE_MS))).toMatchObject({ step: 'wait' });
    },
  );

  it.each([
    ['accepted', 'Cluster "x" is being provisioned.'],
    ['ready', 'Cluster "x" is ready and runs v1.32.3.'],
    ['rolled-out', 'Cluster "x" is up to date and runs v1.32.3.'],
    ['degraded', 'Cluster "x" is degraded. Something is wrong.'],
    ['recovered', 'Cluster "x" is no longer degraded.'],
    ['moved', 'Cluster "x" answers at https://127.0.0.1:1 now.'],
    ['waiting', undefined],
  ] as const)('tells a person that it is %s', (reason, sentence) => {
    expect(eventMessage('x', reason, clusterOf({ ...RUNNING, degraded: 'Something is wrong' }).observed)).toBe(sentence);
  });
});

describe('the laws of the plan', () => {
  const times = fc.integer({ min: 0, max: 2 * NOW });
  const anyPending = fc.option(fc.record({ generation: fc.integer({ min: 1, max: 3 }), since: times }), { nil: undefined });
  const anyCluster = fc
    .record({
      generation: fc.integer({ min: 1, max: 3 }),
      isDeleted: fc.boolean(),
      acceptedAt: fc.option(times, { nil: undefined }),
      readyAt: fc.option(times, { nil: undefined }),
      degraded: fc.option(fc.constant('Something is wrong'), { nil: undefined }),
      pending: anyPending,
      observedGeneration: fc.integer({ min: 0, max: 3 }),
      waitingFor: fc.constantFrom('', 'The control plane is starting'),
    })
    .map(({ generation, isDeleted, acceptedAt, readyAt, degraded, pending, observedGeneration, waitingFor }) => {
      const isAccepted = acceptedAt !== undefined;
      return clusterOf(
        {
          ...(isAccepted ? { acceptedAt } : {}),
          ...(isAccepted && readyAt !== undefined
            ? { readyAt, observedGeneration: Math.min(observedGeneration, generation), kubernetesVersion: 'v1.32.3', ...ACCESS }
            : {}),
          ...(isAccepted && degraded ? { degraded } : {}),
          ...(isAccepted && pending ? { pending } : {}),
          waitingFor,
        },
        { generation, ...(isDeleted ? { deletedAt: NOW } : {}) },
      );
    });
  const anyObservation = fc.option(
    fc
      .record({
        exists: fc.boolean(),
        isReady: fc.boolean(),
        isRolledOut: fc.boolean(),
        appliedGeneration: fc.integer({ min: 0, max: 4 }),
        runningVersion: fc.constantFrom('', 'v1.32.3', 'v1.33.7'),
        reason: fc.constantFrom('', 'The API server does not answer'),
        isFaulty: fc.boolean(),
      })
      .map((observation) => seen(observation)),
    { nil: undefined },
  );
  const law = (check: (cluster: Cluster, observation: ClusterObservation | undefined, now: number, step: ClusterStep) => void) =>
    fc.assert(
      fc.property(anyCluster, anyObservation, times, (cluster, observation, now) => {
        check(cluster, observation, now, planOf(cluster, observation, now));
      }),
      { numRuns: 2_000 },
    );

  it('what was recorded is not recorded again, save that the first step is only to accept', () => {
    law((cluster, observation, now, step) => {
      if (step.step !== 'record') return;
      const next = planOf({ ...cluster, observed: step.observed }, observation, now);
      if (step.reason !== 'accepted') expect(next.step).not.toBe('record');
      else if (next.step === 'record') expect(next.reason).not.toBe('accepted');
    });
  });

  it('a generation is observed only when it is in effect, and never unobserved', () => {
    law((cluster, observation, _now, step) => {
      if (step.step !== 'record') return;
      const { observedGeneration: before } = cluster.observed;
      const { observedGeneration: after } = step.observed;
      expect(after).toBeGreaterThanOrEqual(before);
      if (after !== before) expect(isInEffect(cluster, observation)).toBe(true);
      if (after !== before) expect(after).toBe(cluster.generation);
    });
  });

  it('what happened once has happened', () => {
    law((cluster, _sight, _now, step) => {
      if (step.step !== 'record') return;
      for (const field of ['acceptedAt', 'readyAt'] as const) {
        if (cluster.observed[field] !== undefined) expect(step.observed[field]).toBe(cluster.observed[field]);
      }
      if (cluster.observed.endpoint !== '') expect(step.observed.endpoint).not.toBe('');
    });
  });

  it('a cluster that was ready has an endpoint and an authority', () => {
    law((cluster, _sight, _now, step) => {
      if (step.step === 'record' && step.observed.readyAt !== undefined && cluster.deletedAt === undefined) {
        expect(step.observed.endpoint).toMatch(/^https:/);
        expect(step.observed.caPem).not.toBe('');
      }
    });
  });

  it('a wanted cluster is never destroyed, an unwanted one never applied', () => {
    law((cluster, _sight, _now, step) => {
      const forbidden = cluster.deletedAt === undefined ? ['destroy', 'remove-row'] : ['apply'];
      expect(forbidden).not.toContain(step.step);
    });
  });

  it('nothing is done before the cluster is accepted, and a row is removed only when nothing is left', () => {
    law((cluster, observation, _now, step) => {
      if (step.step === 'apply') expect(cluster.observed.acceptedAt).toBeDefined();
      if (step.step === 'remove-row') expect(observation?.exists).toBe(false);
    });
  });

  it('an engine that cannot be asked gets no call that changes it', () => {
    law((_cluster, observation, _now, step) => {
      if (!observation) expect(['record', 'wait']).toContain(step.step);
    });
  });

  it('a wait is bounded and has a reason', () => {
    law((_cluster, _sight, _now, step) => {
      if (step.step !== 'wait') return;
      expect(step.ms).toBeGreaterThanOrEqual(1_000);
      expect(step.ms).toBeLessThanOrEqual(60_000);
      expect(step.because).not.toBe('');
    });
  });

  it('a phase moves only as the contract lists', () => {
    law((cluster, _sight, _now, step) => {
      if (step.step !== 'record') return;
      const [from, to] = [phaseOf(cluster), phaseOf(cluster, step.observed)];
      if (from !== to) expect(CLUSTER_MOVES[from]).toContain(to);
    });
  });

  it('every move of the phase has an event', () => {
    law((cluster, _sight, _now, step) => {
      if (step.step === 'record' && phaseOf(cluster) !== phaseOf(cluster, step.observed)) expect(step.reason).not.toBe('waiting');
    });
  });

  it('what is wrong stays degraded until it is mended, however often it is looked at', () => {
    law((cluster, observation, now, step) => {
      if (cluster.deletedAt !== undefined || cluster.observed.acceptedAt === undefined || !observation?.isFaulty) return;
      const observed = step.step === 'record' ? step.observed : cluster.observed;
      expect(phaseOf(cluster, observed)).toBe('Degraded');
      const later = planOf({ ...cluster, observed }, observation, now + 1);
      if (later.step === 'record') expect(later.observed.degraded).toBeDefined();
    });
  });
});
