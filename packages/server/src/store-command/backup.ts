import { formatTime } from '@openkupe/contract';
import { formatSecrets, type Secrets } from '../config/secrets.ts';
import { type BackupHeader, FORMAT } from '../store/transfer/backup-format.ts';
import { sealedFilesIn } from '../store/transfer/data-folder-files.ts';
import { type Part, tableParts } from '../store/transfer/parts.ts';
import type { StoreSnapshot } from '../store/transfer/portable-store.ts';
import { sealSecrets } from '../store/transfer/sealed-secrets.ts';
import { writeBackup } from '../store/transfer/write-backup.ts';
import { countsText, type StoreCommandDependencies, type StoreCommandOptions, until } from './command.ts';
import { openSnapshot } from './compose.ts';
import { secretsCheckIn, secretsOf } from './installation-secrets.ts';
import { readNewPassphrase } from './passphrase.ts';
import { describePlace, placeOf } from './place.ts';

async function headerOf(
  snapshot: StoreSnapshot,
  secrets: Secrets,
  passphrase: string | undefined,
  { clock, random }: StoreCommandDependencies,
): Promise<BackupHeader> {
  return {
    openkupeBackup: FORMAT,
    createdAt: formatTime(clock.now()),
    kind: snapshot.kind,
    sequences: snapshot.sequences,
    secretsCheck: await secretsCheckIn(snapshot),
    secrets: passphrase === undefined ? null : await sealSecrets(formatSecrets(secrets), passphrase, random),
  };
}

/** Rows first: a value or a cluster that is newer than its row does no harm, one that is older would be missed. */
async function* partsOf(
  snapshot: StoreSnapshot,
  folder: string,
  secrets: Secrets,
  { random }: StoreCommandDependencies,
): AsyncGenerator<Part> {
  yield* tableParts(snapshot);
  yield* sealedFilesIn(folder, secrets.answerKey, random);
}

/** Writes everything that the settings name to a file, while a control plane may run on it. */
export async function backup(file: string, options: StoreCommandOptions, dependencies: StoreCommandDependencies): Promise<void> {
  const { config, passphrase: source, isWithoutSecrets } = options;
  const { say, signal } = dependencies;
  const place = placeOf(config);
  const passphrase = isWithoutSecrets ? undefined : await readNewPassphrase(source, dependencies.ask);
  const snapshot = await openSnapshot(place);
  try {
    const secrets = await secretsOf(config.dataFolder, config.secrets, await secretsCheckIn(snapshot));
    const header = await headerOf(snapshot, secrets, passphrase, dependencies);
    const parts = until(signal, partsOf(snapshot, config.dataFolder, secrets, dependencies));
    const { rows, files, bytes } = await writeBackup(file, header, parts, secrets.answerKey);
    say(`"${file}" holds ${describePlace(place)} as of revision ${snapshot.sequences.revision}, in ${bytes} bytes.`);
    say(`Rows: ${countsText(rows)}.`);
    say(
      `Files of the data folder: ${files} (values of the local secrets backend, and sandbox clusters), under the secrets of the installation.`,
    );
    if (config.openbao) say('Values of secrets that are in OpenBao are not in it; back OpenBao up on its own.');
    say(
      passphrase === undefined
        ? `The secrets of the installation are NOT in it: keep ${config.dataFolder}/secrets.json elsewhere, without it the backup cannot be restored.`
        : 'The secrets of the installation are in it, under the passphrase, without which the backup cannot be restored.',
    );
  } finally {
    await snapshot.close();
  }
}
