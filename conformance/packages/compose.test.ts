import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programOnPath } from '@openkupe/contract/testing/program-on-path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { freePort } from '../free-port.ts';
import { launchServer } from '../start-server.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, 'deploy/compose');
const COMPOSE = join(FOLDER, 'compose.yaml');
const compose = programOnPath('docker-compose');
const promtool = programOnPath('promtool');
const redis = programOnPath('valkey-server', 'redis-server');
const { services, volumes, secrets } = parse(readFileSync(COMPOSE, 'utf8'), { merge: true });
// biome-ignore lint/suspicious/noExplicitAny: the fields that a test reads, whatever they hold
const all: readonly (readonly [string, Record<string, any>])[] = Object.entries(services);

/** What is mounted, as host path and path in the container. */
const mounts = all.flatMap(([, service]) => (service.volumes ?? []).map((text: string) => text.split(':')));

/** A folder that goes with the test. */
function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'openkupe-compose-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe.skipIf(!compose)('the Compose file (needs docker-compose on the PATH)', () => {
  test('is one, by the program itself', () => {
    const deploy = join(scratch(), 'deploy');
    cpSync(join(ROOT, 'deploy'), deploy, { recursive: true });
    mkdirSync(join(deploy, 'compose/secrets'), { recursive: true });
    for (const { file } of Object.values<{ file: string }>(secrets)) writeFileSync(join(deploy, 'compose', file), 'x');
    const { status, stderr } = spawnSync(compose ?? '', ['-f', 'compose.yaml', 'config', '--quiet'], {
      cwd: join(deploy, 'compose'),
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  });
});

test('the Compose file has the five services, each with a check of its health and a version that stays what it is', () => {
  expect(Object.keys(services)).toEqual(['openkupe', 'postgres', 'valkey', 'prometheus', 'grafana']);
  for (const [name, { image, healthcheck }] of all) {
    expect([name, image]).toEqual([name, expect.stringMatching(/^[a-z/]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)?$/)]);
    expect([name, healthcheck.test[0]]).toEqual([name, expect.stringMatching(/^CMD(-SHELL)?$/)]);
  }
});

test('the Compose file has no secret, and mounts and builds from what is there', () => {
  expect(readFileSync(COMPOSE, 'utf8')).not.toMatch(/PASSWORD: |:\/\/[^/\s@]+:[^/\s@]+@/);
  for (const [from] of mounts) expect([from, from in volumes || existsSync(resolve(FOLDER, from))]).toEqual([from, true]);
  for (const { file } of Object.values<{ file: string }>(secrets)) expect(file).toMatch(/^secrets\//);
  const ignored = readFileSync(join(ROOT, '.gitignore'), 'utf8');
  expect(ignored).toContain('/deploy/compose/secrets/');
  const { build, environment } = services.openkupe;
  expect(existsSync(join(FOLDER, build.context, build.dockerfile))).toBe(true);
  const named = Object.values<string>(environment).filter((text) => text.startsWith('/run/secrets/'));
  expect(named).toEqual(services.openkupe.secrets.map((name: string) => `/run/secrets/${name}`));
});

test('the Compose file names settings that the server takes', async () => {
  const checked = launchServer(['config', 'check'], services.openkupe.environment);
  expect(await checked.ended, checked.output.stderr).toMatchObject({ code: 0 });
});

describe.skipIf(!promtool)('the configuration of Prometheus (needs promtool: Debian has it in prometheus)', () => {
  test('is one, with the rules beside it, and scrapes the port of the metrics', () => {
    const folder = scratch();
    for (const [from, to] of mounts) if (/^\/etc\/prometheus\/[^/]+$/.test(to)) cpSync(resolve(FOLDER, from), join(folder, to.slice(16)));
    const { status, stdout, stderr } = spawnSync(promtool ?? '', ['check', 'config', join(folder, 'prometheus.yml')], { encoding: 'utf8' });
    expect([status, stderr], stdout).toEqual([0, '']);
    expect(stdout).toMatch(/SUCCESS: \d+ rules found/);
    const [{ job_name, static_configs }] = parse(readFileSync(join(folder, 'prometheus.yml'), 'utf8')).scrape_configs;
    const { OPENKUPE_METRICS_PORT } = services.openkupe.environment;
    expect([job_name, static_configs]).toEqual(['openkupe', [{ targets: [`openkupe:${OPENKUPE_METRICS_PORT}`] }]]);
  });
});

test('Grafana is given its data source and the folder of the dashboards', () => {
  const provisioned = (name: string) => parse(readFileSync(join(FOLDER, 'grafana', `${name}.yaml`), 'utf8'));
  expect(provisioned('datasources').datasources).toMatchObject([{ type: 'prometheus', isDefault: true, url: 'http://prometheus:9090' }]);
  const [{ options }] = provisioned('dashboards').providers;
  const [from = ''] = mounts.find(([, to]) => to === options.path) ?? [];
  expect(existsSync(join(resolve(FOLDER, from), 'openkupe-api.json'))).toBe(true);
});

describe.skipIf(!redis)('the command of Valkey (needs valkey-server or redis-server on the PATH)', () => {
  test('starts it with the password of the file, which no command line shows', async () => {
    const folder = scratch();
    const password = join(folder, 'valkey-password');
    writeFileSync(password, 'hunter2\n');
    const port = await freePort();
    const [shell, flag, script] = services.valkey.command;
    const line = script
      .replaceAll('$$', '$')
      .replace('/run/secrets/valkey-password', password)
      .replace('valkey-server -', `${redis} - --port ${port}`);
    const child = spawn(shell, [flag, line], { cwd: folder, stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    const send = (command: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
        socket.setEncoding('utf8').once('data', (reply: string) => {
          socket.destroy();
          resolve(reply);
        });
        socket.once('error', (error) => resolve(error.message));
      });
    await expect.poll(() => send('PING'), { timeout: 20_000 }).toContain('-NOAUTH');
    expect(await send('AUTH hunter2')).toBe('+OK\r\n');
    const shown = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout;
    expect([shown.includes(`${port}`), shown.includes('hunter2')]).toEqual([true, false]);
  });
});
