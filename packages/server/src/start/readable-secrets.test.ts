import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readSettings } from '../config/read-settings.ts';
import { scratchFolder } from '../store/testing/scratch-folder.ts';
import { warnOfReadableSecrets } from './readable-secrets.ts';

const TOKEN = 'openbao-address: https://bao.example\nopenbao-token: hunter2\n';

async function warnedOf(yaml: string, mode: number, env: Record<string, string> = {}): Promise<string[]> {
  const folder = scratchFolder();
  for (const [name, text] of [
    ['c.yaml', yaml],
    ['tls.key', ''],
    ['password', ''],
  ] as const) {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), mode);
  }
  const { config, given } = await readSettings(['--config', 'c.yaml'], env, folder);
  const files: string[] = [];
  await warnOfReadableSecrets(config, given, { warn: ({ file }) => files.push(String(file).slice(folder.length + 1)) });
  return files;
}

it.skipIf(process.platform === 'win32')('warns of a file with a secret that everybody can read, and of no other', async () => {
  expect(await warnedOf(TOKEN, 0o644)).toEqual(['c.yaml']);
  expect(await warnedOf(TOKEN, 0o640)).toEqual([]);
  expect(await warnedOf('openbao-address: https://bao.example\n', 0o644, { OPENKUPE_OPENBAO_TOKEN: 'hunter2' })).toEqual([]);
  expect(await warnedOf('database-url: postgres://u:hunter2@h/d\n', 0o644)).toEqual(['c.yaml']);
  expect(await warnedOf('database-url: postgres://u@h/d\ndatabase-password-file: password\n', 0o644)).toEqual(['password']);
  expect(await warnedOf('tls-cert: c.yaml\ntls-key: tls.key\n', 0o604)).toEqual(['tls.key']);
  expect(await warnedOf('tls-cert: c.yaml\ntls-key: missing.key\n', 0o604)).toEqual([]);
});
