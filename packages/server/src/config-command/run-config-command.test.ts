import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SETTINGS, type Setting } from '../config/settings.ts';
import { scratchFolder } from '../store/testing/scratch-folder.ts';
import { runConfigCommand } from './run-config-command.ts';

const REFERENCE = join(import.meta.dirname, '../../../../docs/reference/settings.md');

async function run(argv: string[], env: Record<string, string> = {}, folder = '/srv') {
  const said: string[] = [];
  const complaints: string[] = [];
  const ports = { env, folder, say: (text: string) => said.push(text), complain: (text: string) => complaints.push(text) };
  const code = await runConfigCommand(argv, ports);
  return { code, said: said.join('\n'), complaints };
}

describe('config check', () => {
  it('says that the settings are right, or everything that is wrong', async () => {
    expect(await run(['check', '--port', '9'])).toEqual({ code: 0, said: 'The settings are right.', complaints: [] });
    const wrong = await run(['check', '--port', 'x'], { OPENKUPE_DRAIN_SECONDS: '-1' });
    expect([wrong.code, wrong.complaints.length]).toEqual([2, 2]);
  });
});

describe('config print', () => {
  it('shows each value, and with --sources what set it', async () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, 'c.yaml'), 'host: "::1"\n');
    const { said } = await run(['print', '--sources', '--config', 'c.yaml', '--port', '1'], { OPENKUPE_ROLE: 'all' }, folder);
    expect(said.split('\n')).toEqual(
      expect.arrayContaining([
        `host: ::1  # ${folder}/c.yaml`,
        'port: 1  # --port',
        'role: all  # OPENKUPE_ROLE',
        '# data: data  # default',
      ]),
    );
  });

  it('is a configuration file with the same meaning', async () => {
    const folder = scratchFolder();
    const env = { OPENKUPE_CORS_ORIGINS: 'https://a.example,https://b.example', OPENKUPE_HOST: 'a\nb', OPENKUPE_DATA: '0123' };
    const first = (await run(['print'], env)).said;
    writeFileSync(join(folder, 'c.yaml'), first);
    expect((await run(['print', '--config', 'c.yaml'], {}, folder)).said).toBe(first);
  });

  it('masks secrets, and of URLs the password', async () => {
    const env = {
      OPENKUPE_DATABASE_URL: 'postgres://kupe:hunter2@db.example/d',
      OPENKUPE_VALKEY_URL: 'redis://:hunter2@127.0.0.1',
      OPENKUPE_SECRETS: '{"apiKeyPepper":"hunter2"}',
      OPENKUPE_OPENBAO_ADDRESS: 'https://bao.example',
      OPENKUPE_OPENBAO_TOKEN: 'hunter2',
    };
    const { said } = await run(['print', '--sources'], env);
    expect(said).not.toContain('hunter2');
    expect(said).toContain('postgres://kupe:[masked]@db.example/d');
  });

  it.each(['postgres://u:hunter2%40@h/d', 'postgres://u:p@hunter2@h/d', 'postgres://u@h/d?password=hunter2', 'hunter2'])(
    'shows nothing of the password in %s',
    async (url) => {
      const { said } = await run(['print'], { OPENKUPE_DATABASE_URL: url });
      expect(said).not.toContain('hunter2');
    },
  );
});

describe('config schema', () => {
  it('accepts what the server accepts, and refuses unknown keys', async () => {
    const validate = new Ajv2020({ allowUnionTypes: true }).compile(JSON.parse((await run(['schema'])).said));
    const example = parse(/```yaml\n([\s\S]*?)```/.exec(readFileSync(REFERENCE, 'utf8'))?.[1] ?? '');
    expect([validate(example), validate({ prot: 1 }), validate({ 'internal-webhooks': true }), validate({ port: {} })]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});

describe('config reference', () => {
  it('is the page in docs/reference/settings.md; `npm run reference:settings` writes it', async () => {
    expect(`${(await run(['reference'])).said}\n`).toBe(readFileSync(REFERENCE, 'utf8'));
  });

  it('names every setting', async () => {
    const { said } = await run(['reference']);
    for (const { variable } of Object.values(SETTINGS) as Setting[]) expect(said).toContain(`\`${variable}\``);
  });
});

it('a wrong word is answered with the right one', async () => {
  expect(await run(['chek'])).toEqual({ code: 2, said: '', complaints: ['Unknown command "chek"; did you mean "check"?'] });
  expect((await run([])).complaints).toEqual(['A command is missing; the commands are check, print, schema, reference']);
});
