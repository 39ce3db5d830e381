import type { Clock } from '@openkupe/contract/clock';
import type { Client } from '../client.ts';
import type { Command, Context, NameKind } from '../command.ts';
import { readItems } from '../commands/read-items.ts';
import { createContext } from '../context.ts';
import type { Environment, Io } from '../io.ts';
import type { Nouns } from '../program.ts';
import { candidatesFor, type Given } from './candidates.ts';
import { FILES } from './scripts.ts';

/** How long names may take. A key press waits for them. */
const NAMES_MS = 1_000;
/** Names that need no quotes in any of the shells: others are not offered, because a shell would read more than a name in them. */
const PLAIN_NAME = /^[\w@%+.:,/-]+$/;

type FromServer = Exclude<NameKind, 'context'>;
type ReadAll = (client: Client, signal: AbortSignal) => Promise<readonly string[]>;

const whole = { limit: undefined } as const;
const named = (items: readonly { readonly name: string }[]) => items.map(({ name }) => name);

const FROM_SERVER: Readonly<Record<FromServer, ReadAll>> = {
  cluster: async ({ clusters }, signal) => named(await readItems(clusters, {}, { ...whole, signal })),
  secret: async ({ secrets }, signal) => named(await readItems(secrets, {}, { ...whole, signal })),
  webhook: async ({ webhooks }, signal) => named((await webhooks.list({ signal })).value),
  apikey: async ({ apiKeys }, signal) => (await readItems(apiKeys, {}, { ...whole, signal })).map(({ id }) => id),
  member: async ({ members }, signal) => (await readItems(members, {}, { ...whole, signal })).map(({ email }) => email),
  invoice: async ({ invoices }, signal) => named(await readItems(invoices, {}, { ...whole, signal })),
  receiver: async ({ alertmanager }, signal) => (await alertmanager.receivers.list({ signal })).value.flatMap(({ name }) => name ?? []),
  plan: async ({ plans }, signal) => named((await plans.list({ signal })).value),
};

async function namesOf(kind: NameKind, context: Context): Promise<readonly string[]> {
  if (kind === 'context') return named((await context.storedLogins()).logins);
  const client = await (kind === 'plan' ? context.publicClient() : context.client());
  return FROM_SERVER[kind](client, context.signal);
}

/**
 * The lines that the shells' scripts read for `openkupe __complete -- words…`: a candidate, a tab and what it means. Whatever goes wrong
 * about names there are none, and nothing is said: the line that is typed is not over.
 */
export async function complete(
  words: readonly string[],
  { table, nouns }: { readonly table: readonly Command[]; readonly nouns: Nouns },
  { io, env, clock }: { readonly io: Io; readonly env: Environment; readonly clock: Clock },
): Promise<string> {
  const readNames = async (kind: NameKind, given: Given): Promise<readonly string[]> => {
    const [command] = table;
    if (!command || given.tokenFile === '-') return [];
    const ended = new AbortController();
    const commandLine = () => 'openkupe';
    const context = createContext(command, { ...given, output: undefined, quiet: true }, ended.signal, { io, env, clock, commandLine });
    const late = clock.sleep(NAMES_MS, ended.signal).then(() => []);
    try {
      const names = await Promise.race([namesOf(kind, context), late]);
      return names.filter((name) => PLAIN_NAME.test(name));
    } catch {
      return [];
    } finally {
      late.catch(() => {});
      ended.abort(new Error('The names are not waited for any longer'));
    }
  };
  const found = await candidatesFor(words, table, nouns, readNames);
  return found.map(({ value, summary }) => (value === FILES ? `${FILES}\n` : `${value}\t${summary.split('. ', 1)[0]}\n`)).join('');
}
