import { checkSnapshot } from '../store/transfer/check-snapshot.ts';
import { countsText, type StoreCommandDependencies, type StoreCommandOptions, until } from './command.ts';
import { openSnapshot } from './compose.ts';
import { secretsOf } from './installation-secrets.ts';
import { describePlace, placeOf } from './place.ts';

const messageOf = (error: Error) => error.message;

/** Looks for damage in the store that the settings name, while a control plane may run on it. Returns whether there is none. */
export async function check({ config }: StoreCommandOptions, { say, signal }: StoreCommandDependencies): Promise<boolean> {
  const place = placeOf(config);
  const snapshot = await openSnapshot(place);
  try {
    const { counts, problems, more, secretsCheck } = await checkSnapshot(snapshot, (parts) => until(signal, parts));
    const secretsProblem =
      secretsCheck === undefined
        ? 'The store keeps no check of its secrets, as before its first start'
        : await secretsOf(config.dataFolder, config.secrets, secretsCheck).then(() => undefined, messageOf);
    say(`Checked ${describePlace(place)} as of revision ${snapshot.sequences.revision}.`);
    say(`Rows: ${countsText(counts)}.`);
    const found = [...problems, ...(secretsProblem === undefined ? [] : [secretsProblem])];
    for (const problem of found) say(`Problem: ${problem}.`);
    if (more > 0) say(`And ${more} more.`);
    say(found.length === 0 ? 'No damage found, and the secrets are those of the store.' : `${found.length + more} problems found.`);
    return found.length === 0;
  } finally {
    await snapshot.close();
  }
}
