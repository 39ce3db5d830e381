import type { Clock } from '@openkupe/contract';
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
 * and keeps its spending, and probes once a second; when it answers, everything is told. A store that was emptied learns again from
 * what the nodes know.
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
  requests: number;
}

export function createSharedRate(options: SharedRateOptions): SharedRate {
  const { clock, store, subject, everyMs, patienceMs } = options;
  const counters = { exchanges: 0, failures: 0, untold: 0 };
  const waiting = new Map<string, Entry>();
  const watched = new Map<string, { readonly group: AddressGroup; readonly dueMs: number }>();
  let state: SharedRate['state'] = 'local-share';
  let nodes = 1;

  const ask = async (spendings: readonly Spending[]) => {
    const patience = new AbortController();
    const tooLate = clock.sleep(patienceMs, patience.signal).then(
      () => undefined,
      () => undefined,
    );
    try {
      return await Promise.race([store.exchange(options.nodeId, spendings), tooLate]);
    } catch {
      return undefined;
    } finally {
      patience.abort();
    }
  };
  const takeBatch = (nowMs: number) => {
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
  /** What could not be told is told next time. A late answer may count it twice, which errs on the strict side. */
  const putBack = (batch: readonly [string, Entry][]) => {
    for (const [key, entry] of batch) {
      const since = waiting.get(key);
      if (since) since.requests += entry.requests;
      else waiting.set(key, entry);
    }
  };

  async function exchange(): Promise<void> {
    const askedAtMs = clock.monotonic();
    const batch = takeBatch(askedAtMs);
    const spendings = batch.map(([key, { group, requests }]) => {
      const aheadMs = subject.aheadMs(group, askedAtMs);
      const spentMs = requests * subject.intervalMs;
      // After an absence most of what was spent has come back; what has not is all there is to tell. A share comes back that much slower.
      if (state === 'local-share') return { key, spentMs: Math.min(spentMs, aheadMs / nodes), knownMs: 0 };
      return { key, spentMs, knownMs: Math.max(0, aheadMs - spentMs) };
    });
    const answer = await ask(spendings);
    if (!answer) {
      counters.failures += 1;
      putBack(batch);
      if (state === 'shared') subject.setShare(nodes);
      state = 'local-share';
      return;
    }
    counters.exchanges += 1;
    const nowMs = clock.monotonic();
    for (const [at, [key, { group }]] of batch.entries()) {
      const aheadMs = answer.aheadMs[at] ?? 0;
      const dueMs = nowMs + Math.max(everyMs, aheadMs / LOOKS_WHILE_RECOVERING);
      if (aheadMs > 0 && watched.size < WATCHED_GROUPS) watched.set(key, { group, dueMs });
      // The answer has aged on its way; and what is told next has to age on its own, or every exchange would add a journey to the debt.
      const agedMs = Math.max(0, aheadMs - (nowMs - askedAtMs));
      const spentSinceMs = (waiting.get(key)?.requests ?? 0) * subject.intervalMs;
      subject.setAhead(group, agedMs + spentSinceMs, nowMs);
    }
    nodes = Math.max(1, answer.nodes);
    if (state === 'local-share') subject.setShare(1);
    state = 'shared';
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
