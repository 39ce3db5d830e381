import { afterEach, beforeEach, expect, test } from 'vitest';
import { AUDIT } from '../../testing/fixtures.ts';
import { type KupeDouble, startKupeDouble } from '../../testing/kupe-double.ts';
import { environmentFor, runCli } from '../../testing/run-cli.ts';

let double: KupeDouble;
beforeEach(async () => {
  double = await startKupeDouble();
});
afterEach(() => double.close());
const run = (line: string) => runCli(line, { env: environmentFor(double) });
const asked = () => double.seen.map(({ path }) => path.replace(/.*\/audit/, ''));

test('list asks for what the flags say, and for no more pages than its limit needs', async () => {
  double.answer = () => ({ status: 200, body: { items: AUDIT, continue: 'next' } });
  const { exit, out } = await run('audit list --action clusters. --since 2026-04-01 --limit 3 -o name');
  expect([exit, out]).toEqual([0, 'audit/r-2\naudit/r-1\naudit/r-2\n']);
  const filter = '?action=clusters.&since=2026-04-01T00%3A00%3A00.000Z&limit=3';
  expect(asked()).toEqual([filter, `${filter}&continue=next`]);
});

test('export writes every row of every page as a line of JSON', async () => {
  double.answer = ({ path }) => ({ status: 200, body: { items: AUDIT, ...(path.includes('continue=') ? {} : { continue: 'next' }) } });
  const { exit, out } = await run('audit export');
  expect(exit).toBe(0);
  expect(
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([...AUDIT, ...AUDIT]);
  expect(asked()).toEqual(['?limit=500', '?limit=500&continue=next']);
});

test.each([
  'audit list --since yesterday',
  'audit export --until 2026-99-01',
  'audit list --since 2026-02-30',
  'audit list --since 2026-04-06T12:00:00',
  'audit list --until 2026-04-06T25:00:00Z',
  'audit list --limit 0',
])('%s is refused before anything is sent', async (line) => {
  expect((await run(line)).exit).toBe(2);
  expect(asked()).toEqual([]);
});
