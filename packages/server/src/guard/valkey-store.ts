import { Redis } from 'iovalkey';
import type { SharedStore } from './shared-store.ts';

/** All keys share one slot of a cluster, so that one script may touch them. */
const PREFIX = '{openkupe-guard}';
/** A node that has been silent for this long does not count any more. */
const NODE_MEMORY_MS = 10_000;
/** However far clocks jump, no key is ever further ahead than this. */
const FURTHEST_MS = 10 * 60_000;

/**
 * One script, on the store's own clock: registers the node, then for every key takes the later of what the store and the node know,
 * adds what was spent, and keeps it until the bucket is full again.
 */
const SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ${NODE_MEMORY_MS})
redis.call('PEXPIRE', KEYS[1], ${NODE_MEMORY_MS * 2})
local answer = { redis.call('ZCARD', KEYS[1]) }
for i = 2, #KEYS do
  local spent = tonumber(ARGV[2 * i - 2])
  local known = tonumber(ARGV[2 * i - 1])
  local tat = tonumber(redis.call('GET', KEYS[i]) or '0')
  tat = math.min(math.max(tat, now + known, now) + spent, now + ${FURTHEST_MS})
  local ahead = tat - now
  if ahead > 0 then redis.call('SET', KEYS[i], string.format('%.3f', tat), 'PX', math.ceil(ahead) + 1) end
  answer[i] = string.format('%.3f', ahead)
end
return answer`;

export interface ValkeyOptions {
  /** `redis://` or `rediss://` URL. */
  readonly url: string;
  /** The longest an exchange may take before the node goes on alone. */
  readonly patienceMs: number;
  /** Separates installations that share a store. */
  readonly namespace: string;
}

/** Valkey or Redis as the shared store. Commands are never queued while it is away: they fail at once, and the node goes on alone. */
export function createValkeyStore(options: ValkeyOptions): SharedStore {
  const client = new Redis(options.url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: options.patienceMs,
    // What was given up must not arrive later, when a partition heals: it has been told again by then. So the connection goes with it.
    socketTimeout: options.patienceMs,
    connectTimeout: 1000,
    retryStrategy: (attempt) => Math.min(1000, attempt * 50),
  });
  // Every failed exchange tells the same; without a listener the library would print it.
  client.on('error', () => {});
  client.defineCommand('openkupeExchange', { lua: SCRIPT });
  const run = (client as unknown as { openkupeExchange(...args: (string | number)[]): Promise<[number, ...string[]]> }).openkupeExchange;
  const name = (key: string) => `${PREFIX}${options.namespace}:${key}`;

  return {
    async exchange(nodeId, spendings) {
      const keys = [name('nodes'), ...spendings.map(({ key }) => name(key))];
      const values = spendings.flatMap(({ spentMs, knownMs }) => [spentMs.toFixed(3), knownMs.toFixed(3)]);
      const [nodes, ...ahead] = await run.call(client, keys.length, ...keys, nodeId, ...values);
      return { nodes, aheadMs: ahead.map(Number) };
    },
    close: () => client.disconnect(),
  };
}
