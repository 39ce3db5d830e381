import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '@openkupe/contract';

/** What must never be printed. Made at the first start, kept in one 0600 file beside the store; back both up together. */
export interface Secrets {
  /** For the HMAC of API keys. Without it no key can be verified any more. */
  readonly pepper: Uint8Array;
  /** For sealing kept answers. */
  readonly answerKey: Uint8Array;
}

const FILE = 'secrets.json';
const KEY_BYTES = 32;

const encode = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

function decode(text: unknown, name: string, path: string): Uint8Array {
  const bytes = Buffer.from(typeof text === 'string' ? text : '', 'base64url');
  if (bytes.length !== KEY_BYTES) throw new Error(`The secrets file ${path} has no usable "${name}"; restore it from a backup`);
  return bytes;
}

/** Reads the installation's secrets, or makes them if there are none yet. */
export async function loadSecrets(folder: string, random: Random): Promise<Secrets> {
  const path = join(folder, FILE);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text !== undefined) {
    await chmod(path, 0o600);
    const stored = parse(text, path);
    return { pepper: decode(stored.apiKeyPepper, 'apiKeyPepper', path), answerKey: decode(stored.answerKey, 'answerKey', path) };
  }
  const secrets = { pepper: random.bytes(KEY_BYTES), answerKey: random.bytes(KEY_BYTES) };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${path}.new`;
  await writeFile(draft, JSON.stringify({ apiKeyPepper: encode(secrets.pepper), answerKey: encode(secrets.answerKey) }), {
    mode: 0o600,
    flush: true,
  });
  await rename(draft, path);
  return secrets;
}

function parse(text: string, path: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new Error(`The secrets file ${path} is not valid JSON; restore it from a backup`);
  }
}
