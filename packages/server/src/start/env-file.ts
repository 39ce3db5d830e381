import { readFile } from 'node:fs/promises';
import { openDraft } from '@openkupe/files/draft';
import { codeOf } from '@openkupe/files/error-code';

/** What a script needs to talk to this installation. */
export interface ScriptEnvironment {
  readonly host: string;
  readonly tenant: string;
  readonly apiKey: string;
}

/** The API key in an environment file written earlier, if there is one. */
export async function readKeyFromEnvFile(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return /^export KUPE_API_KEY='(kupe_[^']+)'$/m.exec(text)?.[1];
}

/** A shell file that `source FILE` turns into KUPE_HOST, KUPE_TENANT and KUPE_API_KEY. */
export interface EnvFile {
  /** Replaces the file in one step, readable by its owner only; what fails leaves the former one. */
  write(environment: ScriptEnvironment): Promise<void>;
  /** Removes what was reserved. */
  discard(): Promise<void>;
}

/** More than three lines with a key can take. */
const RESERVED_BYTES = 4_096;

function unwritable(path: string, error: unknown): Error {
  return new Error(
    `The environment file ${path} cannot be written (${codeOf(error)}); make its folder or room for it, or choose another with --write-env`,
  );
}

/**
 * Makes sure of the file before a key is made for it, because the key can be written only once: a draft beside it takes the room on the
 * disk. Fails with a sentence for the operator.
 */
export async function openEnvFile(path: string): Promise<EnvFile> {
  const failing = (error: unknown) => {
    throw unwritable(path, error);
  };
  const draft = await openDraft(path, RESERVED_BYTES).catch(failing);
  return {
    write({ host, tenant, apiKey }) {
      const lines = [`export KUPE_HOST='${host}'`, `export KUPE_TENANT='${tenant}'`, `export KUPE_API_KEY='${apiKey}'`, ''];
      return draft.replace(lines.join('\n')).catch(failing);
    },
    discard: draft.discard,
  };
}
