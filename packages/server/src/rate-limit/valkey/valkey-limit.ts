import type { Clock, Random } from '@openkupe/contract';
import { Redis } from 'iovalkey';
import type { Log } from '../../log/log.ts';
import { type RateLimit, toGcra } from '../gcra.ts';
import type { Charge, SharedDecision, SharedLimit, SharedRequest } from '../shared-limit.ts';
import type { ValkeyAddress } from '../valkey-address.ts';
import { connectorTo } from './connector.ts';
import { EPOCH, keysOf, limitArguments, PROCESSES, readDecision, SCRIPT, takeArguments } from './take.ts';

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
/** For a connection and its first commands. */
const CONNECT_MS = 1_000;
/** After how long an open circuit is tried again: doubled each time, until one stays closed for a while. */
const RETRY_MS = 250;
const LONGEST_RETRY_MS = 2_000;
const STABLE_MS = 5_000;
/** How often a process shows that it is alive, and after how many seconds it no longer counts. */
const HEARTBEAT_MS = 1_000;
const LIVE_SECONDS = 5;

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
  readonly #limits: readonly number[];
  readonly #closing = new AbortController();
  readonly #waiting = new Set<Waiting>();
  #client: Redis | undefined;
  #script = '';
  /** Ends the wait for the next heartbeat. */
  #wake = new AbortController();
  #hasKnownEpoch = false;
  #isWatching = false;
  /** What went wrong first with the connection in use. */
  #problem: string | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: ValkeyLimitOptions) {
    this.#options = options;
    this.#id = Buffer.from(options.random.bytes(8)).toString('hex');
    this.processes = options.processes;
    this.#limits = limitArguments(options.limit, options.network);
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
    const reply = await this.#within(client, client.evalsha(this.#script, ...takeArguments(request, charge, this.#limits)));
    const decision = reply === undefined ? undefined : readDecision(reply);
    if (decision) return decision;
    this.counters.unanswered += 1;
    // An answer without a decision: the next heartbeat, which begins an epoch, is due now.
    if (reply !== undefined) this.#wake.abort();
    return undefined;
  }

  async forget(request: Pick<SharedRequest, 'address' | 'network'>): Promise<boolean> {
    const client = this.#client;
    return client !== undefined && Number(await this.#within(client, client.del(keysOf(request)))) > 0;
  }

  /** The circuit: half-open while it connects, closed while heartbeats are answered, open in between. */
  async #run(onAttempt: () => void): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#closing;
    let retryMs = 0;
    while (!signal.aborted) {
      const client = this.#connection();
      this.#problem = undefined;
      const isConnected = await this.#probe(client);
      onAttempt();
      if (isConnected && !signal.aborted) {
        const closedMs = clock.monotonic();
        this.#client = client;
        log.info({ processes: this.processes }, 'the shared limit is enforced');
        while (this.#client === client && (await this.#beat(client))) {
          await clock.sleep(HEARTBEAT_MS, this.#wake.signal).catch(() => {});
          this.#wake = new AbortController();
        }
        this.#trip(client, 'a heartbeat failed');
        if (clock.monotonic() - closedMs > STABLE_MS) retryMs = 0;
      } else client.disconnect();
      if (retryMs === 0 && !signal.aborted)
        log.warn({ problem: this.#problem }, 'the store of the shared limit does not answer: this process enforces its share');
      retryMs = Math.min(Math.max(RETRY_MS, retryMs * 2), LONGEST_RETRY_MS);
      await clock.sleep(retryMs, signal).catch(() => {});
    }
  }

  #connection(): Redis {
    const { username, password, db } = this.#options.address;
    const client = new Redis({
      Connector: connectorTo(this.#options.address),
      db,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      lazyConnect: true,
      connectTimeout: CONNECT_MS,
      enableReadyCheck: false,
      enableAutoPipelining: true,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
    });
    // The reason of an AUTH that failed is here only.
    client.on('error', ({ message }) => {
      this.#problem ??= message;
    });
    client.on('close', () => this.#trip(client, 'the connection was closed'));
    return client;
  }

  /** Connects, loads the script, and sends a heartbeat, which has to be answered within the time that a request waits. */
  async #probe(client: Redis): Promise<boolean> {
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
    if (connected === true) return this.#beat(client);
    this.#problem ??= connected;
    return false;
  }

  /** Shows that this process is alive, counts those that are, and begins an epoch where there is none. */
  async #beat(client: Redis): Promise<boolean> {
    const time = (await this.#within(client, client.time())) as unknown as readonly [string, string] | undefined;
    if (!time) return false;
    const [seconds, nowMs] = [Number(time[0]), Number(time[0]) * 1000 + Number(time[1]) / 1000];
    const commands = client
      .pipeline()
      .zadd(PROCESSES, seconds, this.#id)
      .zremrangebyscore(PROCESSES, '-inf', `(${seconds - LIVE_SECONDS}`);
    const replies = await this.#within(client, commands.zcard(PROCESSES).exists(EPOCH).exec());
    const refused = replies?.find(([error]) => error)?.[0];
    this.#problem ??= refused?.message;
    if (!replies || refused) return false;
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
    const fullMs = this.#hasKnownEpoch ? nowMs + toGcra(this.#options.limit).toleranceMs : 0;
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
      reply.then(waiting.settle, (error: Error) => {
        this.#trip(client, error.message);
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
      if (this.#waiting.has(oldest)) this.#trip(oldest.client, `no answer within ${boundMs} ms`);
    }
    this.#isWatching = false;
  }

  /** Opens the circuit: everything that waits is answered now, by the share of this process. */
  #trip(client: Redis | undefined, problem?: string): void {
    this.#problem ??= problem;
    client?.disconnect();
    for (const waiting of [...this.#waiting]) if (waiting.client === client) waiting.settle(undefined);
    if (this.#client !== client || client === undefined) return;
    this.#client = undefined;
    this.counters.trips += 1;
    this.#wake.abort();
  }
}
