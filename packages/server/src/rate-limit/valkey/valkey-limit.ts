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
  readonly sinceMs: number;
  settle(reply: unknown): void;
}

/** The shared limit in Valkey or Redis: one script per request. */
export class ValkeyLimit implements SharedLimit {
  readonly counters = { asked: 0, unanswered: 0, trips: 0 };
  processes: number;
  readonly #options: ValkeyLimitOptions;
  readonly #id: string;
  readonly #limits: readonly number[];
  readonly #closing = new AbortController();
  readonly #waiting = new Set<Waiting>();
  /** The connection in use, or on trial while the circuit is half-open. */
  #client: Redis | undefined;
  /** Whether the circuit is closed: requests are sent to the store. */
  #isClosed = false;
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
    return this.#isClosed;
  }

  async start(): Promise<void> {
    const first = Promise.withResolvers<void>();
    this.#running = this.#run(first.resolve);
    await first.promise;
  }

  async close(): Promise<void> {
    const client = this.#client;
    if (client && this.#isClosed) await this.#within(client, client.zrem(PROCESSES, this.#id));
    this.#closing.abort();
    if (client) this.#trip(client, 'this process ends');
    await this.#running;
  }

  async ask(request: SharedRequest, charge: Charge): Promise<SharedDecision | undefined> {
    const client = this.#client;
    if (!client || !this.#isClosed) return undefined;
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
    return client !== undefined && this.#isClosed && Number(await this.#within(client, client.del(keysOf(request)))) > 0;
  }

  /** The circuit: half-open while it connects, closed while heartbeats are answered, open in between. */
  async #run(onAttempt: () => void): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#closing;
    let retryMs = 0;
    while (!signal.aborted) {
      const client = this.#connection();
      this.#client = client;
      this.#problem = undefined;
      this.#isClosed = (await this.#probe(client)) && this.#client === client;
      const closedMs = clock.monotonic();
      if (this.#isClosed) log.info({ processes: this.processes }, 'the shared limit is enforced');
      onAttempt();
      while (this.#isClosed && (await this.#beat(client))) {
        await clock.sleep(HEARTBEAT_MS, this.#wake.signal).catch(() => {});
        this.#wake = new AbortController();
      }
      this.#trip(client, 'a heartbeat failed');
      if (clock.monotonic() - closedMs > STABLE_MS) retryMs = 0;
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
      commandTimeout: CONNECT_MS,
      enableReadyCheck: false,
      enableAutoPipelining: true,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
    });
    // The reason of an AUTH that failed is here only.
    client.on('error', ({ message }) => this.#trip(client, message));
    client.on('close', () => this.#trip(client, 'the connection was closed'));
    return client;
  }

  /** Connects, loads the script, and sends a heartbeat, which has to be answered within the time that a request waits. */
  async #probe(client: Redis): Promise<boolean> {
    try {
      await client.connect();
      this.#script = String(await client.script('LOAD', SCRIPT));
    } catch (error) {
      this.#trip(client, (error as Error).message);
      return false;
    }
    return this.#beat(client);
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
      if (this.#client && this.#waiting.has(oldest)) this.#trip(this.#client, `no answer within ${boundMs} ms`);
    }
    this.#isWatching = false;
  }

  /** Opens the circuit: everything that waits is answered now, by the share of this process. Does nothing to a connection that was given up. */
  #trip(client: Redis, problem: string): void {
    if (this.#client !== client) return;
    this.#problem ??= problem;
    this.#client = undefined;
    if (this.#isClosed) this.counters.trips += 1;
    this.#isClosed = false;
    client.disconnect();
    for (const { settle } of [...this.#waiting]) settle(undefined);
    this.#wake.abort();
  }
}
