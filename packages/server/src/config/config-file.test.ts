import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratchFolder } from '../store/testing/scratch-folder.ts';
import { type Config, ConfigError } from './config.ts';
import { readSettings } from './read-settings.ts';

async function read(yaml: string, { argv = [], env = {} }: { argv?: string[]; env?: Record<string, string> } = {}): Promise<Config> {
  const folder = scratchFolder();
  writeFileSync(join(folder, 'openkupe.yaml'), yaml);
  return (await readSettings(['--config', 'openkupe.yaml', ...argv], env, folder)).config;
}

async function problemsOf(yaml: string, given = {}): Promise<string> {
  const error = await read(yaml, given).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConfigError)) throw error ?? new Error('nothing was refused');
  return error.problems.join('\n').replaceAll(/\S+\/openkupe\.yaml/g, 'openkupe.yaml');
}

describe('the configuration file', () => {
  it('has precedence over defaults; variables have it over the file, flags over variables', async () => {
    const yaml = 'host: 0.0.0.0\nport: 1\nlog-level: debug\n';
    const config = await read(yaml, { argv: ['--log-level', 'error'], env: { OPENKUPE_PORT: '2', OPENKUPE_LOG_LEVEL: 'info' } });
    expect(config).toMatchObject({ host: '0.0.0.0', port: 2, logLevel: 'error', drainMs: 10_000 });
  });

  it('is named by a variable, too', async () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, 'c.yaml'), 'port: 3');
    expect((await readSettings([], { OPENKUPE_CONFIG: join(folder, 'c.yaml') }, '/')).config.port).toBe(3);
  });

  it.each([
    ['no-first-tenant: true', { makesFirstTenant: false }],
    ['no-first-tenant: no', { makesFirstTenant: true }],
    ['internal-webhooks: true', { allowsInternalWebhooks: true }],
    ['internal-webhooks: on', { allowsInternalWebhooks: true }],
    ['drain-seconds: 0.5', { drainMs: 500 }],
    ['cors-origins: [https://a.example, https://b.example]', { allowedOrigins: new Set(['https://a.example', 'https://b.example']) }],
    ['cors-origins: https://a.example', { allowedOrigins: new Set(['https://a.example']) }],
    ['', { port: 8080 }],
    ['# nothing but a comment', { port: 8080 }],
  ])('reads %s', async (yaml, expected) => expect(await read(yaml)).toMatchObject(expected));

  it('is refused with everything that is wrong in it, in variables and in flags at once, and what was meant', async () => {
    const yaml = 'prot: 1\nrate-limit-burst: many\nhost: {a: 1}\nconfig: other.yaml\ndrain-seconds:\n';
    const problems = await problemsOf(yaml, { argv: ['--prt', '9'], env: { OPENKUPE_DRAIN_SECOND: '1' } });
    expect(problems.split('\n')).toEqual([
      'Unknown key "prot" in openkupe.yaml; did you mean "port"?',
      'The key "host" in openkupe.yaml needs a text, a number, true or false, or a list of them',
      'Unknown key "config" in openkupe.yaml',
      'The key "drain-seconds" in openkupe.yaml needs a text, a number, true or false, or a list of them',
      'Unknown variable OPENKUPE_DRAIN_SECOND; did you mean "OPENKUPE_DRAIN_SECONDS"?',
      'Unknown flag "--prt"; did you mean "port"?',
      'OPENKUPE_RATE_LIMIT_BURST must be a whole number from 1 to 1000000, not "many"',
    ]);
  });

  it.each([
    ['port: 1\nport: 2', /^openkupe.yaml is not valid YAML: Map keys must be unique at line 2/],
    ['port: [1', /^openkupe.yaml is not valid YAML: .* at line 1/],
    ['- port', /must hold settings, each as "key: value" on a line of its own/],
    ['just text', /must hold settings/],
  ])('is refused with its place where it is %j', async (yaml, expected) => expect(await problemsOf(yaml)).toMatch(expected));

  it('is refused where it is not there', async () => {
    await expect(readSettings(['--config', 'none.yaml'], {}, '/srv')).rejects.toThrow(
      'The configuration file /srv/none.yaml cannot be read (ENOENT)',
    );
  });
});
