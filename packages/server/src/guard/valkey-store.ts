import { Redis } from 'iovalkey';
import type { SharedStore } from './shared-store.ts';

/** All keys share one slot of a cluster, so that one script may touch them. */
const PREFIX = '{openkupe-guard}';
/** A node that has been silent for this long does not count any more. */
const NODE_MEMORY_MS = 10_000;
/** How long it is remembered what a node told last. One that was cut off for longer may be counted twice, once. */
const TOLD_MEMORY_MS = 10 * 60_000;
/** However far clocks jump, no key is ever further ahead than this. */
const FURTHEST_MS = 10 * 60_000;

/**
 * One script, on the store's own clock: registers the node, then for every key takes the later of what the store and the node know,
 * adds what was spent, and keeps it until the bucket is full again. What a node tells again, because it got no answer, is not added
 * again: a network that lets requests through and loses the answers would otherwise shut addresses out for minutes.
 */
const SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ${NODE_MEMORY_MS})
redis.call('PEXPIRE', KEYS[1], ${NODE_MEMORY_MS * 2})
local sequence = tonumber(ARGV[2])
local isToldAgain = sequence <= tonumber(redis.call('GET', KEYS[2]) or '0')
if not isToldAgain then redis.call('SET', KEYS[2], ARGV[2], 'PX', ${TOLD_MEMORY_MS}) end
local answer = { redis.call('ZCARD', KEYS[1]) }
for i = 3, #KEYS do
  local spent = isToldAgain and 0 or tonumber(ARGV[2 * i - 3])
  local known = tonumber(ARGV[2 * i - 2])
  local tat = tonumber(redis.call('GET', KEYS[i]) or '0')
  tat = math.min(math.max(tat, now + known, now) + spent, now + ${FURTHEST_MS})
  local ahead = tat - now
  if ahead > 0 then redis.call('SET', KEYS[i], string.format('%.3f', tat), 'PX', math.ceil(ahead) + 1) end
  answer[i - 1] = string.format('%.3f', ahead)
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

/**
 * Valkey or Redis as the shared store. Commands are never queued while it is away: they fail at once, and the node goes on alone. A
 * connection on which nothing comes back is given up, with what was sent on it: a network that swallows everything keeps connections
 * open for a quarter of an hour, in which commands would pile up.
 */
export function createValkeyStore(options: ValkeyOptions): SharedStore {
  const client = new Redis(options.url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: options.patienceMs,
    socketTimeout: options.patienceMs,
    disconnectTimeout: options.patienceMs,
    connectTimeout: 1000,
    retryStrategy: (attempt) => Math.min(1000, attempt * 50),
  });
  // Every failed exchange tells the same; without a listener the library would print it.
  client.on('error', () => {});
  client.defineCommand('openkupeExchange', { lua: SCRIPT });
  const run = (client as unknown as { openkupeExchange(...args: (string | number)[]): Promise<[number, ...string[]]> }).openkupeExchange;
  const name = (key: string) => `${PREFIX}${options.namespace}:${key}`;

  return {
    async exchange({ nodeId, sequence, spendings }) {
      const keys = [name('nodes'), name(`told:${nodeId}`), ...spendings.map(({ key }) => name(key))];
      const values = spendings.flatMap(({ spentMs, knownMs }) => [spentMs.toFixed(3), knownMs.toFixed(3)]);
      const [nodes, ...ahead] = await run.call(client, keys.length, ...keys, nodeId, sequence, ...values);
      return { nodes, aheadMs: ahead.map(Number) };
    },
    close: () => client.disconnect(),
  };
}
