import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadScenario, readScenario, shippedScenarios } from './scenario.ts';
import { SCENARIO_SCHEMA } from './scenario-schema.ts';

async function fileWith(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'scenario-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'mine.yaml');
  await writeFile(path, text);
  return path;
}

it('scenario.schema.json, for editors, is the schema that files are checked with', async () => {
  const file = await readFile(new URL('../../scenario.schema.json', import.meta.url), 'utf8');
  expect(JSON.parse(file)).toEqual(JSON.parse(JSON.stringify(SCENARIO_SCHEMA)));
});

it('ten and more scenarios come with it, each with a title and what a client should do', async () => {
  const names = await shippedScenarios();
  expect(names.length).toBeGreaterThanOrEqual(10);
  for (const name of names) {
    const { title, description, rules } = await loadScenario(name);
    expect([title !== '', (description ?? '').length > 100, (rules ?? []).length > 0]).toEqual([true, true, true]);
  }
});

describe('a file', () => {
  it('in YAML', async () => {
    const path = await fileWith('title: mine\nrules:\n  - fault: 503; retry-after=1\n    when: { count: 2 }\n');
    expect(await loadScenario(path)).toEqual({ title: 'mine', rules: [{ fault: '503; retry-after=1', when: { count: 2 } }] });
  });

  it.each([
    ['title: [', 'is no YAML'],
    ['rules: []', "/ must have required property 'title'"],
    ['title: a\nrules: [{ fault: 503; retry=1 }]', 'The fault status cannot be read: retry:'],
    ['title: a\nsettings: { OPENKUPE_DATA: /etc }', '/settings property name must be valid'],
    ['title: a\nspeed: 3', '/ must NOT have additional properties'],
    ['title: a\nb: &x [1]\nc: *x', 'is no YAML'],
  ])('%j is refused, with what is wrong', async (text, message) => {
    await expect(loadScenario(await fileWith(text))).rejects.toThrow(message);
  });

  it('that is not there is refused with the names that are', async () => {
    await expect(loadScenario('monday')).rejects.toThrow(
      /^There is no scenario and no file "monday"; the scenarios are bad-proxy, .*monday-morning-storm/,
    );
  });
});

it('a scenario of a program is checked alike', () => {
  expect(() => readScenario({ title: 'a', clusters: 3 }, 'that was given')).toThrow(
    'The scenario that was given cannot be used: /clusters must be array',
  );
});
