import { createHmac } from 'node:crypto';
import { chmod, readFile } from 'node:fs/promises';
import type { Random } from '@openkupe/contract';
import { replaceFile } from '@openkupe/files/replace-file';
import type { DataFolder } from '../start/data-folder.ts';
import { DataFolderIncompleteError } from '../store/open-errors.ts';
import type { Store } from '../store/store.ts';

/** The secrets of the installation: generated at the first start, in one file of mode 0600 beside the store. Back both up together. */
export interface Secrets {
  /** The key of the HMAC of API keys. Without it no API key can be verified. */
  readonly pepper: Uint8Array;
  /** The key that seals idempotency records. */
  readonly answerKey: Uint8Array;
}

const KEY_BYTES = 32;

const encode = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

function decode(text: unknown, name: string, path: string): Uint8Array {
  const bytes = Buffer.from(typeof text === 'string' ? text : '', 'base64url');
  if (bytes.length !== KEY_BYTES) throw new Error(`The secrets file ${path} has no usable "${name}"; restore it from a backup`);
  return bytes;
}

/** A check value that the store keeps to recognise the secrets. It is an HMAC keyed with them, so it reveals nothing about them. */
function checkOf({ pepper, answerKey }: Secrets): string {
  return createHmac('sha256', Buffer.concat([pepper, answerKey]))
    .update('openkupe installation')
    .digest('hex');
}

async function read(path: string): Promise<Secrets | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new Error(
      `The secrets file ${path} cannot be read (${error.code}); let the user that runs the server own it, or restore it from a backup`,
      { cause: error },
    );
  });
  if (text === undefined) return undefined;
  await chmod(path, 0o600);
  const stored = parse(text, path);
  return { pepper: decode(stored.apiKeyPepper, 'apiKeyPepper', path), answerKey: decode(stored.answerKey, 'answerKey', path) };
}

async function make(path: string, random: Random): Promise<Secrets> {
  const secrets = { pepper: random.bytes(KEY_BYTES), answerKey: random.bytes(KEY_BYTES) };
  await replaceFile(path, JSON.stringify({ apiKeyPepper: encode(secrets.pepper), answerKey: encode(secrets.answerKey) }));
  return secrets;
}

interface SecretsPorts {
  readonly random: Random;
  readonly store: Pick<Store, 'keysAfter' | 'secretsCheck' | 'keepSecretsCheck'>;
  /** The database is on a server, and not in the folder of the secrets. */
  readonly isElsewhere?: boolean;
}

function missing(path: string, isElsewhere: boolean): string {
  return isElsewhere
    ? `The secrets file ${path} is missing, without which no API key of the database works; restore it from a backup, or copy it from the data folder of another process on that database`
    : `The secrets file ${path} is missing, without which no API key of the database beside it works; restore it from a backup, or move the data folder away to begin anew without its data`;
}

/**
 * Reads the installation's secrets, or generates them if the store holds nothing that depends on them. The store keeps a check value from
 * the first start on, so that the secrets of another installation are refused.
 *
 * @throws {DataFolderIncompleteError} where the file is missing beside a store with data, or is that of another installation.
 */
export async function loadSecrets(
  { secrets: path }: Pick<DataFolder, 'secrets'>,
  { random, store, isElsewhere = false }: SecretsPorts,
): Promise<Secrets> {
  const known = await store.secretsCheck();
  const found = await read(path);
  if (!found && (known !== undefined || (await store.keysAfter('tenant', undefined, 1)).length > 0)) {
    throw new DataFolderIncompleteError(missing(path, isElsewhere));
  }
  const secrets = found ?? (await make(path, random));
  const check = checkOf(secrets);
  if (known === undefined) await store.keepSecretsCheck(check);
  // NOTE: asked again, because another process may have kept its check on a new database meanwhile; the first one stays.
  if ((known ?? (await store.secretsCheck())) !== check) {
    throw new DataFolderIncompleteError(
      `The secrets file ${path} is not the one that the database beside it was written with; restore both from the same backup`,
    );
  }
  return secrets;
}

function parse(text: string, path: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`The secrets file ${path} is not valid JSON; restore it from a backup`);
  }
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw new Error(`The secrets file ${path} holds no JSON object; restore it from a backup`);
}
