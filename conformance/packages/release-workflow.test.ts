import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

it('the workflow publishes every package, with provenance, and may write nothing else', () => {
  const { jobs, permissions } = parse(readFileSync(join(ROOT, '.github/workflows/release.yml'), 'utf8'));
  expect([permissions, jobs.publish.permissions]).toEqual([{}, { contents: 'read', 'id-token': 'write' }]);
  const { run } = jobs.publish.steps.at(-1);
  expect(run).toContain('npm publish --provenance --access public');
  const names = execFileSync('sh', ['-c', `${/for name in ([^;]+);/.exec(run)?.[0]} do echo $name; done`], { encoding: 'utf8' })
    .trim()
    .split('\n');
  expect(names).toEqual(['openkupe-contract', 'openkupe-sdk', 'openkupe', 'openkupe-server', 'openkupe-sandbox']);
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const used = jobs.publish.steps.flatMap(({ run: line = '' }) =>
    [...line.matchAll(/npm run (?:--silent )?(\w+)/g)].map(([, name]) => name),
  );
  for (const name of used) expect([name, name in scripts]).toEqual([name, true]);
});
