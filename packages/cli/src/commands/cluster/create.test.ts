import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type KupeDouble, startKupeDouble } from '../../testing/kupe-double.ts';
import { environmentFor, runCli } from '../../testing/run-cli.ts';

let double: KupeDouble;
let folder: string;
beforeEach(async () => {
  double = await startKupeDouble();
  folder = mkdtempSync(join(tmpdir(), 'openkupe-'));
});
afterEach(() => double.close());
const create = (rest: string, input = '') => runCli(`cluster create ${rest} --no-wait`, { env: environmentFor(double), input });
const sent = () => double.seen.find(({ method }) => method === 'POST')?.body;
const file = (text: string) => {
  const path = join(folder, 'cluster');
  writeFileSync(path, text);
  return path;
};

test('every flag becomes its field, as written', async () => {
  await create('new --version 1.32 --cpu 1.5 --memory 16Gi --storage 100Gi --display-name New --type dedicated --ha');
  expect(sent()).toEqual({
    name: 'new',
    displayName: 'New',
    type: 'dedicated',
    version: '1.32',
    resources: { cpu: '1.5', memory: '16Gi', storage: '100Gi' },
    highAvailability: true,
  });
});

test('what is not given is not sent', async () => {
  await create('new');
  expect(sent()).toEqual({ name: 'new' });
});

describe('-f', () => {
  test('YAML, with flags that win', async () => {
    await create(
      `-f ${file('name: new # ours\nversion: "1.31"\nresources: {cpu: "2", memory: 8Gi}\nalerts: {email: true}\n')} --version 1.32 --cpu 4`,
    );
    expect(sent()).toEqual({ name: 'new', version: '1.32', resources: { cpu: '4', memory: '8Gi' }, alerts: { email: true } });
  });

  test('JSON from stdin, and a field that only the server may judge', async () => {
    await create('new -f -', '{"name": "new", "colour": "blue"}');
    expect(sent()).toEqual({ name: 'new', colour: 'blue' });
  });

  test.each([
    ['another name', 'other: 1\nname: other', 'new', /names the cluster "other" and the command line "new"/],
    ['no name at all', 'version: "1.32"', '', /has no name/],
    ['a list', '- name: new', 'new', /must hold one object/],
    ['neither YAML nor JSON', '{"name": ', 'new', /neither YAML nor JSON/],
    ['nothing', '', 'new', /must hold one object/],
  ])('%s is misuse, and nothing is sent', async (_, text, name, reason) => {
    const { exit, err } = await create(`${name} -f ${file(text)}`.trim());
    expect([exit, double.seen.length]).toEqual([2, 0]);
    expect(err).toMatch(reason);
  });

  test('a file that is not there', async () => {
    expect((await create('new -f /nonexistent/file')).err).toContain('cannot be read (ENOENT)');
  });
});
