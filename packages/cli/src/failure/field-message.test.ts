import { expect, test } from 'vitest';
import { startKupeDouble } from '../testing/kupe-double.ts';
import { environmentFor, runCli } from '../testing/run-cli.ts';

test.each([
  ['url must be an https address', 'Error: url must be an https address.'],
  ['resources.cpu must be cores such as "4"', 'Error: resources.cpu must be cores such as "4".'],
  ['cluster name must be 2 to 63 letters', 'Error: Cluster name must be 2 to 63 letters.'],
])('what a server says of a field keeps its name: %s', async (error, expected) => {
  const double = await startKupeDouble();
  double.answer = () => ({ status: 400, body: { error } });
  const { err } = await runCli('cluster get production', { env: environmentFor(double) });
  await double.close();
  expect(err).toContain(expected);
});
