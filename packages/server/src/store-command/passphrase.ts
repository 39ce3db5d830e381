import { readFile } from 'node:fs/promises';
import { codeOf } from '@openkupe/files/error-code';
import { PASSPHRASE_VARIABLE } from '../config/settings.ts';
import { TransferError } from '../store/transfer/portable-store.ts';

const LEAST_CHARACTERS = 8;
const NO_TERMINAL = `There is no terminal to ask for the passphrase; give it by --passphrase-file or ${PASSPHRASE_VARIABLE}`;

/** Where the passphrase is given: a file, else the variable. Never the command line, which other users can see. */
export interface PassphraseSource {
  readonly file: string | undefined;
  readonly variable: string | undefined;
}

/** Asks for a text without showing it; `undefined` where there is no terminal. */
export type Ask = ((question: string) => Promise<string>) | undefined;

async function fromFile(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new TransferError(`The passphrase file "${path}" cannot be read (${codeOf(error)}); name one that you can read`);
  });
  return text.replace(/\r?\n$/, '');
}

/** The passphrase of a backup. @throws {TransferError} where there is none. */
export async function readPassphrase(
  { file, variable }: PassphraseSource,
  ask: Ask,
  question = 'Passphrase of the backup: ',
): Promise<string> {
  if (file !== undefined) return fromFile(file);
  if (variable !== undefined && variable !== '') return variable;
  if (ask) return ask(question);
  throw new TransferError(NO_TERMINAL);
}

/** The passphrase for a new backup, asked for twice. @throws {TransferError} where there is none, or it is too short. */
export async function readNewPassphrase(source: PassphraseSource, ask: Ask): Promise<string> {
  const isGiven = source.file !== undefined || Boolean(source.variable);
  if (!isGiven && !ask) throw new TransferError(`${NO_TERMINAL}, or leave the secrets out with --without-secrets`);
  const passphrase = await readPassphrase(source, ask, 'New passphrase for the secrets in the backup: ');
  if (passphrase.length < LEAST_CHARACTERS)
    throw new TransferError(
      `The passphrase has ${passphrase.length} characters; take at least ${LEAST_CHARACTERS}, a sentence for example`,
    );
  if (!isGiven && (await readPassphrase(source, ask, 'Once more: ')) !== passphrase)
    throw new TransferError('The two are not the same; run it again');
  return passphrase;
}
