import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type KupeDouble, startKupeDouble } from '../../testing/kupe-double.ts';
import { environmentFor, runCli } from '../../testing/run-cli.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

let double: KupeDouble;
let folder: string;
beforeEach(async () => {
  double = await startKupeDouble();
  folder = temporaryFolder();
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
    ['a list', '- name: new', 'new', /must hold one object of fields, not a list/],
    ['neither YAML nor JSON', '{"name": ', 'new', /neither YAML nor JSON/],
    ['nothing', '', 'new', /is empty; it must hold one object/],
    ['a comment alone', '# nothing yet\n', 'new', /is empty; it must hold one object/],
    ['an empty document', '---\n', 'new', /is empty; it must hold one object/],
    ['several documents', 'name: a\n---\nname: b', '', /holds 2 documents; give them one at a time/],
    ['a name that YAML reads as a number', 'name: 007', '', /^Error: name must be a string; quote it: name: "007"\.\n/],
    ['a name that YAML reads as a truth', 'name: true', '', /name must be a string; quote it: name: "true"/],
    ['an empty name', 'name:', '', /name is empty; give it a value, or leave it out/],
    ['a version that YAML reads as a number', 'name: a\nversion: 1.30', '', /version must be a string; quote it: version: "1\.30"/],
    ['a quantity that YAML reads as a number', 'name: a\nresources: {cpu: 4}', '', /resources\.cpu must be a string; quote it: cpu: "4"/],
    ['a number for an object', 'name: a\nresources: 4', '--cpu 2', /resources must be an object with fields like cpu, not 4/],
    ['a list for an object', 'name: a\nresources: [4]', '--cpu 2', /resources must be an object with fields like cpu, not \[4\]/],
    ['an object for a string', 'name: {a: b}', '', /name must be a string, and is an object/],
    ['a string for a truth', 'name: a\nhighAvailability: "yes"', '', /highAvailability must be true or false without quotes, not yes/],
    ['a field twice in YAML', 'name: a\nname: b', '', /has a field twice: .* at line 2/],
    ['a field twice in JSON', '{"name": "a", "name": "b"}', '', /has a field twice: .* at line 1/],
    ['a field twice, deep in JSON', '{"name": "a", "alerts": {"x": 1, "x": 2}}', '', /has a field twice/],
    ['a tab', 'name: a\nresources:\n\tcpu: "1"', '', /Line 3 of the file ".*" is indented with a tab/],
    ['an alias without an anchor', 'name: *x', '', /neither YAML nor JSON: Unresolved alias/],
    ['an alias of itself', 'name: a\nalerts: &x {y: *x}', '', /an alias contains itself/],
    [
      'a number beyond what JSON keeps',
      'name: a\nalerts: {n: 12345678901234567890}',
      '',
      /the number 12345678901234567890, which cannot be kept/,
    ],
    ['a number without an end', 'name: a\nalerts: {n: [1e999]}', '', /the number 1e999, which cannot be kept/],
  ])('%s is misuse, and nothing is sent', async (_, text, name, reason) => {
    const { exit, err } = await create(`${name} -f ${file(text)}`.trim());
    expect([exit, double.seen.length]).toEqual([2, 0]);
    expect(err).toMatch(reason);
  });

  test.each([
    ['/nonexistent/file', 'cannot be read (ENOENT)'],
    ['/', 'cannot be read (EISDIR)'],
    ['/dev/zero', 'is longer than 4 MiB'],
    [process.execPath, 'is longer than 4 MiB'],
  ])('%s %s', async (path, reason) => {
    const { exit, err } = await create(`new -f ${path}`);
    expect([exit, err]).toEqual([2, expect.stringContaining(reason)]);
  });

  test('a file that is not in UTF-8', async () => {
    const path = join(folder, 'latin');
    writeFileSync(path, Buffer.from('name: caf\xe9', 'latin1'));
    expect((await create(`-f ${path}`)).err).toContain('is not text in UTF-8');
  });

  test('JSON with tabs, as editors write it, with a byte order mark', async () => {
    await create(`-f ${file('\ufeff{\n\t"name": "new",\n\t"resources": {\n\t\t"cpu": "4"\n\t}\n}\n')}`);
    expect(sent()).toEqual({ name: 'new', resources: { cpu: '4' } });
  });
});
