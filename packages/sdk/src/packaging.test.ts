import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { checkPackage, Package } from '@arethetypeswrong/core';
import { build } from 'esbuild';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installBuiltPackage } from './testing/built-package.ts';
import { docstringExamples, readmeExamples } from './testing/documented-examples.ts';

const run = promisify(execFile);
const SDK = fileURLToPath(new URL('..', import.meta.url));

/**
 * In bytes, minified and compressed. They only go down, or up with a reason. The engine is what the errors page lists; its parts are
 * circuit breakers and the keeping to announced quotas, of which 200 bytes measure how a quota grows, which its policy does not say. 300 of the engine tell a wait from a
 * lower rate, and find a limit that rose. 100 of
 * everything tell an argument that makes no sense from a defect, and bring the answer of a create that cannot be read; 400 are the resource of
 * Alertmanager, whose sections are written one by one.
 */
const MOST_BYTES = { engine: 6_300, withParts: 7_600, everything: 20_800 };

let folder: string;
let dist: string;

beforeAll(async () => {
  ({ folder, dist } = await installBuiltPackage());
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function filesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function compressedBytes(entry: { contents: string; resolveDir: string }): Promise<number> {
  const options = { bundle: true, minify: true, format: 'esm', platform: 'browser', write: false } as const;
  const { outputFiles } = await build({ stdin: { ...entry, loader: 'ts' }, ...options });
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
}

/** All examples of docstrings as one program, each with names of its own. */
function docstringProgram(): string {
  const blocks = docstringExamples().map(({ code }) => `{\n${code}\n}`);
  const names = [...blocks.join().matchAll(/\b(create\w+|explain|KupeError)\b/g)].map(([name]) => name);
  const imports = `import { ${[...new Set(names)].join(', ')} } from '@openkupe/sdk';`;
  return [imports, `const client = createClient({ host: '', tenant: '', apiKey: '' });`, ...blocks].join('\n');
}

describe('the published package', () => {
  test('has no dependency, and its types need none', () => {
    const manifest = JSON.parse(readFileSync(join(dist, 'package.json'), 'utf8')) as Record<string, unknown>;
    expect(manifest).not.toHaveProperty('dependencies');
    expect(manifest).not.toHaveProperty('private');
    for (const file of filesBelow(join(dist, 'types')))
      for (const [, from] of readFileSync(file, 'utf8').matchAll(/from ['"]([^'"]+)['"]/g)) expect(from).toMatch(/^\.\.?\//);
    expect(readFileSync(join(dist, 'web.js'), 'utf8')).not.toMatch(/from ["']/);
    const nodeImports = [...readFileSync(join(dist, 'node.js'), 'utf8').matchAll(/from ["']([^"']+)["']/g)].map(([, from]) => from);
    expect([...new Set(nodeImports)].sort()).toEqual(['node:crypto', 'node:http', 'node:https', 'node:url', 'node:util', 'node:zlib']);
  });

  test('publint finds nothing to complain about', async () => {
    const { messages } = await publint({ pkgDir: dist, strict: true });
    expect(messages).toEqual([]);
  });

  test('its types are right wherever they are imported as a module', async () => {
    const files = Object.fromEntries(filesBelow(dist).map((file) => [file.replace(folder, ''), readFileSync(file)]));
    const analysis = await checkPackage(new Package(files, '@openkupe/sdk', '0.1.0'));
    if (!analysis.types) throw new Error('The package has no types');
    const problems = analysis.problems.filter(
      (problem) => !('resolutionKind' in problem && ['node10', 'node16-cjs'].includes(problem.resolutionKind)),
    );
    expect(problems).toEqual([]);
  });

  test('keeps to its size', async () => {
    const resolveDir = join(SDK, 'src');
    const engine = `export { sendCall } from './send-call.ts'; export { sharedState } from './shared-state.ts'; export { PAGE_POLICY } from '@openkupe/contract/retry/policy';`;
    const parts = `export { createBreakers } from './circuit-breaker/breakers.ts'; export { createQuota } from './pace/quota.ts';`;
    expect(await compressedBytes({ contents: engine, resolveDir })).toBeLessThanOrEqual(MOST_BYTES.engine);
    expect(await compressedBytes({ contents: engine + parts, resolveDir })).toBeLessThanOrEqual(MOST_BYTES.withParts);
    expect(await compressedBytes({ contents: `export * from './index.ts'`, resolveDir })).toBeLessThanOrEqual(MOST_BYTES.everything);
  });

  test('type-checks in a strict project without skipLibCheck, with all its examples, and runs', async () => {
    const program = `import { createClient, NotFoundError, type Cluster } from '@openkupe/sdk';
const client = createClient({ host: process.argv[2] ?? '', tenant: 'acme', apiKey: 'kupe_test' });
const { value } = await client.clusters.list();
const first: Cluster | undefined = value[0];
console.log(first?.name, first instanceof NotFoundError);
client.close();
`;
    const examples = [...readmeExamples().map(({ code }) => code), docstringProgram()];
    const files = [program, ...examples].map((code, index) => {
      const file = index === 0 ? 'program.mts' : `program-${index}.mts`;
      writeFileSync(join(folder, file), code);
      return file;
    });
    symlinkSync(join(SDK, '../../node_modules/@types'), join(folder, 'node_modules/@types'));
    symlinkSync(join(SDK, '../../node_modules/undici-types'), join(folder, 'node_modules/undici-types'));
    const tsc = join(SDK, '../../node_modules/typescript/bin/tsc');
    const strict = [
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--lib',
      'es2022,dom,dom.iterable,esnext.disposable',
      '--types',
      'node',
    ];
    await run(process.execPath, [tsc, ...strict, '--exactOptionalPropertyTypes', ...files], { cwd: folder }).catch(
      (error: { stdout: string }) => {
        const own = error.stdout.split('\n').filter((line) => /openkupe|program/.test(line));
        expect(own).toEqual([]);
      },
    );

    const server = http.createServer((_, response) => response.end(JSON.stringify({ items: [{ name: 'prod' }] })));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      expect((await run(process.execPath, ['program.mjs', host], { cwd: folder })).stdout).toBe('prod false\n');
    } finally {
      server.close();
    }
  }, 60_000);
});
