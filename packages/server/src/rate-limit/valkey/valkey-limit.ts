import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { Clock, Random } from '@openkupe/contract';
import { Redis } from 'iovalkey';
import type { Log } from '../../log/log.ts';
import { promisesOf } from '../flows.ts';
import { type RateLimit, toGcra } from '../gcra.ts';
import { MOST_PROMISED_SECONDS } from '../limiter.ts';
import type { Charge, SharedDecision, SharedLimit, SharedRequest } from '../shared-limit.ts';
import type { ValkeyAddress } from '../valkey-address.ts';

/** What the adapter needs. */
export interface ValkeyLimitOptions {
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  readonly random: Random;
  readonly log: Pick<Log, 'warn' | 'info'>;
  readonly address: ValkeyAddress;
  readonly limit: RateLimit;
  readonly network: RateLimit;
  /** Processes that share the limit, as long as they have not been counted. */
  readonly processes: number;
  /** No request waits longer than this for the store; an answer that takes longer opens the circuit. */
  readonly boundMs: number;
}

/** A timer that fires late, after the event loop was busy, fires before the replies are read that have arrived. So the last millisecond is a timer of its own. */
const LAST_MS = 1;
/** For a connection and its first commands; an open circuit is tried again after this. */
const CONNECT_MS = 1_000;
const RETRY_MS = 250;
/** How often a process shows that it is alive, and after how many seconds it no longer counts. */
const HEARTBEAT_MS = 1_000;
const LIVE_SECONDS = 5;

const PREFIX = 'openkupe:limit:';
const PROCESSES = `${PREFIX}processes`;
/** Set while what is counted is complete: the moment at which buckets were full of which the store knows nothing. */
const EPOCH = `${PREFIX}epoch`;

const SCRIPT = readFileSync(new URL('take.lua', import.meta.url), 'utf8');

interface Waiting {
  readonly client: Redis;
  readonly sinceMs: number;
  settle(reply: unknown): void;
}

/** The shared limit in Valkey or Redis: one script per request. The circuit is closed while `#client` is there. */
export class ValkeyLimit implements SharedLimit {
  readonly counters = { asked: 0, unanswered: 0, trips: 0 };
  processes: number;
  readonly #options: ValkeyLimitOptions;
  readonly #id: string;
  readonly #parameters: readonly number[];
  readonly #closing = new AbortController();
  readonly #waiting = new Set<Waiting>();
  #client: Redis | undefined;
  #script = '';
  /** Ends the wait for the next heartbeat. */
  #wake = new AbortController();
  #hasKnownEpoch = false;
  #isWatching = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: ValkeyLimitOptions) {
    this.#options = options;
    this.#id = Buffer.from(options.random.bytes(8)).toString('hex');
    this.processes = options.processes;
    const gcra = toGcra(options.limit);
    const { least, most, debt } = promisesOf(gcra, MOST_PROMISED_SECONDS);
    this.#parameters = [gcra.intervalMs, gcra.toleranceMs, gcra.horizonMs, least, most, debt, toGcra(options.network).intervalMs];
  }

  get isAvailable(): boolean {
    return this.#client !== undefined;
  }

  async start(): Promise<void> {
    const first = Promise.withResolvers<void>();
    this.#running = this.#run(first.resolve);
    await first.promise;
  }

  async close(): Promise<void> {
    const client = this.#client;
    if (client) await this.#within(client, client.zrem(PROCESSES, this.#id));
    this.#closing.abort();
    this.#trip(client);
    await this.#running;
  }

  async ask(request: SharedRequest, charge: Charge): Promise<SharedDecision | undefined> {
    const client = this.#client;
    if (!client) return undefined;
    this.counters.asked += 1;
    const { address, network, flow, fingerprint, isTrusted, isCommon } = request;
    const at = PREFIX + address;
    const keys = [at, `${at}:flows`, EPOCH, `${PREFIX}served:${fingerprint}`, ...(network === undefined ? [] : [PREFIX + network])];
    const given = [charge, ...this.#parameters, fingerprint, flow, isTrusted ? 1 : 0, isCommon ? 1 : 0];
    const reply = await this.#within(client, client.evalsha(this.#script, keys.length, ...keys, ...given));
    if (Array.isArray(reply) && reply.length > 0) return decisionOf(reply);
    this.counters.unanswered += 1;
    if (reply) this.#wake.abort();
    return undefined;
  }

  async forget({ address, network }: Pick<SharedRequest, 'address' | 'network'>): Promise<boolean> {
    const client = this.#client;
    const at = PREFIX + address;
    const keys = [at, `${at}:flows`, ...(network === undefined ? [] : [PREFIX + network])];
    return client !== undefined && Number(await this.#within(client, client.del(keys))) > 0;
  }

  /** The circuit: half-open while it connects, closed while heartbeats are answered, open in between. */
  async #run(onAttempt: () => void): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#closing;
    let isQuiet = false;
    while (!signal.aborted) {
      const client = this.#connection();
      const problem = await this.#probe(client);
      onAttempt();
      if (problem === undefined) {
        this.#client = client;
        log.info({ processes: this.processes }, 'the shared limit is enforced');
        while (this.#client === client && (await this.#beat(client))) {
          await clock.sleep(HEARTBEAT_MS, this.#wake.signal).catch(() => {});
          this.#wake = new AbortController();
        }
        this.#trip(client);
        isQuiet = false;
      } else client.disconnect();
      if (!isQuiet && !signal.aborted)
        log.warn({ problem }, 'the store of the shared limit does not answer: each process enforces its share');
      isQuiet = true;
      await clock.sleep(RETRY_MS, signal).catch(() => {});
    }
  }

  #connection(): Redis {
    const { tls, username, password, ...address } = this.#options.address;
    const client = new Redis({
      ...address,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(tls && { tls: { servername: isIP(address.host) ? '' : address.host, ...tls } }),
      lazyConnect: true,
      connectTimeout: CONNECT_MS,
      enableReadyCheck: false,
      enableAutoPipelining: true,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
    });
    client.on('error', () => {});
    client.on('close', () => this.#trip(client));
    return client;
  }

  /** Connects, loads the script, and sends a heartbeat within the time that a request waits. Returns what went wrong. */
  async #probe(client: Redis): Promise<string | undefined> {
    const { clock } = this.#options;
    const patience = new AbortController();
    const connect = async () => {
      await client.connect();
      this.#script = String(await client.script('LOAD', SCRIPT));
      return true as const;
    };
    const late = clock.sleep(CONNECT_MS, patience.signal).then(
      () => `no answer within ${CONNECT_MS} ms`,
      () => undefined,
    );
    const connected = await Promise.race([connect().catch((error: Error) => error.message), late]);
    patience.abort();
    if (connected !== true) return connected ?? 'closed';
    return (await this.#beat(client)) ? undefined : `no answer within ${this.#options.boundMs} ms`;
  }

  /** Shows that this process is alive, counts those that are, and begins an epoch where there is none. */
  async #beat(client: Redis): Promise<boolean> {
    const time = (await this.#within(client, client.time())) as unknown as readonly [string, string] | undefined;
    if (!time) return false;
    const [seconds, nowMs] = [Number(time[0]), Number(time[0]) * 1000 + Number(time[1]) / 1000];
    const commands = client
      .multi()
      .zadd(PROCESSES, seconds, this.#id)
      .zremrangebyscore(PROCESSES, '-inf', `(${seconds - LIVE_SECONDS}`);
    const replies = await this.#within(client, commands.zcard(PROCESSES).exists(EPOCH).exec());
    if (!replies || replies.some(([error]) => error)) return false;
    this.processes = Math.max(1, Number(replies[2]?.[1]));
    if (Number(replies[3]?.[1]) === 0) return this.#begin(client, nowMs);
    this.#hasKnownEpoch = true;
    return true;
  }

  /**
   * Begins an epoch. Where there was one before, what was counted is lost: then buckets of which nothing is known are empty now, and fill at
   * the rate of the limit, so that an emptied store gives no address a second burst.
   */
  async #begin(client: Redis, nowMs: number): Promise<boolean> {
    const fullMs = this.#hasKnownEpoch ? nowMs + (this.#parameters[1] as number) : 0;
    const made = await this.#within(
      client,
      client.set(EPOCH, fullMs, 'NX').then((reply) => ({ isFirst: reply === 'OK' })),
    );
    if (made?.isFirst && this.#hasKnownEpoch) this.#options.log.warn({}, 'the store of the shared limit has lost what it counted');
    this.#hasKnownEpoch = true;
    return made !== undefined;
  }

  /** The reply, or `undefined` if it is an error or takes too long: then the circuit opens. */
  #within<Reply>(client: Redis, reply: Promise<Reply>): Promise<Reply | undefined> {
    return new Promise((resolve) => {
      const waiting: Waiting = {
        client,
        sinceMs: this.#options.clock.monotonic(),
        settle: (value) => {
          this.#waiting.delete(waiting);
          resolve(value as Reply | undefined);
        },
      };
      this.#waiting.add(waiting);
      reply.then(waiting.settle, () => {
        this.#trip(client);
        waiting.settle(undefined);
      });
      if (!this.#isWatching) void this.#watch();
    });
  }

  /** Watches the oldest call. */
  async #watch(): Promise<void> {
    const { clock, boundMs } = this.#options;
    this.#isWatching = true;
    for (let [oldest] = this.#waiting; oldest; [oldest] = this.#waiting) {
      await clock.sleep(oldest.sinceMs + boundMs - LAST_MS - clock.monotonic());
      await clock.sleep(LAST_MS);
      if (this.#waiting.has(oldest)) this.#trip(oldest.client);
    }
    this.#isWatching = false;
  }

  /** Opens the circuit: everything that waits is answered now, by the share of this process. */
  #trip(client: Redis | undefined): void {
    client?.disconnect();
    for (const waiting of [...this.#waiting]) if (waiting.client === client) waiting.settle(undefined);
    if (this.#client !== client || client === undefined) return;
    this.#client = undefined;
    this.counters.trips += 1;
    this.#wake.abort();
  }
}

function decisionOf(reply: readonly unknown[]): SharedDecision {
  const [outcome, waitUs, usedUs, networkUsedUs, isReserved, refusedForUs] = reply as [SharedDecision['outcome'], ...number[]];
  return {
    outcome,
    waitMs: Number(waitUs) / 1000,
    usedMs: Number(usedUs) / 1000,
    networkUsedMs: Number(networkUsedUs) / 1000,
    isReserved: isReserved === 1,
    refusedForMs: Number(refusedForUs) / 1000,
  };
}
