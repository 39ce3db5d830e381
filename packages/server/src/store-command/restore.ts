import { readFile } from 'node:fs/promises';
import { codeOf } from '@openkupe/files/error-code';
import type { Secrets } from '../config/secrets.ts';
import { nextTimeline } from '../store/timeline.ts';
import type { BackupHeader } from '../store/transfer/backup-format.ts';
import { TransferError } from '../store/transfer/portable-store.ts';
import { openBackup } from '../store/transfer/read-backup.ts';
import { unsealSecrets } from '../store/transfer/sealed-secrets.ts';
import { countsText, type StoreCommandDependencies, type StoreCommandOptions, until } from './command.ts';
import { fillInstallation } from './fill-installation.ts';
import { matchingSecrets } from './installation-secrets.ts';
import { type Ask, readPassphrase } from './passphrase.ts';
import { describePlace, placeOf } from './place.ts';

/** The secrets of the backup, or those that were kept apart from it. @throws {TransferError} without either. */
async function secretsFor(
  { secrets, secretsCheck }: BackupHeader,
  { secretsFile, passphrase }: StoreCommandOptions,
  ask: Ask,
): Promise<Secrets> {
  if (secrets && secretsFile === undefined) {
    const text = await unsealSecrets(secrets, await readPassphrase(passphrase, ask));
    return matchingSecrets(text, secretsCheck, 'The secrets in the backup are');
  }
  if (secretsFile === undefined)
    throw new TransferError(
      'The backup is without the secrets of the installation, and no API key works without them; give the secrets.json that was kept apart by --secrets-file',
    );
  const text = await readFile(secretsFile, 'utf8').catch((error: unknown) => {
    throw new TransferError(`The secrets file "${secretsFile}" cannot be read (${codeOf(error)}); name one that you can read`);
  });
  return matchingSecrets(text, secretsCheck, `The secrets in "${secretsFile}" are`);
}

/** Fills the store and the data folder that the settings name, which have to be empty, from a backup. */
export async function restore(
  file: string,
  options: StoreCommandOptions,
  { say, ask, signal, random }: StoreCommandDependencies,
): Promise<void> {
  const { config, isVerified } = options;
  const place = placeOf(config);
  const opened = await openBackup(file);
  try {
    const { header } = opened;
    const secrets = await secretsFor(header, options, ask);
    const { sequences } = header;
    const goingOn = { ...sequences, revision: nextTimeline(sequences.revision ?? 0) };
    const parts = until(signal, opened.parts(secrets.answerKey));
    const { counts, files } = await fillInstallation({
      place,
      dataFolder: config.dataFolder,
      secrets,
      sequences: goingOn,
      parts,
      isVerified,
      random,
    });
    say(`Restored ${describePlace(place)} from the backup of ${header.createdAt}, as of revision ${sequences.revision}.`);
    say(`Rows: ${countsText(counts)}. Files of the data folder: ${files}.`);
    if (isVerified) say('Verified: what was written reads back as it is in the backup.');
    say(`Start the control plane with the same settings; the data folder is "${config.dataFolder}". Every API key works as before.`);
  } finally {
    await opened.close();
  }
}
