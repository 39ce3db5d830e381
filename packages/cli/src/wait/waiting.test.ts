import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SignalName } from '../io.ts';
import type { FakeIo } from '../testing/fake-io.ts';
import { clusterFixture } from '../testing/fixtures.ts';
import { type KupeDouble, startKupeDouble } from '../testing/kupe-double.ts';
import { environmentFor, runCli } from '../testing/run-cli.ts';

let double: KupeDouble;
beforeEach(async () => {
  double = await startKupeDouble();
});
afterEach(() => double.close());
const env = () => environmentFor(double);
const put = (phase: 'Degraded' | 'Provisioning' | 'Terminating', message = '') => {
  const cluster = clusterFixture('production');
  const conditions =
    message === '' ? [] : [{ type: 'Ready', status: 'False' as const, reason: 'X', message, lastTransitionTime: cluster.createdAt }];
  double.clusters.set('production', { ...cluster, status: { ...cluster.status, phase, conditions } });
};
const reads = () => double.seen.filter(({ method }) => method === 'GET').length;

describe('create', () => {
  test('waits until it runs and shows each phase once', async () => {
    double.journeys.created = ['Provisioning', 'Provisioning', 'Running'];
    const { exit, err } = await runCli('cluster create new', { env: env() });
    expect(exit).toBe(0);
    expect(err).toMatch(/^\[00:0\d\] Provisioning\n\[00:0\d\] Running\n$/);
  });

  test('--no-wait returns at once, with the command that waits', async () => {
    const { exit, out, err } = await runCli('cluster create new --no-wait -o json', { env: env() });
    expect([exit, JSON.parse(out).status.phase, reads()]).toEqual([0, 'Pending', 0]);
    expect(err).toBe('Accepted; wait with: openkupe cluster wait new --for running\n');
  });

  test('is not put off by a cluster that is not visible yet', async () => {
    let missing = 2;
    double.answer = ({ method }) => (method === 'GET' && missing-- > 0 ? { status: 404, body: { error: 'not found' } } : undefined);
    const { exit } = await runCli('cluster create new', { env: env() });
    expect(exit).toBe(0);
  });

  test('a warning of the server is on stderr', async () => {
    const { err } = await runCli('cluster create new --ha --no-wait', { env: env() });
    expect(err).toContain('Warning: that version retires soon\n');
  });
});

describe('ends', () => {
  test('1 when the cluster is degraded, with what the server says about it', async () => {
    put('Degraded', 'etcd lost its quorum');
    const { exit, err } = await runCli('cluster wait production --for Running', { env: env() });
    expect(exit).toBe(1);
    expect(err).toContain('Error: Cluster "production" is degraded: etcd lost its quorum.\n  openkupe cluster get production');
  });

  test('4 when there is no such cluster', async () => {
    expect((await runCli('cluster wait nothing --for running', { env: env() })).exit).toBe(4);
  });

  test('8 when the time is up, with the command that goes on', async () => {
    put('Provisioning', 'creating control plane');
    const { exit, out, err } = await runCli('cluster wait production --for running --timeout 30s --tenant acme', { env: env() });
    expect([exit, out]).toEqual([8, '']);
    expect(err).toContain('Error: Cluster "production" is still Provisioning after 00:30; the work goes on.\n');
    expect(err).toContain('  openkupe cluster wait production --for running --tenant acme  # ');
  });

  test('8 with the last error when the cluster could never be read', async () => {
    double.answer = () => ({ status: 503, body: { error: 'the store is away' } });
    const { exit, err } = await runCli('cluster wait production --for running --timeout 20s', { env: env() });
    expect(exit).toBe(8);
    expect(err).toMatch(/could not be read for 00:20: .*the store is away\.\n/);
  });

  test('--timeout 0 looks once', async () => {
    put('Provisioning');
    expect((await runCli('cluster wait production --for running --timeout 0', { env: env() })).exit).toBe(8);
    expect(reads()).toBe(1);
    expect((await runCli('cluster wait staging --for running --timeout 0', { env: env() })).exit).toBe(0);
    expect((await runCli('cluster wait nothing --for deleted --timeout 0', { env: env() })).exit).toBe(0);
  });
});

describe('wait --for', () => {
  test('deleted ends well when the cluster is gone', async () => {
    const { exit, out } = await runCli('cluster wait nothing --for deleted -o json', { env: env() });
    expect([exit, JSON.parse(out)]).toEqual([0, { name: 'nothing', status: { phase: 'Deleted' } }]);
  });

  test('terminating ends well when deletion has begun', async () => {
    put('Terminating');
    const { exit, out } = await runCli('cluster wait production --for terminating -o json', { env: env() });
    expect([exit, JSON.parse(out).status.phase]).toEqual([0, 'Terminating']);
  });
});

describe('a signal', () => {
  const afterSomeReads = (name: SignalName) => (io: FakeIo) => {
    const timer = setInterval(() => {
      if (reads() < 2) return;
      clearInterval(timer);
      io.send(name);
    }, 5);
  };

  test.each([
    ['SIGINT', 130, 'Interrupted', 'interrupted'],
    ['SIGTERM', 143, 'Terminated', 'terminated'],
  ] as const)('%s stops the waiting, not the work: %i', async (name, expected, verb, code) => {
    put('Provisioning');
    const line = 'cluster wait production --for running';
    const { exit, out, err, io } = await runCli(line, { env: env(), during: afterSomeReads(name) });
    expect([exit, out, io.listening()]).toEqual([expected, '', 0]);
    expect(err).toContain(`${verb} while cluster "production" is Provisioning; the work goes on.\n  openkupe ${line}  # goes on waiting\n`);
    const json = await runCli(`${line} -o json`, { env: env(), during: afterSomeReads(name) });
    expect(JSON.parse(json.err.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      code,
      exit: expected,
      next: [{ run: `openkupe ${line}` }],
    });
  });

  test('a second one ends the run at once, even when the first is not noticed', async () => {
    const during = (io: FakeIo) => {
      setTimeout(() => io.send('SIGINT'), 5);
      setTimeout(() => io.send('SIGINT'), 10);
    };
    const { exit } = await runCli('cluster delete production', { env: env(), isTerminal: true, isSilent: true, during });
    expect([exit, double.seen.length]).toEqual([130, 0]);
  });
});
