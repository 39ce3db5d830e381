import type { Client, ClientBase, QueryConfig } from 'pg';
import { type DatabaseAddress, placeOf, type ServerAddress } from '../database-address.ts';
import { connect, endClient } from './connect.ts';

/** What a connection to a server fails with that takes no writes: a standby, or one that was set to only read. */
export class StandbyError extends Error {
  override readonly name = 'StandbyError';
}

/** What a connection to a former primary fails with, after a standby was promoted: what that has written since is not there. */
export class FormerPrimaryError extends Error {
  override readonly name = 'FormerPrimaryError';
}

/** What a connection fails with to one of several servers that is no copy of the others: neither is data read from it, nor a schema made there. */
export class OtherDataError extends Error {
  override readonly name = 'OtherDataError';
}

/** Why none of several servers can be used. */
export class NoPrimaryError extends AggregateError {
  override readonly name = 'NoPrimaryError';
  readonly failures: readonly { readonly server: ServerAddress; readonly error: Error }[];
  constructor(failures: NoPrimaryError['failures']) {
    const causes = failures.map(({ server, error }) => `${placeOf(server)}: ${error.message || error.name}`);
    super(
      failures.map(({ error }) => error),
      causes.join('; '),
    );
    this.failures = failures;
  }
}

/** What a server says of itself. */
interface ServerState {
  readonly isReadOnly: boolean;
  /** The identifier of the data, which a standby shares with its primary. */
  readonly system: string;
  /** Grows with every promotion; `null` for a standby. */
  readonly timeline: number | null;
}

type OfPrimary = Pick<ServerState, 'system'> & { readonly timeline: number };

/** How long a server may take to say it, at the beginning of a connection. */
const STATE_MS = 2_000;
// NOTE: the name of a WAL file begins with the timeline. That of pg_control_checkpoint() is behind until the first checkpoint after a promotion.
const STATE: QueryConfig = {
  text: `SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean AS "isReadOnly",
      (SELECT system_identifier::text FROM pg_control_system()) AS system,
      CASE WHEN NOT pg_is_in_recovery()
        THEN ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::integer END AS timeline`,
};

/**
 * Which of the servers of a database takes writes. A promotion begins a new timeline, so of two servers with the same data that both take writes
 * the one with the older timeline is a former primary that has come back. It is not used where the other one answers, nor after this process has
 * seen that one. Of several servers one with other data is not used at all.
 */
export interface Primary {
  /** The server that was found last. */
  readonly server: ServerAddress;
  /** Rejects where the connection leads to a server that only reads, a former primary, or one with other data, or that says nothing for so many milliseconds. */
  check(client: ClientBase, withinMs?: number): Promise<OfPrimary>;
  /** Asks all servers at the same time, and opens a connection to the primary. */
  connect(options: { readonly pipelines: boolean }): Promise<Client>;
  /** Finds the primary anew. */
  find(): Promise<void>;
}

/** Knows no primary before the first connection. */
export function createPrimary(address: DatabaseAddress): Primary {
  const hasSeveral = address.servers.length > 1;
  const newest = new Map<string, number>();
  /** The identifier of the data of several servers, once it is known. */
  let known: string | undefined;
  let [server] = address.servers as [ServerAddress, ...ServerAddress[]];
  let finding: Promise<void> | undefined;

  async function check(client: ClientBase, withinMs = STATE_MS): Promise<OfPrimary> {
    const { rows } = await client.query<ServerState>(Object.assign({ query_timeout: withinMs }, STATE));
    const { isReadOnly, system, timeline } = rows[0] ?? { isReadOnly: true, system: '', timeline: null };
    if (isReadOnly || timeline === null) throw new StandbyError('the server only reads');
    if (known !== undefined && system !== known)
      throw new OtherDataError(`the server has the data of system ${system}, and not of ${known}`);
    const seen = newest.get(system) ?? 0;
    if (timeline < seen) throw new FormerPrimaryError(`the server is on timeline ${timeline}, and timeline ${seen} was seen`);
    newest.set(system, timeline);
    return { system, timeline };
  }
  async function open(at: ServerAddress, pipelines: boolean) {
    let found: OfPrimary = { system: '', timeline: 0 };
    const client = await connect(address, at, {
      pipelines,
      check: async (opened) => {
        found = await check(opened);
      },
    });
    return { client, server: at, ...found };
  }
  async function connectNewest({ pipelines }: { readonly pipelines: boolean }): Promise<Client> {
    if (!hasSeveral) return (await open(server, pipelines)).client;
    const outcomes = await Promise.allSettled(address.servers.map((at) => open(at, pipelines)));
    const opened = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const [best, ...others] = opened.sort((one, other) => other.timeline - one.timeline);
    for (const { client } of others) void endClient(client);
    const stranger = others.find(({ system }) => system !== best?.system);
    if (best && stranger) {
      void endClient(best.client);
      throw new OtherDataError(`${placeOf(best.server)} and ${placeOf(stranger.server)} have different data`);
    }
    if (best) {
      known = best.system;
      server = best.server;
      return best.client;
    }
    throw new NoPrimaryError(
      outcomes.flatMap((outcome, at) =>
        outcome.status === 'rejected' ? [{ server: address.servers[at] ?? server, error: outcome.reason as Error }] : [],
      ),
    );
  }
  async function find(): Promise<void> {
    await endClient(await connectNewest({ pipelines: false }));
  }

  return {
    get server() {
      return server;
    },
    check,
    connect: connectNewest,
    find() {
      finding ??= find().finally(() => {
        finding = undefined;
      });
      return finding;
    },
  };
}
