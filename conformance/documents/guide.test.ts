import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programOnPath } from '@openkupe/contract/testing/program-on-path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type StartedServer, startServer } from '../start-server.ts';
import { type Block, RUN_LANGUAGES, readBlocks } from './read-blocks.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const GUIDE = join(ROOT, 'docs/guide');
const PAGES = readdirSync(GUIDE).filter((name) => name.endsWith('.md'));
const PAGE_MS = 180_000;
const BLOCKS = PAGES.flatMap((page) => readBlocks(page, readFileSync(join(GUIDE, page), 'utf8')));
const isRun = ({ language, whyNot }: Block) => whyNot === undefined && RUN_LANGUAGES.some((one) => one === language);

/** The program that runs a language, with the ending that it wants; `sh` is run as it stands. */
const RUNNERS: Readonly<Record<string, { readonly program: string; readonly command: string; readonly ending: string }>> = {
  ts: { program: 'node', command: 'node', ending: '.mts' },
  js: { program: 'node', command: 'node', ending: '.mjs' },
  python: { program: 'python3', command: 'python3', ending: '.py' },
  go: { program: 'go', command: 'go run', ending: '.go' },
};
const isMissing = ({ language }: Block) => language !== 'sh' && programOnPath(RUNNERS[language]?.program ?? '') === undefined;

/** The blocks of a page as one script of bash that ends at the first command that fails, and says which block it was in. */
function scriptOf(blocks: readonly Block[], folder: string): string {
  const parts = blocks.map((block, index) => {
    const said = `echo "block at line ${block.line}" >&2`;
    const runner = RUNNERS[block.language];
    if (!runner) return `${said}\n${block.text}`;
    const file = `block-${index}${runner.ending}`;
    writeFileSync(join(folder, file), block.text);
    return `${said}\n${runner.command} ${file}`;
  });
  return ['set -euo pipefail', ...parts].join('\n');
}

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'openkupe-guide-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A control plane of the test alone: pages leave clusters behind, which count against the plan of their tenant. */
async function startFastServer(): Promise<StartedServer> {
  const variables = {
    OPENKUPE_SANDBOX_PROVISIONING_SECONDS: '0.2',
    OPENKUPE_SANDBOX_UPGRADING_SECONDS: '0.2',
    OPENKUPE_SANDBOX_TERMINATING_SECONDS: '0.2',
  };
  const server = await startServer({ variables });
  onTestFinished(async () => {
    await server.stop();
  });
  return server;
}

/** Runs the script in a new folder, as a user does who has installed the packages there and follows the page. */
async function follow(blocks: readonly Block[]): Promise<{ code: number; output: string }> {
  const server = await startFastServer();
  const folder = mkdtempSync(join(home, 'page-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const env = {
    HOME: home,
    PATH: [join(ROOT, 'node_modules/.bin'), join(process.execPath, '..'), process.env.PATH].join(delimiter),
    GOCACHE: process.env.GOCACHE ?? join(process.env.HOME ?? home, '.cache/go-build'),
    GOFLAGS: '-mod=mod -trimpath',
    CGO_ENABLED: '0',
    KUPE_HOST: server.host,
    KUPE_TENANT: server.tenant,
    KUPE_API_KEY: server.apiKey,
  };
  return new Promise((resolve) => {
    execFile('bash', ['-c', scriptOf(blocks, folder)], { cwd: folder, env, timeout: PAGE_MS }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, output: `${stdout}\n${stderr}` });
    });
  });
}

describe('the guide', () => {
  const pages = PAGES.map((page) => [page, BLOCKS.filter((block) => block.page === page && isRun(block))] as const);
  const run = pages.filter(([, blocks]) => blocks.length > 0);

  it.skipIf(process.platform === 'win32').each(run)(
    'the blocks of %s run in their order',
    async (page, blocks) => {
      const { code, output } = await follow(blocks.filter((block) => !isMissing(block)));
      expect(output, page).not.toBe('');
      expect([page, code], output.slice(-3_000)).toEqual([page, 0]);
    },
    PAGE_MS + 10_000,
  );

  it('says of every block that is not run why', async () => {
    const left = BLOCKS.filter(({ language, whyNot }) => whyNot !== undefined && RUN_LANGUAGES.some((one) => one === language));
    const count = new Map<string, number>();
    for (const { page, language, whyNot } of left)
      count.set(`${page} ${language}: ${whyNot}`, (count.get(`${page} ${language}: ${whyNot}`) ?? 0) + 1);
    await expect(`${[...count].map(([what, times]) => `${times} × ${what}`).join('\n')}\n`).toMatchFileSnapshot('norun.golden.txt');
  });

  it('has a line in its README for every page', () => {
    const index = readFileSync(join(GUIDE, 'README.md'), 'utf8');
    expect(PAGES.filter((page) => page !== 'README.md' && !index.includes(`(${page})`))).toEqual([]);
  });
});

describe('a block', () => {
  it('may be part of a list, and say why it is not run, and nothing else', () => {
    expect(readBlocks('a.md', 'x\n```sh norun needs a host\nls\n```\n')).toMatchObject([
      { line: 2, language: 'sh', whyNot: 'needs a host', text: 'ls' },
    ]);
    expect(readBlocks('a.md', '1. x\n\n   ```sh\n   ls\n     -l\n   ```\n')).toMatchObject([
      { line: 3, whyNot: undefined, text: 'ls\n  -l' },
    ]);
    expect(() => readBlocks('a.md', '```sh norun\nls\n```\n')).toThrow('a.md:1');
    expect(() => readBlocks('a.md', '```sh\nls\n')).toThrow('does not end');
  });
});
