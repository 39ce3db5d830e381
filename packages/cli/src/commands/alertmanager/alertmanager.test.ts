import { afterEach, beforeEach, expect, test } from 'vitest';
import { type KupeDouble, startKupeDouble } from '../../testing/kupe-double.ts';
import { environmentFor, runCli } from '../../testing/run-cli.ts';

let double: KupeDouble;
beforeEach(async () => {
  double = await startKupeDouble();
});
afterEach(() => double.close());
const run = (line: string, input = '') => runCli(line, { env: environmentFor(double), input });
const written = () =>
  double.seen
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path, headers }) => `${method} ${path.split('/alertmanager/')[1]} ${headers['if-match'] ?? '-'}`);

test('put sends what differs, the deletions last, each under the version that the one before it made', async () => {
  const file = 'global: {}\nreceivers: [{name: new, webhook_configs: []}]\nroutes: [{receiver: new}]';
  const { exit, err } = await run('alertmanager put -f -', file);
  expect([exit, written()]).toEqual([0, ['PUT global "41"', 'PUT receivers/new -', 'PUT routes "42"', 'DELETE receivers/on-call "42"']]);
  expect(err).toBe('Written: global, receiver new, routes, receiver on-call deleted.\n');
});

test('put sends nothing where nothing differs, and leaves what the file does not name', async () => {
  const { exit, err } = await run('alertmanager put -f -', 'global: {resolve_timeout: 5m}');
  expect([exit, written(), err]).toEqual([0, [], 'It is like that already; nothing was sent.\n']);
});

test('put that another client interrupts says what was written before', async () => {
  double.answer = ({ method, path }) =>
    method === 'PUT' && path.endsWith('/routes') ? { status: 412, body: { error: 'the configuration was changed' } } : undefined;
  const { exit, err } = await run('alertmanager put -f -', 'global: {}\nroutes: []');
  expect(exit).toBe(5);
  expect(err).toContain('The configuration was changed. It was about routes. Written before that: global.\n  openkupe alertmanager get ');
});

test.each([
  ['alertmanager put -f -', 'reciever: []', 'The configuration has no field reciever; its fields are global, receivers, routes.'],
  ['alertmanager put -f -', 'receivers: [{webhook_configs: []}]', 'receivers[0] has no name; give it one.'],
  ['alertmanager put -f -', 'receivers: [{name: a}, {name: a}]', 'There are two receivers "a"; give each a name of its own.'],
  ['alertmanager route put -f -', 'receiver: a', 'The file has no list `items`; give all routes in it, or a place.'],
  ['alertmanager route get first', '', 'A route has a place in the list, not "first"; give a whole number from 0.'],
  ['alertmanager route delete', '', 'Give either the place of a route or --all.'],
  ['alertmanager receiver put a -f -', 'name: b', 'The file names the receiver "b" and the command line "a"; give one of them.'],
  ['secret update database', '', 'Give either --sync or --no-targets.'],
  [
    'secret create a --path p --sync production',
    '',
    '--sync has "production"; write cluster/namespace, or cluster/namespace/name for another name there.',
  ],
  ['tenant update', '', 'There is nothing to change; give --plan, --metrics-limit or --log-limit.'],
])('%s with %j sends nothing', async (line, file, sentence) => {
  const { exit, err } = await run(line, file);
  expect([exit, err.split('\n')[0], written()]).toEqual([2, `Error: ${sentence}`, []]);
});

test('a tenant is deleted after its name was typed', async () => {
  const deletions = () => double.seen.filter(({ method }) => method === 'DELETE').map(({ body }) => body);
  const ask = (input: string) => runCli('tenant delete --cascade', { env: environmentFor(double), isTerminal: true, input });
  expect((await ask('other\n')).exit).toBe(2);
  expect(deletions()).toEqual([]);
  expect((await ask('acme\n')).exit).toBe(0);
  expect(deletions()).toEqual([{ confirm: 'acme', cascade: true }]);
});
