import { createHmac } from 'node:crypto';
import { chmod, readFile } from 'node:fs/promises';
import type { Random } from '@openkupe/contract';
import { replaceFile } from '@openkupe/files/replace-file';
import type { DataFolder } from '../start/data-folder.ts';
import { DataFolderIncompleteError } from '../store/open-errors.ts';
import type { Store } from '../store/store.ts';
import { SETTINGS } from './settings.ts';

/** The secrets of the installation: generated at the first start, in one file of mode 0600 beside the store. Back both up together. */
export interface Secrets {
  /** The key of the HMAC of API keys. Without it no API key can be verified. */
  readonly pepper: Uint8Array;
  /** The key that seals idempotency records. */
  readonly answerKey: Uint8Array;
}

const KEY_BYTES = 32;

const encode = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

/** Where secrets were read, as sentences begin, and what helps where they are of no use. */
interface Origin {
  readonly what: string;
  readonly remedy: string;
}

function decode(text: unknown, name: string, { what, remedy }: Origin): Uint8Array {
  const bytes = Buffer.from(typeof text === 'string' ? text : '', 'base64url');
  if (bytes.length !== KEY_BYTES) throw new Error(`${what} has no usable "${name}"; ${remedy}`);
  return bytes;
}

/** The secrets in the text of their file. @throws with a sentence for an operator. */
export function parseSecrets(text: string, origin: Origin): Secrets {
  const stored = parse(text, origin);
  return { pepper: decode(stored.apiKeyPepper, 'apiKeyPepper', origin), answerKey: decode(stored.answerKey, 'answerKey', origin) };
}

/** A check value that the store keeps to recognise the secrets. It is an HMAC keyed with them, so it reveals nothing about them. */
export function secretsCheckOf({ pepper, answerKey }: Secrets): string {
  return createHmac('sha256', Buffer.concat([pepper, answerKey]))
    .update('openkupe installation')
    .digest('hex');
}

const fileOrigin = (path: string): Origin => ({ what: `The secrets file ${path}`, remedy: 'restore it from a backup' });

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new Error(
      `The secrets file ${path} cannot be read (${error.code}); let the user that runs the server own it, or restore it from a backup`,
      { cause: error },
    );
  });
}

async function read(path: string): Promise<Secrets | undefined> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  await chmod(path, 0o600);
  return parseSecrets(text, fileOrigin(path));
}

/** Where the processes on a database get the secrets from that they share, rather than each from its data folder. At most one is there. */
export interface SecretsSettings {
  /** A file like `secrets.json`. It is not changed, and may be a mount that only reads. */
  readonly file: string | undefined;
  /** What that file would hold. */
  readonly text: string | undefined;
}

/** The secrets that the settings name; `undefined` where they name none. They are never made here: every process would make others. */
async function readGiven({ file, text }: SecretsSettings): Promise<Secrets | undefined> {
  const { secrets, secretsFile } = SETTINGS;
  if (text !== undefined) return parseSecrets(text, { what: `The variable ${secrets.variable}`, remedy: 'correct it' });
  if (file === undefined) return undefined;
  const found = await readText(file);
  if (found === undefined)
    throw new Error(`The secrets file ${file} of ${secretsFile.variable} is missing; make one file for all processes on the database`);
  return parseSecrets(found, fileOrigin(file));
}

/** The text of the secrets' file. */
export function formatSecrets({ pepper, answerKey }: Secrets): string {
  return JSON.stringify({ apiKeyPepper: encode(pepper), answerKey: encode(answerKey) });
}

/** The secrets that the settings name, else those in the file at `path`; `undefined` where there are none. */
export async function readSecrets(path: string, given: SecretsSettings | undefined): Promise<Secrets | undefined> {
  return (given && (await readGiven(given))) ?? (await read(path));
}

async function make(path: string, random: Random): Promise<Secrets> {
  const secrets = { pepper: random.bytes(KEY_BYTES), answerKey: random.bytes(KEY_BYTES) };
  await replaceFile(path, formatSecrets(secrets));
  return secrets;
}

interface SecretsPorts {
  readonly random: Random;
  readonly store: Pick<Store, 'keysAfter' | 'secretsCheck' | 'keepSecretsCheck'>;
  /** The database is on a server, and not in the folder of the secrets. */
  readonly isElsewhere?: boolean;
  readonly given?: SecretsSettings;
}

function missing(path: string, isElsewhere: boolean): string {
  return isElsewhere
    ? `The secrets file ${path} is missing, without which no API key of the database works; restore it from a backup, copy it from the data folder of another process on that database, or name it in ${SETTINGS.secretsFile.variable}`
    : `The secrets file ${path} is missing, without which no API key of the database beside it works; restore it from a backup, or move the data folder away to begin anew without its data`;
}

/** Reads the secrets in the data folder, or makes them where nothing in the store depends on any. */
async function readOrMake(path: string, { random, store, isElsewhere = false }: SecretsPorts): Promise<Secrets> {
  const found = await read(path);
  if (found) return found;
  if ((await store.secretsCheck()) !== undefined || (await store.keysAfter('tenant', undefined, 1)).length > 0)
    throw new DataFolderIncompleteError(missing(path, isElsewhere));
  return make(path, random);
}

/**
 * Reads the installation's secrets, or generates them if the store holds nothing that depends on them. The store keeps a check value from
 * the first start on, so that the secrets of another installation are refused.
 *
 * @throws {DataFolderIncompleteError} where the file is missing beside a store with data, or the secrets are those of another installation.
 */
export async function loadSecrets({ secrets: path }: Pick<DataFolder, 'secrets'>, ports: SecretsPorts): Promise<Secrets> {
  const { store, isElsewhere = false, given } = ports;
  const secrets = (given && (await readGiven(given))) ?? (await readOrMake(path, ports));
  const check = secretsCheckOf(secrets);
  if ((await store.secretsCheck()) === undefined) await store.keepSecretsCheck(check);
  // NOTE: asked again, because another process may have kept its check on a new database meanwhile; the first one stays.
  if ((await store.secretsCheck()) === check) return secrets;
  const what =
    given?.text === undefined
      ? `The secrets file ${given?.file ?? path} is not the one that`
      : `The secrets in ${SETTINGS.secrets.variable} are not those that`;
  throw new DataFolderIncompleteError(
    isElsewhere
      ? `${what} the database was written with; give this process the same secrets as the others on that database`
      : `${what} the database beside it was written with; restore both from the same backup`,
  );
}

function parse(text: string, { what, remedy }: Origin): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${what} is not valid JSON; ${remedy}`);
  }
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw new Error(`${what} holds no JSON object; ${remedy}`);
}
