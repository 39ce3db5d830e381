import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';

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
const ROOM_BYTES = 4_096;

function unwritable(path: string, error: unknown): Error {
  const reason = (error as NodeJS.ErrnoException).code ?? String(error);
  return new Error(
    `The environment file ${path} cannot be written (${reason}); make its folder or room for it, or choose another with --write-env`,
  );
}

/** Opens the draft and takes its room on the disk. One that was left behind is not used again: others may be able to read it. */
async function reserve(draftPath: string): Promise<FileHandle> {
  await rm(draftPath, { force: true });
  const file = await open(draftPath, 'wx', 0o600);
  try {
    await file.writeFile(Buffer.alloc(ROOM_BYTES, ' '));
    await file.sync();
    return file;
  } catch (error) {
    await file.close();
    await rm(draftPath, { force: true });
    throw error;
  }
}

/**
 * Makes sure of the file before a key is made for it, because the key can be written only once: a draft beside it takes the room on the
 * disk. Fails with a sentence for the operator.
 */
export async function openEnvFile(path: string): Promise<EnvFile> {
  const draftPath = `${path}.new`;
  const file = await reserve(draftPath).catch((error) => {
    throw unwritable(path, error);
  });
  return {
    async write({ host, tenant, apiKey }) {
      const lines = [`export KUPE_HOST='${host}'`, `export KUPE_TENANT='${tenant}'`, `export KUPE_API_KEY='${apiKey}'`, ''];
      const bytes = Buffer.from(lines.join('\n'));
      try {
        await file.write(bytes, 0, bytes.length, 0);
        await file.truncate(bytes.length);
        await file.sync();
        await rename(draftPath, path);
      } catch (error) {
        throw unwritable(path, error);
      } finally {
        await file.close();
      }
    },
    async discard() {
      await file.close().catch(() => undefined);
      await rm(draftPath, { force: true });
    },
  };
}
