import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type KupeDouble, startKupeDouble } from '../../testing/kupe-double.ts';
import { environmentFor, runCli } from '../../testing/run-cli.ts';

let double: KupeDouble;
beforeEach(async () => {
  double = await startKupeDouble();
});
afterEach(() => double.close());
const env = () => environmentFor(double);

describe('on a terminal', () => {
  test('the typed name deletes it', async () => {
    const { exit, out, err } = await runCli('cluster delete production', { env: env(), isTerminal: true, input: 'production\n' });
    expect([exit, out]).toEqual([0, 'NAME   production\nPHASE  Deleted\n']);
    expect(err).toContain('Type its name to delete it: ');
    expect(double.clusters.has('production')).toBe(false);
  });

  test.each(['y\n', 'Production\n', '\n', ''])('%j does not', async (input) => {
    const { exit, err } = await runCli('cluster delete production', { env: env(), isTerminal: true, input });
    expect([exit, double.seen.length]).toEqual([2, 0]);
    expect(err).toContain('was not deleted');
  });
});

test.each([
  ['no terminal', { isTerminal: false }, {}],
  ['CI', { isTerminal: true }, { CI: '1' }],
])('%s: exit code 2, naming the flag', async (_, shell, more) => {
  const { exit, err } = await runCli('cluster delete production', {
    ...shell,
    env: { ...env(), NO_COLOR: '1', ...more },
    input: 'production\n',
  });
  expect([exit, double.seen.length]).toEqual([2, 0]);
  expect(err).toContain('  openkupe cluster delete production --yes  # ');
});

test('--yes asks nothing', async () => {
  expect((await runCli('cluster delete production --yes', { env: env() })).exit).toBe(0);
});

test('--no-wait returns while it terminates', async () => {
  const { exit, out } = await runCli('cluster delete production --yes --no-wait -o json', { env: env() });
  expect([exit, JSON.parse(out)]).toEqual([0, { name: 'production', status: { phase: 'Terminating' } }]);
  expect(double.clusters.has('production')).toBe(true);
});
