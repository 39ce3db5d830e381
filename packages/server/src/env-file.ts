import { constants } from 'node:fs';
import { access, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What a script needs to talk to this installation. */
export interface ScriptEnvironment {
  readonly host: string;
  readonly tenant: string;
  readonly apiKey: string;
}

/** Fails with a sentence for the operator when the environment file could not be written later. */
export async function checkEnvFile(path: string): Promise<void> {
  await access(dirname(path), constants.W_OK).catch(() => {
    throw new Error(`The environment file ${path} cannot be written; make its folder, or choose another with --write-env`);
  });
}

/** The API key in an environment file written earlier, if there is one. */
export async function readKeyFromEnvFile(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return /^export KUPE_API_KEY='(kupe_[^']+)'$/m.exec(text)?.[1];
}

/** Writes a shell file, readable by its owner only, that `source FILE` turns into KUPE_HOST, KUPE_TENANT and KUPE_API_KEY. */
export async function writeEnvFile(path: string, environment: ScriptEnvironment): Promise<void> {
  const lines = [
    `export KUPE_HOST='${environment.host}'`,
    `export KUPE_TENANT='${environment.tenant}'`,
    `export KUPE_API_KEY='${environment.apiKey}'`,
  ];
  const draft = `${path}.new`;
  await writeFile(draft, `${lines.join('\n')}\n`, { mode: 0o600 });
  await rename(draft, path);
}
