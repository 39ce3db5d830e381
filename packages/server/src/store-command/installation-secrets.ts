import { parseSecrets, readSecrets, type Secrets, type SecretsSettings, secretsCheckOf } from '../config/secrets.ts';
import { dataFolderAt } from '../start/data-folder.ts';
import type { StoreSnapshot } from '../store/transfer/portable-store.ts';
import { TransferError } from '../store/transfer/portable-store.ts';

/** What the store recognises its secrets by. @throws {TransferError} where it was never started with any. */
export async function secretsCheckIn(snapshot: StoreSnapshot): Promise<string> {
  for await (const rows of snapshot.rows('installation', ['name', 'value']))
    for (const [name, value] of rows) if (name === 'secrets-check') return String(value);
  throw new TransferError('The store was never started on, so it has no secrets and nothing to transfer');
}

/** The secrets in a data folder. @throws {TransferError} where they are missing, or those of another installation. */
export async function secretsOf(folder: string, given: SecretsSettings, check: string): Promise<Secrets> {
  const { secrets: path } = dataFolderAt(folder);
  const secrets = await readSecrets(path, given);
  if (!secrets)
    throw new TransferError(
      `The secrets file ${path} is missing, without which no API key of the store works; name the data folder that has it with --data`,
    );
  return requireMatch(secrets, check, 'The secrets of these settings are');
}

/** The secrets in a text, if the store of `check` was made with them. `what`: where the text is from, with its verb. @throws {TransferError} */
export function matchingSecrets(text: string, check: string, what: string): Secrets {
  return requireMatch(
    parseSecrets(text, { what: 'What is given as the secrets', remedy: 'use the secrets.json of the installation' }),
    check,
    what,
  );
}

function requireMatch(secrets: Secrets, check: string, what: string): Secrets {
  if (secretsCheckOf(secrets) === check) return secrets;
  throw new TransferError(`${what} not of this installation, so no API key would work; use those that belong to it`);
}
