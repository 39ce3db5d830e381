import type { Clock } from '@openkupe/contract';
import { type AddressGroup, addressGroup, formatAddressGroup } from './address-group.ts';
import { checkedAnswer } from './checked-answer.ts';
import { createShareOfLimit, type ShareOfLimit, type ShareOfLimitOptions } from './share-of-limit.ts';
import type { SharedAnswer, SharedStore } from './shared-store.ts';
import { createStoreTime } from './store-time.ts';
import { baseOf, createUntoldSpending, settle, type Untold } from './untold-spending.ts';
import { createWatchedGroups } from './watched-groups.ts';

/** The part of the address limit that the exchange reads and corrects. */
export interface SharedSubject {
  /** Milliseconds of quota one request costs when the whole limit is enforced. */
  readonly intervalMs: number;
  /** A full bucket of the whole limit, in milliseconds. */
  readonly toleranceMs: number;
  /** A group's arrival time, 0 if it is not known. */
  arrivalMs(group: AddressGroup): number;
  setArrival(group: AddressGroup, arrivalMs: number): void;
  /** Enforces this node's share: the whole limit for 1, a half for 2. */
  setShare(nodes: number): void;
  /** Does what an operator did at another node: gives a group everything back. */
  forgive(group: AddressGroup): void;
}

/**
 * Keeps the nodes' tables in agreement without making any request wait: every node decides on its own table, tells the shared store
 * what it spent every few milliseconds, and takes over what all of them spent. Requests that several nodes admitted in the same
 * moment are a debt that all of them see at the next exchange. While the store is away every node enforces its share of the limit
 * and keeps what it still owes, and probes; when it answers, all of it is told. A store that was emptied learns again from what the
 * nodes know.
 */
export interface SharedRate extends Pick<ShareOfLimit, 'state' | 'nodes'> {
  readonly counters: { exchanges: number; failures: number; untold: number };
  /** Notes that one request of the group was charged. */
  spent(group: AddressGroup): void;
  /** Makes every other node forgive the group as this one did. */
  forgive(group: AddressGroup): void;
  /** Exchanges until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** One exchange. Never rejects. */
  exchange(): Promise<void>;
}

export interface SharedRateOptions extends Pick<ShareOfLimitOptions, 'log' | 'servers'> {
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
const WATCHED_GROUPS = 2000;
/** Groups told in one exchange, which bounds how long the script runs. */
const TOLD_AT_ONCE = 500;
/** After an absence there may be more to tell than fits in one exchange. */
const MOST_ROUNDS = WAITING_GROUPS / TOLD_AT_ONCE;
/** While the store is away it is probed twice as late each time, up to this. */
const LONGEST_PROBE_MS = 1000;

export function createSharedRate(options: SharedRateOptions): SharedRate {
  const { clock, store, subject, everyMs, patienceMs } = options;
  const counters = { exchanges: 0, failures: 0, untold: 0 };
  const untold = createUntoldSpending({ most: WAITING_GROUPS });
  const watched = createWatchedGroups({ most: WATCHED_GROUPS, everyMs });
  const storeTime = createStoreTime();
  const share = createShareOfLimit({ ...options, enforce: (parts) => subject.setShare(parts) });
  let heardMs = 0;
  let sequence = 1;
  let nodesCounted = 1;
  /** Nobody knows whether it was counted, so it is told again under its number, and nothing else before it is answered. */
  let unanswered: readonly Untold[] | undefined;

  /** What has come back to this node while it was alone, to what is not answered first: one share serves one after the other. */
  const settleAll = (nowMs: number) => {
    for (const told of unanswered ?? []) {
      const since = untold.find(told.key);
      if (since) since.knownMs = Math.max(since.knownMs, baseOf(told) + share.parts * told.spentMs);
      settle(told, share.parts, nowMs);
    }
    untold.settle(share.parts, nowMs);
  };
  const takeBatch = (nowMs: number): readonly Untold[] => {
    const batch = untold.take(TOLD_AT_ONCE);
    const told = new Set(batch.map(({ key }) => key));
    for (const [key, group] of watched.takeDue(TOLD_AT_ONCE - batch.length, nowMs)) {
      const look = { key, group, spentMs: 0, knownMs: subject.arrivalMs(group), sinceMs: 0, isForgiven: false };
      if (!told.has(key)) batch.push(look);
    }
    return batch;
  };
  const ask = async (batch: readonly Untold[], askedAtMs: number): Promise<SharedAnswer> => {
    const spendings = batch.map((told) => {
      const { key, spentMs, isForgiven } = told;
      return { key, spentMs, isForgiven, baseMs: baseOf(told) - askedAtMs };
    });
    const atMs = storeTime.atStore(askedAtMs);
    const telling = { nodeId: options.nodeId, sequence, atMs, toleranceMs: subject.toleranceMs, heardMs, spendings };
    const patience = new AbortController();
    const tooLate = clock.sleep(patienceMs, patience.signal).then(() => {
      throw new Error(`it did not answer within ${patienceMs} ms`);
    });
    tooLate.catch(() => {});
    try {
      return checkedAnswer(await Promise.race([store.exchange(telling), tooLate]), telling);
    } finally {
      patience.abort();
    }
  };
  /** What an operator forgave at another node is forgiven here, with what was spent before this node heard of it. */
  const hear = (forgiven: readonly string[], batch: readonly Untold[]) => {
    for (const key of forgiven) {
      const group = addressGroup(key.replace(/\/64$/, ''));
      const isOwn = batch.some((told) => told.key === key && told.isForgiven) || untold.find(key)?.isForgiven;
      if (isOwn || formatAddressGroup(group) !== key) continue;
      untold.drop(key);
      watched.drop(key);
      subject.forgive(group);
    }
  };
  const takeOver = (answer: SharedAnswer, batch: readonly Untold[], nowMs: number) => {
    for (const [at, { key, group }] of batch.entries()) {
      const since = untold.find(key);
      if (since?.isForgiven) continue;
      const aheadMs = answer.aheadMs[at] as number;
      watched.watch(key, group, aheadMs, nowMs);
      const arrivalMs = storeTime.atNode(answer.nowMs + aheadMs);
      if (since) since.knownMs = arrivalMs;
      subject.setArrival(group, since ? baseOf(since) + since.spentMs : arrivalMs);
    }
  };

  /** Tells one batch. What is left to do: `again` when the store had to tell its time first, `more` when not all fitted in. */
  async function tell(): Promise<'done' | 'more' | 'again'> {
    const askedAtMs = clock.monotonic();
    if (share.state === 'local-share') settleAll(askedAtMs);
    const isToldAgain = unanswered !== undefined;
    const batch = unanswered ?? takeBatch(askedAtMs);
    unanswered = batch;
    const answer = await ask(batch, askedAtMs);
    const nowMs = clock.monotonic();
    storeTime.learn(answer.nowMs, askedAtMs, nowMs);
    if (answer.isLate) return 'again';
    unanswered = undefined;
    sequence += 1;
    heardMs = answer.heardMs;
    nodesCounted = answer.nodes;
    counters.exchanges += 1;
    hear(answer.forgiven, batch);
    takeOver(answer, batch, nowMs);
    return untold.size > 0 && (isToldAgain || batch.length === TOLD_AT_ONCE) ? 'more' : 'done';
  }
  /** Until all is told, the others do not know what this node spent while it was alone, so it goes on with its share. */
  async function exchange(): Promise<void> {
    try {
      for (let round = 0; round < MOST_ROUNDS; round += 1) {
        let left = await tell();
        if (left === 'again') left = await tell();
        // Its time is known after one answer.
        if (left === 'again') throw new Error('it counts nothing, because what it hears is always late');
        if (left === 'done') break;
      }
      share.answered(nodesCounted);
    } catch (error) {
      counters.failures += 1;
      share.failed(error);
    }
  }

  return {
    get state() {
      return share.state;
    },
    get nodes() {
      return share.nodes;
    },
    counters,
    exchange,
    spent(group) {
      const nowMs = clock.monotonic();
      const knownMs = subject.arrivalMs(group) - share.parts * subject.intervalMs;
      if (!untold.add(group, subject.intervalMs, knownMs, nowMs)) counters.untold += 1;
    },
    forgive(group) {
      watched.drop(formatAddressGroup(group));
      if (!untold.forgive(group)) counters.untold += 1;
    },
    async run(signal) {
      while (!signal.aborted) {
        await exchange();
        const waitMs = Math.min(LONGEST_PROBE_MS, everyMs * 2 ** share.failuresInARow);
        await clock.sleep(waitMs, signal).catch(() => {});
      }
    },
  };
}
