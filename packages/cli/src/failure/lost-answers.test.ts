import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type KupeDouble, startKupeDouble } from '../testing/kupe-double.ts';
import { environmentFor, runCli } from '../testing/run-cli.ts';

let double: KupeDouble;
beforeEach(async () => {
  double = await startKupeDouble();
});
afterEach(() => double.close());

/** The server does what is asked, and then the connection breaks before its answer is out. */
function loseAnswersTo(method: string, times: number): void {
  let left = times;
  double.losesAnswerTo = (request) => request.method === method && left-- > 0;
}
const cli = (line: string) => runCli(line, { env: environmentFor(double) });
const writes = () => double.seen.filter(({ method }) => method !== 'GET').length;

describe('when the answer to a write is lost, the work is recognised as done', () => {
  test('create', async () => {
    loseAnswersTo('POST', 1);
    const { exit, out, err } = await cli('cluster create new --cpu 2 -o json');
    expect(exit, err).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ name: 'new', status: { phase: 'Running' } });
  });

  test('update', async () => {
    loseAnswersTo('PATCH', 1);
    const { exit, out, err } = await cli('cluster update production --cpu 8 -o json');
    expect(exit, err).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ resources: { cpu: '8' }, generation: 2 });
  });

  test('delete', async () => {
    loseAnswersTo('DELETE', 1);
    const { exit, err } = await cli('cluster delete production --yes');
    expect(exit, err).toBe(0);
    expect(double.clusters.has('production')).toBe(false);
  });
});

test('a create that may have happened and cannot be looked up ends with "unknown" and where to look', async () => {
  double.losesAnswerTo = () => true;
  const { exit, err } = await cli('cluster create new -o json');
  expect(exit).toBe(7);
  expect(JSON.parse(err.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
    outcome: 'unknown',
    next: [{ run: 'openkupe cluster get new', why: 'shows whether it happened' }],
  });
  expect(double.clusters.has('new')).toBe(true);
});

test('an API key is never created twice because an answer was lost', async () => {
  loseAnswersTo('POST', 1);
  const { exit, err } = await cli('apikey create ci --role admin -o json');
  expect([exit, writes()]).toEqual([7, 1]);
  expect(JSON.parse(err.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ outcome: 'unknown', next: [{ run: 'openkupe apikey list' }] });
});
