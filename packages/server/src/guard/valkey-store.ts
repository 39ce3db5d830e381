import { Redis } from 'iovalkey';
import { EXCHANGE_SCRIPT } from './exchange-script.ts';
import type { SharedStore } from './shared-store.ts';

/** All keys share one slot of a cluster, so that one script may touch them. */
const PREFIX = '{openkupe-guard}';

export interface ValkeyOptions {
  /** `redis://` or `rediss://` URL. */
  readonly url: string;
  /** The longest an exchange may take before the node goes on alone. */
  readonly patienceMs: number;
  /** Separates installations that share a store. */
  readonly namespace: string;
}

type Reply = readonly [nodes: number, now: string, isLate: number, heard: string, forgiven: readonly string[], ahead: readonly string[]];
type Run = (...args: (string | number)[]) => Promise<Reply>;

/**
 * Valkey or Redis as the shared store. Commands are never queued while it is away: they fail at once, and the node goes on alone. A
 * connection on which no answer comes in time is given up with what was sent on it: while a store stands still, or a network swallows
 * everything, commands would otherwise pile up on it for minutes.
 */
export function createValkeyStore(options: ValkeyOptions): SharedStore {
  const { patienceMs } = options;
  const client = new Redis(options.url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: patienceMs,
    socketTimeout: patienceMs,
    connectTimeout: 1000,
    retryStrategy: (attempt) => Math.min(1000, attempt * 50),
  });
  // Every failed exchange tells the same; without a listener the library would print it.
  client.on('error', () => {});
  client.defineCommand('openkupeExchange', { lua: EXCHANGE_SCRIPT });
  const run = (client as unknown as { openkupeExchange: Run }).openkupeExchange;
  const space = `${PREFIX}${options.namespace}:`;

  return {
    async exchange({ nodeId, sequence, atMs, heardMs, toleranceMs, spendings }) {
      const keys = ['nodes', 'forgiven', `told:${nodeId}`, ...spendings.map(({ key }) => key)].map((key) => space + key);
      const values = spendings.flatMap(({ baseMs, spentMs, isForgiven }) => [baseMs.toFixed(3), spentMs.toFixed(3), isForgiven ? 1 : 0]);
      const head = [nodeId, sequence, atMs.toFixed(3), heardMs.toFixed(3), toleranceMs];
      const [nodes, now, isLate, heard, forgiven, ahead] = await run.call(client, keys.length, ...keys, ...head, ...values);
      return {
        nowMs: Number(now),
        isLate: isLate === 1,
        nodes,
        aheadMs: ahead.map(Number),
        forgiven: forgiven.map((key) => key.slice(space.length)),
        heardMs: Number(heard),
      };
    },
    close: () => client.disconnect(),
  };
}
