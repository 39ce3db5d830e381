import { isInUse } from '../store/path-lock.ts';
import { sealedFilesIn } from '../store/transfer/data-folder-files.ts';
import { fillStore, type Part, type RowDigest, tableParts, verifyFilled } from '../store/transfer/parts.ts';
import type { StoreSnapshot } from '../store/transfer/portable-store.ts';
import { countsText, type StoreCommandDependencies, type StoreCommandOptions, until } from './command.ts';
import { openSnapshot, openToFill, type StorePlace } from './compose.ts';
import { fillInstallation } from './fill-installation.ts';
import { secretsCheckIn, secretsOf } from './installation-secrets.ts';
import { describePlace } from './place.ts';

/** Rows alone: the data folder stays as it is, and goes on with the database. */
async function copyRows(snapshot: StoreSnapshot, to: StorePlace, parts: AsyncIterable<Part>, isVerified: boolean): Promise<RowDigest> {
  const target = await openToFill(to, undefined);
  try {
    const filled = await fillStore(target, parts, async () => {});
    if (isVerified) await verifyFilled(target, filled);
    await target.finish(snapshot.sequences);
    return filled;
  } catch (error) {
    await target.abandon();
    throw error;
  }
}

/** Copies a store into an empty one. A folder that is copied to gets the secrets and files of the data folder, too. */
export async function copy(
  [from, to]: readonly [StorePlace, StorePlace],
  { config, isVerified }: StoreCommandOptions,
  { say, signal, random }: StoreCommandDependencies,
): Promise<void> {
  const folder = from.kind === 'folder' ? from.folder : config.dataFolder;
  const snapshot = await openSnapshot(from);
  try {
    const secrets = await secretsOf(folder, config.secrets, await secretsCheckIn(snapshot));
    const { sequences } = snapshot;
    async function* allParts(): AsyncGenerator<Part> {
      yield* tableParts(snapshot);
      if (to.kind === 'folder') yield* sealedFilesIn(folder, secrets.answerKey, random);
    }
    const parts = until(signal, allParts());
    const { counts } =
      to.kind === 'folder'
        ? await fillInstallation({ place: to, dataFolder: to.folder, secrets, sequences, parts, isVerified, random })
        : await copyRows(snapshot, to, parts, isVerified);
    say(`Copied ${describePlace(from)} to ${describePlace(to)}, as of revision ${sequences.revision}.`);
    say(`Rows: ${countsText(counts)}.`);
    if (from.kind === 'folder' && (await isInUse(from.folder)))
      say(
        `A control plane runs on ${describePlace(from)}: what it writes from now on is not in the copy. Stop it, and copy again, before you change over.`,
      );
    if (isVerified) say('Verified: what was written reads back as it was read.');
    say(
      to.kind === 'folder'
        ? `Start the control plane with --data ${to.folder} and without OPENKUPE_DATABASE_URL.`
        : `Start the control plane with OPENKUPE_DATABASE_URL and the data folder "${folder}", which keeps the secrets.`,
    );
  } finally {
    await snapshot.close();
  }
}
