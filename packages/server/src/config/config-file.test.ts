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
      'The key "host" in openkupe.yaml needs a text, a number, true or false',
      'Unknown key "config" in openkupe.yaml',
      'The key "drain-seconds" in openkupe.yaml needs a text, a number, true or false',
      'Unknown variable OPENKUPE_DRAIN_SECOND; did you mean "OPENKUPE_DRAIN_SECONDS"?',
      'Unknown flag "--prt"; did you mean "--port"?',
      'OPENKUPE_RATE_LIMIT_BURST must be a whole number from 1 to 1000000, not "many"',
    ]);
  });

  it.each([
    ['port: 1\nport: 2', /^openkupe.yaml is not valid YAML: Map keys must be unique at line 2/],
    ['host: [a, b]', /^The key "host" in openkupe.yaml needs a text, a number, true or false$/],
    ['a: &a [x]\ncors-origins: *a', /The key "cors-origins" in openkupe.yaml needs a text, a number, true or false, or a list of them$/],
    ['port: 1\n---\nport: 2', /^openkupe.yaml is not valid YAML: It holds several documents at line 2, column 1$/],
    ['host: !text a', /^openkupe.yaml is not valid YAML: Unresolved tag at line 1, column 7$/],
    ['openbao-token: |hunter2\n', /^openkupe.yaml is not valid YAML: Block scalar header includes extra characters at line 1, column 17$/],
    [`# ${'x'.repeat(70_000)}`, /openkupe.yaml is larger than 65536 bytes$/],
    [`host: ${'['.repeat(5_000)}`, /^openkupe.yaml is not valid YAML: Maximum call stack size exceeded at line 1/],
    ['port: [1', /^openkupe.yaml is not valid YAML: .* at line 1/],
    ['- port', /must hold settings, each as "key: value" on a line of its own/],
    ['just text', /must hold settings/],
  ])('is refused with its place where it is %j', async (yaml, expected) => expect(await problemsOf(yaml)).toMatch(expected));

  it.each([
    ['openbao-token: 0123', '0123'],
    ['openbao-token: 12345678901234567890', '12345678901234567890'],
    ['openbao-token: 1.30', '1.30'],
    ['openbao-token: true', 'true'],
    ['openbao-token: "0x10"', '0x10'],
  ])('gives a text as it is written: %s', async (yaml, token) => {
    expect((await read(`openbao-address: https://bao.example\n${yaml}`)).openbao).toMatchObject({ token });
  });

  it('is read no further than its largest size', async () => {
    await expect(readSettings(['--config', '/dev/zero'], {}, '/srv')).rejects.toThrow('/dev/zero is larger than 65536 bytes');
  });

  it('is refused where it is not there', async () => {
    await expect(readSettings(['--config', 'none.yaml'], {}, '/srv')).rejects.toThrow(
      'The configuration file /srv/none.yaml cannot be read (ENOENT)',
    );
  });
});
