import { describe, expect, it } from 'vitest';
import { readConfig } from '../../config/config.ts';
import type { ClusterSpec } from '../../store/resource.ts';
import { appliedAgain, clampDelays, firstApplied, observationAt } from './life-cycle.ts';

const DURATIONS = { provisioningMs: 8_000, upgradingMs: 12_000, terminatingMs: 3_000 };
const SPEC: ClusterSpec = { displayName: 'x', type: 'shared', version: '1.32', resources: { cpu: '1' }, highAvailability: false };
const applied = (generation: number, version = 'v1.32.3', spec = SPEC) => ({ generation, spec, version });
const made = () =>
  firstApplied(
    { tenant: 'acme', name: 'x', uid: 'u', type: 'shared' },
    applied(1),
    { certificatePem: '', privateKeyPem: '' },
    DURATIONS,
    0,
  );
const at = (record: ReturnType<typeof made>, now: number) => observationAt(record, now, undefined, true);

describe('the simulated life cycle', () => {
  it('shows an upgrade for longer than the ten seconds between two polls of a client', () => {
    expect(readConfig([], {}, '/').durations.upgradingMs).toBeGreaterThan(10_000);
  });

  it('is ready when provisioning is over and not a millisecond before', () => {
    expect(at(made(), 7_999)).toMatchObject({ isReady: false, isRolledOut: false, runningVersion: '' });
    expect(at(made(), 8_000)).toMatchObject({ isReady: true, isRolledOut: true, runningVersion: 'v1.32.3' });
  });

  it('is not delayed by changes while it is provisioned', () => {
    let record = made();
    for (let generation = 2; generation <= 9; generation += 1) {
      record = appliedAgain(record, applied(generation, `v1.33.${generation}`), DURATIONS, generation * 500, undefined);
    }
    expect(at(record, 8_000)).toMatchObject({ isRolledOut: true, appliedGeneration: 9, runningVersion: 'v1.33.9' });
  });

  it('rolls a change out for the whole of the upgrade time', () => {
    const record = appliedAgain(made(), applied(2, 'v1.33.7'), DURATIONS, 10_000, undefined);
    expect(at(record, 10_000)).toMatchObject({ isReady: true, isRolledOut: false, appliedGeneration: 2, runningVersion: 'v1.32.3' });
    expect(at(record, 21_999)).toMatchObject({ isReady: true, isRolledOut: false, runningVersion: 'v1.32.3' });
    expect(at(record, 22_000)).toMatchObject({ isReady: true, isRolledOut: true, runningVersion: 'v1.33.7' });
  });

  it('starts anew when a change meets an upgrade, with the version that still runs', () => {
    const first = appliedAgain(made(), applied(2, 'v1.33.7'), DURATIONS, 10_000, undefined);
    const second = appliedAgain(first, applied(3, 'v1.34.3'), DURATIONS, 15_000, undefined);
    expect(at(second, 26_999)).toMatchObject({ isRolledOut: false, runningVersion: 'v1.32.3' });
    expect(at(second, 27_000)).toMatchObject({ isRolledOut: true, runningVersion: 'v1.34.3', appliedGeneration: 3 });
  });

  it.each([
    ['resources', { ...SPEC, resources: { cpu: '2' } }, false],
    ['high availability', { ...SPEC, highAvailability: true }, false],
    ['the type', { ...SPEC, type: 'dedicated' as const }, false],
    ['alerts', { ...SPEC, alerts: { slack: 'x' } }, true],
    ['the display name', { ...SPEC, displayName: 'y' }, true],
  ])('after a change of %s alone', (_what, spec, isAtOnce) => {
    const record = appliedAgain(made(), applied(2, 'v1.32.3', spec), DURATIONS, 10_000, undefined);
    expect(at(record, 10_000)).toMatchObject({ isRolledOut: isAtOnce, appliedGeneration: 2 });
  });

  it('does not end a rollout early when alerts change during it', () => {
    const upgrading = appliedAgain(made(), applied(2, 'v1.33.7'), DURATIONS, 10_000, undefined);
    const record = appliedAgain(upgrading, applied(3, 'v1.33.7', { ...SPEC, alerts: {} }), DURATIONS, 11_000, undefined);
    expect(at(record, 21_999)).toMatchObject({ isRolledOut: false });
    expect(at(record, 22_000)).toMatchObject({ isRolledOut: true, appliedGeneration: 3 });
  });

  it('says the same thing for as long as it waits for the same thing', () => {
    expect(at(made(), 1_000).reason).toBe(at(made(), 7_000).reason);
  });

  it('is not ready while nothing listens', () => {
    expect(observationAt(made(), 9_000, undefined, false)).toMatchObject({ isReady: false, isRolledOut: false });
  });

  it.each([3_600_000, 86_400_000, 40 * 86_400_000])('goes on though the wall clock was set back by %i ms over a restart', (ms) => {
    const restarted = (record: ReturnType<typeof made>, now: number) => clampDelays(record, { ...DURATIONS, upgradingMs: 1 }, now - ms);
    const making = restarted(made(), 5_000);
    expect(at(making, 5_000 - ms + 7_999)).toMatchObject({ isReady: false });
    expect(at(making, 5_000 - ms + 8_000)).toMatchObject({ isRolledOut: true });
    const upgrading = restarted(appliedAgain(made(), applied(2, 'v1.33.7'), DURATIONS, 10_000, undefined), 15_000);
    expect(at(upgrading, 15_000 - ms + 11_999)).toMatchObject({ isReady: true, isRolledOut: false, runningVersion: 'v1.32.3' });
    expect(at(upgrading, 15_000 - ms + 12_000)).toMatchObject({ isRolledOut: true, runningVersion: 'v1.33.7' });
    const going = restarted({ ...made(), goneAt: 23_000, destroyedAt: 20_000 }, 21_000);
    expect(going.goneAt).toBe(21_000 - ms + 3_000);
  });

  it('keeps what was promised over a restart without one', () => {
    const record = appliedAgain(made(), applied(2, 'v1.33.7'), DURATIONS, 10_000, undefined);
    expect(clampDelays(record, { provisioningMs: 1, upgradingMs: 1, terminatingMs: 1 }, 15_000)).toEqual(record);
  });
});
