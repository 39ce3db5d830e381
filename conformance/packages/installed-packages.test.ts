import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../free-port.ts';
import { type StartedServer, startServer } from '../start-server.ts';
import { canMount, makeRoot, readImage, runInImage } from './image.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUNTIMES = join(ROOT, 'packages/sdk/runtimes/node_modules');
const QUICK = {
  OPENKUPE_SANDBOX_PROVISIONING_SECONDS: '0.1',
  OPENKUPE_SANDBOX_UPGRADING_SECONDS: '0.1',
};

const older = (major: number) => ({ major, node: join(RUNTIMES, `node-${major}-${process.platform}-${process.arch}/bin/node`) });
const NODES = [older(20), older(22), { major: 24, node: process.execPath }].map(({ major, node }) => ({
  node,
  title: `Node ${major}${existsSync(node) ? '' : ' (needs other runtimes: npm run install:runtimes)'}`,
}));

let folder: string;
let server: StartedServer;
let tenant: Record<string, string>;

/** Runs a program as its user would, in a project, on this Node. */
function run(node: string, project: string, command: string, args: readonly string[], env: Record<string, string> = {}) {
  const path = `${join(project, 'node_modules/.bin')}:${dirname(node)}:${process.env.PATH}`;
  return promisify(execFile)(command, args, { cwd: project, env: { HOME: folder, PATH: path, ...env }, timeout: 120_000 });
}

/** An empty project with these packages installed, by npm. */
async function install(name: string, packed: readonly string[]): Promise<string> {
  const project = join(folder, name);
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "private": true }');
  const flags = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await promisify(execFile)('npm', ['install', ...flags, ...packed], { cwd: project, timeout: 240_000 });
  return project;
}

function snippet(readme: string, language = 'js'): string {
  return new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readFileSync(join(ROOT, readme), 'utf8'))?.[1] ?? '';
}

let client: string;
let commandLine: string;
let serverProject: string;
let sandboxProject: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'openkupe-installed-'));
  const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, 'tools/pack.mjs'), folder], { timeout: 240_000 });
  const [contract = '', sdk = '', cli = '', packedServer = '', packedSandbox = ''] = stdout.trim().split('\n');
  [client, commandLine, serverProject, sandboxProject] = await Promise.all([
    install('client', [contract, sdk]),
    install('command-line', [cli]),
    install('server', [contract, packedServer]),
    install('sandbox', [contract, packedServer, packedSandbox, cli]),
  ]);
  symlinkSync(join(ROOT, 'node_modules/vitest'), join(sandboxProject, 'node_modules/vitest'));
  const main = join(serverProject, 'node_modules/@openkupe/server/bin/openkupe-server.cjs');
  server = await startServer({ main, variables: QUICK });
  tenant = { KUPE_HOST: server.host, KUPE_TENANT: server.tenant, KUPE_API_KEY: server.apiKey };
}, 600_000);

afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(NODES)('$title', ({ node }) => {
  test.skipIf(!existsSync(node))('imports and requires the contract and the SDK', async () => {
    const names = "[c.ROUTES.length > 0, typeof describeApi, typeof s.createClient].join(' ')";
    const paths = ['@openkupe/contract', '@openkupe/contract/openapi/describe-api', '@openkupe/sdk'];
    const imported = `const [c, { describeApi }, s] = await Promise.all(${JSON.stringify(paths)}.map((path) => import(path)));`;
    const required = `const [c, { describeApi }, s] = ${JSON.stringify(paths)}.map((path) => require(path));`;
    writeFileSync(join(client, 'imports.mjs'), `${imported} console.log(${names});`);
    writeFileSync(join(client, 'requires.cjs'), `${required} console.log(${names});`);
    for (const file of ['imports.mjs', 'requires.cjs'])
      expect((await run(node, client, 'node', [file])).stdout).toBe('true function function\n');
  });

  test.skipIf(!existsSync(node))('runs the first snippet of each README as it is written', { timeout: 120_000 }, async () => {
    onTestFinished(async () => {
      await run(node, commandLine, 'openkupe', ['cluster', 'delete', 'production', '--yes'], tenant);
    });
    writeFileSync(join(client, 'first.mjs'), snippet('packages/sdk/README.md'));
    const { stdout } = await run(node, client, 'node', ['first.mjs'], tenant);
    expect(stdout).toMatch(/^Succeeded after \d attempts?$/m);
    writeFileSync(join(client, 'contract.mjs'), snippet('packages/contract/README.md'));
    expect((await run(node, client, 'node', ['contract.mjs'])).stdout).toContain('GET /api/v1/plans');
  });

  test.skipIf(!existsSync(node))('runs the command line from its package alone', async () => {
    expect((await run(node, commandLine, 'npx', ['openkupe', '--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const { stdout } = await run(node, commandLine, 'npx', ['openkupe', 'plan', 'list', '-o', 'name'], tenant);
    expect(stdout).toContain('starter');
  });
});

test('the types need nothing that is not installed with them', { timeout: 120_000 }, async () => {
  const program = `import { ROUTES, type Cluster, parseRetryAfter } from '@openkupe/contract';
import { describeApi } from '@openkupe/contract/openapi/describe-api';
import { createClient } from '@openkupe/sdk';
const client = createClient({ host: '', tenant: '', apiKey: '' });
const clusters: readonly Pick<Cluster, 'name'>[] = (await client.clusters.list()).value;
console.log(clusters, ROUTES.length, describeApi, parseRetryAfter);
`;
  writeFileSync(join(client, 'program.mts'), program);
  const flags = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--lib',
    'es2024,dom,dom.iterable,esnext.disposable',
  ];
  const checked = run(process.execPath, client, process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...flags, 'program.mts']);
  expect(await checked.catch((error: { stdout: string }) => error)).toMatchObject({ stdout: '' });
});

describe('the server', () => {
  test('holds what it needs at run time: its explorer, its other commands', async () => {
    const page = await fetch(`${tenant.KUPE_HOST}/docs/explorer.js`);
    expect([page.status, (await page.text()).length > 100_000]).toEqual([200, true]);
    const { stdout } = await run(process.execPath, serverProject, 'npx', ['openkupe-server', 'store', '--help']);
    expect(stdout).toContain('backup');
  });

  test('says of the engine local, whose programs it cannot build, what to name', async () => {
    const data = join(folder, 'local');
    const failure = await run(process.execPath, serverProject, 'npx', [
      'openkupe-server',
      '--engine',
      'local',
      '--data',
      data,
      '--port',
      '0',
    ]).catch((error: { stderr: string; code: number }) => error);
    expect(failure).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^openkupe: The engine local needs .* name a folder with them in OPENKUPE_KUBERNETES_PROGRAMS .*\n$/),
    });
  });

  const olderNodes = NODES.slice(0, 2).filter(({ node }) => existsSync(node));
  test.each(olderNodes)('says on $title what it needs', async ({ node }) => {
    const failure = await run(node, serverProject, 'npx', ['openkupe-server']).catch((error: { stderr: string; code: number }) => error);
    expect(failure).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^openkupe: the server needs Node 24 or newer, and this is v2\d\S+; /),
    });
  });
});

describe('the sandbox', () => {
  const README = 'packages/sandbox/README.md';

  test('starts in a program, answers, and lets the program end', { timeout: 60_000 }, async () => {
    const program = `import { startSandbox } from '@openkupe/sandbox';
const sandbox = await startSandbox();
const { status } = await fetch(sandbox.url + '/api/v1/plans', { headers: { authorization: 'Bearer ' + sandbox.apiKey } });
await sandbox.stop();
console.log(status, sandbox.recording().requests.length);
`;
    writeFileSync(join(sandboxProject, 'program.mjs'), program);
    expect((await run(process.execPath, sandboxProject, 'node', ['program.mjs'])).stdout).toBe('200 1\n');
  });

  test('runs the examples of its README as they are written', { timeout: 120_000 }, async () => {
    writeFileSync(join(sandboxProject, 'node.test.mjs'), snippet(README));
    const byNode = await run(process.execPath, sandboxProject, 'node', ['--test', '--test-reporter=tap', 'node.test.mjs']);
    expect(byNode.stdout).toMatch(/^# pass 1$/m);
    writeFileSync(join(sandboxProject, 'vitest.test.ts'), snippet(README, 'ts'));
    const vitest = [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--root', sandboxProject, 'vitest.test.ts'];
    const byVitest = await run(process.execPath, sandboxProject, 'node', vitest, { NO_COLOR: '1' });
    expect(byVitest.stdout).toMatch(/Tests +2 passed \(2\)/);
  });

  test('is started by the command line beside it, asked, and ended', { timeout: 60_000 }, async () => {
    const env = { HOME: folder, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
    const started = spawn('npx', ['openkupe', 'sandbox', '--write-env', 'sandbox.env'], { cwd: sandboxProject, env });
    onTestFinished(() => void started.kill('SIGTERM'));
    let said = '';
    started.stdout.on('data', (text) => {
      said += text;
    });
    const ended = new Promise((resolve) => started.once('exit', resolve));
    await expect.poll(() => said, { timeout: 30_000 }).toContain('openkupe sandbox timeline');
    const asking = '. ./sandbox.env; openkupe plan list -o name; openkupe sandbox timeline';
    expect((await run(process.execPath, sandboxProject, 'sh', ['-c', asking])).stdout).toMatch(
      /^plan\/starter$[\s\S]*GET \/api\/v1\/plans {2}200/m,
    );
    started.kill('SIGTERM');
    await ended;
    const url = /http:\S+/.exec(said)?.[0] ?? '';
    await expect.poll(() => fetch(url).then(String, () => 'gone'), { timeout: 20_000 }).toBe('gone');
  });
});

describe.skipIf(!canMount)('the image, as its Dockerfile says (needs Linux and the right to mount)', () => {
  test('runs as an account without a name in a read-only root, is found healthy, and ends at SIGTERM with 0', {
    timeout: 120_000,
  }, async () => {
    const { entrypoint, health, account, variables } = readImage();
    expect([account, variables.OPENKUPE_DATA]).toEqual(['10001:10001', '/data']);
    const root = join(folder, 'root');
    makeRoot(root, join(serverProject, 'node_modules'), account);
    const port = String(await freePort());
    const check = health.map((text) => text.replace('127.0.0.1:8080', `127.0.0.1:${port}`));
    const run = runInImage(root, account, entrypoint, { ...variables, OPENKUPE_HOST: '127.0.0.1', OPENKUPE_PORT: port });
    const isHealthy = () => runInImage(root, account, check, {}).ended;
    try {
      await expect.poll(() => run.output.text, { timeout: 60_000 }).toContain('openkupe is running at');
      await expect.poll(isHealthy, { timeout: 20_000 }).toBe(0);
      expect(statSync(join(root, 'data/openkupe.db')).uid).toBe(10001);
      run.signal('SIGHUP');
      run.signal('SIGTERM');
      expect([await run.ended, run.output.text]).toEqual([0, expect.stringContaining('Stopped.')]);
      expect(await isHealthy()).toBe(1);
    } finally {
      run.kill();
    }
  });
});
