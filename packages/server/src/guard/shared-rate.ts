import type { Clock } from '@openkupe/contract';
import type { Log } from '../log.ts';
import { type AddressGroup, formatAddressGroup } from './address-group.ts';
import type { SharedStore, Spending } from './shared-store.ts';

/** The part of the address limit that the exchange reads and corrects. */
export interface SharedSubject {
  /** Milliseconds of quota one request costs when all nodes share the limit. */
  readonly intervalMs: number;
  aheadMs(group: AddressGroup, nowMs: number): number;
  setAhead(group: AddressGroup, aheadMs: number, nowMs: number): void;
  /** Enforces this node's share: the whole limit for 1, a half for 2. */
  setShare(nodes: number): void;
}

/**
 * Keeps the nodes' tables in agreement without making any request wait: every node decides on its own table, tells the shared store
 * what it spent every few milliseconds, and takes over what all of them spent. Requests that several nodes admitted in the same
 * moment are a debt that all of them see at the next exchange. While the store is away every node enforces its share of the limit
 * and keeps what is owed, and probes once a second; when it answers, everything is told. What was told without an answer is told again
 * under its number, which the store counts once. A store that was emptied learns again from what the nodes know.
 */
export interface SharedRate {
  readonly state: 'shared' | 'local-share';
  readonly nodes: number;
  readonly counters: { exchanges: number; failures: number; untold: number };
  /** Notes that one request of the group was admitted. */
  spent(group: AddressGroup): void;
  /** Exchanges until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** One exchange. Never rejects. */
  exchange(): Promise<void>;
}

export interface SharedRateOptions {
  readonly clock: Clock;
  readonly store: SharedStore;
  readonly subject: SharedSubject;
  readonly nodeId: string;
  readonly log?: Pick<Log, 'warn'> | undefined;
  /** Between exchanges; the age of what a node knows about the others. */
  readonly everyMs: number;
  /** The longest an exchange may take. */
  readonly patienceMs: number;
}

/** Groups whose spending waits to be told; beyond them a node counts alone. */
const WAITING_GROUPS = 20_000;
/** Groups told in one exchange, which bounds how long the script runs. */
const TOLD_AT_ONCE = 500;
const PROBE_MS = 1000;

/** Groups that other nodes may be spending on as well, asked about again a few times while they recover. */
const WATCHED_GROUPS = 2000;
const LOOKS_WHILE_RECOVERING = 20;

interface Entry {
  readonly group: AddressGroup;
  /** Not whole when part of one has come back. */
  requests: number;
}

type Batch = readonly (readonly [string, Entry])[];

export function createSharedRate(options: SharedRateOptions): SharedRate {
  const { clock, store, subject, everyMs, patienceMs } = options;
  const counters = { exchanges: 0, failures: 0, untold: 0 };
  const waiting = new Map<string, Entry>();
  const watched = new Map<string, { readonly group: AddressGroup; readonly dueMs: number }>();
  let state: SharedRate['state'] = 'local-share';
  let nodes = 1;
  let said: SharedRate['state'] | undefined;
  /** What was told last and not answered. It is told again under its number until it is. */
  let unanswered: Batch | undefined;
  let sequence = 1;

  const ask = async (spendings: readonly Spending[]) => {
    const patience = new AbortController();
    const tooLate = clock.sleep(patienceMs, patience.signal).then(
      () => undefined,
      () => undefined,
    );
    try {
      return await Promise.race([store.exchange({ nodeId: options.nodeId, sequence, spendings }), tooLate]);
    } catch {
      return undefined;
    } finally {
      patience.abort();
    }
  };
  const spentMs = (key: string) => (waiting.get(key)?.requests ?? 0) * subject.intervalMs;
  /** What the group owes here. While only a share is enforced, a request costs as many times as much as there are nodes. */
  const owedMs = (group: AddressGroup, nowMs: number) => subject.aheadMs(group, nowMs) / (state === 'local-share' ? nodes : 1);
  /** Forgets what was spent long enough ago to have come back. */
  const forgetRecovered = (nowMs: number) => {
    for (const [key, entry] of waiting) {
      entry.requests = Math.min(entry.requests, owedMs(entry.group, nowMs) / subject.intervalMs);
      if (entry.requests <= 0) waiting.delete(key);
    }
  };
  /** Says what an operator would want to know, once; that all is well from the start is no news. */
  const say = (present: SharedRate['state']) => {
    if (said === present) return;
    if (present === 'local-share')
      options.log?.warn({ nodes }, 'the shared store of limits does not answer; this node enforces its share of the limit alone');
    else if (said) options.log?.warn({}, 'the shared store of limits answers again');
    said = present;
  };
  const goAlone = () => {
    // NOTE: the first exchange comes before the connection is there.
    if (counters.failures > 1) say('local-share');
    if (state === 'shared') subject.setShare(nodes);
    state = 'local-share';
  };
  /** From now on a request costs what it costs when all share; so what is not told yet is owed at that price. */
  const shareAgain = (nowMs: number) => {
    say('shared');
    for (const { group } of waiting.values()) subject.setAhead(group, owedMs(group, nowMs), nowMs);
    subject.setShare(1);
    state = 'shared';
  };
  const takeBatch = (nowMs: number): Batch => {
    const batch: [string, Entry][] = [];
    for (const entry of waiting) {
      if (batch.push(entry) >= TOLD_AT_ONCE) break;
    }
    const told = new Set(batch.map(([key]) => key));
    for (const key of told) waiting.delete(key);
    for (const [key, { group, dueMs }] of watched) {
      if (batch.length >= TOLD_AT_ONCE) break;
      if (dueMs > nowMs) continue;
      watched.delete(key);
      if (!told.has(key)) batch.push([key, { group, requests: 0 }]);
    }
    return batch;
  };

  async function exchange(): Promise<void> {
    const askedAtMs = clock.monotonic();
    if (state === 'local-share') forgetRecovered(askedAtMs);
    const batch = unanswered ?? takeBatch(askedAtMs);
    const spendings = batch.map(([key, { group, requests }]) => {
      // What was spent since then is told next time, and is the last to come back.
      const leftMs = Math.max(0, owedMs(group, askedAtMs) - spentMs(key));
      const toldMs = requests * subject.intervalMs;
      if (state === 'local-share') return { key, spentMs: Math.min(toldMs, leftMs), knownMs: 0 };
      return { key, spentMs: toldMs, knownMs: Math.max(0, leftMs - toldMs) };
    });
    const answer = await ask(spendings);
    if (!answer) {
      counters.failures += 1;
      unanswered = batch;
      return goAlone();
    }
    unanswered = undefined;
    sequence += 1;
    counters.exchanges += 1;
    const nowMs = clock.monotonic();
    if (state === 'local-share') shareAgain(nowMs);
    nodes = Math.max(1, answer.nodes);
    for (const [at, [key, { group }]] of batch.entries()) {
      const aheadMs = answer.aheadMs[at] ?? 0;
      const dueMs = nowMs + Math.max(everyMs, aheadMs / LOOKS_WHILE_RECOVERING);
      if (aheadMs > 0 && watched.size < WATCHED_GROUPS) watched.set(key, { group, dueMs });
      subject.setAhead(group, aheadMs + spentMs(key), nowMs);
    }
    // After an absence there may be more to tell than fits in one exchange.
    if (batch.length === TOLD_AT_ONCE && waiting.size > 0) await exchange();
  }

  return {
    get state() {
      return state;
    },
    get nodes() {
      return nodes;
    },
    counters,
    exchange,
    spent(group) {
      const key = formatAddressGroup(group);
      const entry = waiting.get(key);
      if (entry) entry.requests += 1;
      else if (waiting.size < WAITING_GROUPS) waiting.set(key, { group: { ...group }, requests: 1 });
      else counters.untold += 1;
    },
    async run(signal) {
      while (!signal.aborted) {
        await exchange();
        await clock.sleep(state === 'shared' ? everyMs : PROBE_MS, signal).catch(() => {});
      }
    },
  };
}
