import { createRoundRobinSemaphore } from '../overload/round-robin-semaphore.ts';
import { createWakeSignal, type WakeSignal } from '../reconciler/wake-signal.ts';
import type { ResourceKey } from '../store/resource.ts';
import type { Store } from '../store/store.ts';
import type { SenderPorts } from './sender.ts';
import { createSenders, type Senders } from './senders.ts';

/** Delivers events to the webhooks of all tenants. One process at a time does; a second one would deliver some twice. */
export interface WebhookDeliveries {
  /** Begins with every webhook, then follows the events. */
  start(): void;
  /** A webhook was created, changed or deleted, or is asked to deliver something. */
  wake(key: ResourceKey<'webhook'>): void;
  /** Begins nothing more; gives up after a while what is under way, which is then delivered again by the next process. */
  stop(): Promise<void>;
}

/** What {@link createWebhookDeliveries} needs. */
export interface DeliveryOptions extends Omit<SenderPorts, 'store' | 'requests' | 'reads' | 'stopping'> {
  readonly store: Pick<Store, 'get' | 'events' | 'commit' | 'keys' | 'newestRevision' | 'onCommit' | 'tenantCreatedIn'>;
}

/** Requests that are under way at the same time, of all tenants. */
const CONCURRENT_REQUESTS = 256;
const CONCURRENT_READS = 4;
/** Events that are read at once, the pause between two reads, and how often the store is asked although no commit was announced. */
const PAGE = 500;
const PAUSE_MS = 20;
const POLL_MS = 1_000;
/** After so many events every webhook is woken, so that the position of one whose tenant is quiet is not left behind what is kept. */
const REFRESH_EVENTS = 10_000;
const RETRY_MS = 5_000;
const GRACE_MS = 1_000;

/** The webhooks there are, by tenant. */
type Directory = ReturnType<typeof createDirectory>;

function createDirectory() {
  const byTenant = new Map<string, Map<string, ResourceKey<'webhook'>>>();
  return {
    get isEmpty() {
      return byTenant.size === 0;
    },
    of: (tenant: string): Iterable<ResourceKey<'webhook'>> => byTenant.get(tenant)?.values() ?? [],
    all: () => [...byTenant.values()].flatMap((keys) => [...keys.values()]),
    add({ kind, tenant, name }: ResourceKey<'webhook'>) {
      const keys = byTenant.get(tenant) ?? new Map();
      byTenant.set(tenant, keys.set(name, { kind, tenant, name }));
    },
    remove({ tenant, name }: ResourceKey<'webhook'>) {
      const keys = byTenant.get(tenant);
      keys?.delete(name);
      if (keys?.size === 0) byTenant.delete(tenant);
    },
  };
}

/** Follows the events, and wakes the webhooks of their tenants. */
async function follow(
  senders: Senders,
  directory: Directory,
  news: WakeSignal,
  stopping: AbortSignal,
  options: DeliveryOptions,
): Promise<void> {
  const { store, clock, log } = options;
  let isKnown = false;
  /** The revision up to which events were read; `undefined` while there is no webhook, and nothing is read. */
  let after: number | undefined;
  let sinceRefresh = 0;

  /** Wakes all webhooks where it begins, because what happened before is not read here, and those of the tenants of the next events. */
  async function readOn(): Promise<number> {
    if (!isKnown) for (const key of await store.keys('webhook')) directory.add(key);
    isKnown = true;
    if (directory.isEmpty) {
      after = undefined;
      return 0;
    }
    if (after === undefined) {
      after = await store.newestRevision();
      directory.all().forEach(senders.wake);
    }
    const page = await store.events(after, PAGE);
    for (const tenant of new Set(page.map(({ key }) => key.tenant))) for (const key of directory.of(tenant)) senders.wake(key);
    after = page.at(-1)?.revision ?? after;
    return page.length;
  }
  while (!stopping.aborted) {
    try {
      const read = await readOn();
      sinceRefresh += read;
      if (sinceRefresh >= REFRESH_EVENTS) {
        sinceRefresh = 0;
        directory.all().forEach(senders.wake);
      }
      if (read === 0) await news.wait(POLL_MS);
    } catch (error) {
      log.warn({ error: String(error) }, 'the events for webhooks could not be read, and are read again');
      await news.wait(RETRY_MS);
    }
    await clock.sleep(PAUSE_MS, stopping).catch(() => {});
  }
}

/** The deliveries of one process. */
export function createWebhookDeliveries(options: DeliveryOptions): WebhookDeliveries {
  const { store, clock } = options;
  const [stopping, givingUp] = [new AbortController(), new AbortController()];
  const directory = createDirectory();
  const news = createWakeSignal(clock);
  const requests = createRoundRobinSemaphore(CONCURRENT_REQUESTS);
  const reads = createRoundRobinSemaphore(CONCURRENT_READS);
  const senders = createSenders({ ...options, requests, reads, stopping: givingUp.signal }, directory.remove);
  let following = Promise.resolve();
  let endWatch = () => {};

  return {
    wake(key) {
      directory.add(key);
      senders.wake(key);
      news.wake();
    },
    start() {
      endWatch = store.onCommit(() => news.wake());
      following = follow(senders, directory, news, stopping.signal, options);
    },
    async stop() {
      stopping.abort('stopping');
      endWatch();
      news.wake();
      const ended = Promise.all([following, senders.stop()]);
      const grace = new AbortController();
      await Promise.race([ended, clock.sleep(GRACE_MS, grace.signal).catch(() => {})]);
      grace.abort('ended');
      givingUp.abort(new Error('the process ends'));
      await ended;
      options.counters.clear();
    },
  };
}
