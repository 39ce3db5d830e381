import type { Random } from '@openkupe/contract';
import type { Log } from '../log/log.ts';
import type { RoundRobinSemaphore } from '../overload/round-robin-semaphore.ts';
import type { WakeSignal } from '../reconciler/wake-signal.ts';
import type { EventPosition, Resource, ResourceKey, WebhookObserved } from '../store/resource.ts';
import type { Change, Store } from '../store/store.ts';
import { keyOf, observeIf } from '../store/writes.ts';
import { type AttemptPorts, attemptDelivery } from './attempt.ts';
import type { DeliveryCounters } from './delivery-counters.ts';
import { deliveryId, type Message } from './message.ts';
import { isActive, nextTask, type Task } from './next-task.ts';
import { type AttemptResult, afterAttempt, afterRedelivery, isSuccess } from './record-attempt.ts';

/** What a sender needs. */
export interface SenderPorts extends AttemptPorts {
  readonly store: Pick<Store, 'get' | 'events' | 'commit' | 'tenantCreatedIn'>;
  readonly random: Random;
  readonly counters: DeliveryCounters;
  readonly log: Log;
  /** Permits to have a request under way, and to read events, each in turn for every tenant. */
  readonly requests: RoundRobinSemaphore;
  readonly reads: RoundRobinSemaphore;
  /** Aborts when what is under way is given up. */
  readonly stopping: AbortSignal;
}

/** A position that is stored although nothing was delivered is at least so many revisions further, so that most looks write nothing. */
const IDLE_REVISIONS = 1_000;
/** Races that one record may lose; after that the attempt is made again. */
const ROUNDS = 16;

const isSame = (one: EventPosition, other: EventPosition) => one.revision === other.revision && one.index === other.index;

/** The commit of a status; an event and an audit row where it disables the webhook. */
async function changeTo(webhook: Resource<'webhook'>, observed: WebhookObserved, { store, clock }: SenderPorts): Promise<Change> {
  const at = clock.now();
  const writes = [observeIf(webhook, observed)];
  if (observed.disabled === undefined || webhook.observed.disabled !== undefined) return { at, writes };
  const { tenant, name, uid: targetUid } = webhook;
  const message = `Webhook "${name}" was disabled. ${observed.disabled}`;
  const [last] = observed.attempts;
  const tenantUid = (await store.get({ kind: 'tenant', tenant, name: tenant }))?.uid ?? '';
  const target = { target: `webhooks/${name}`, targetUid, requestId: last ? deliveryId(last) : '' };
  return {
    at,
    writes,
    events: [{ key: keyOf(webhook), type: 'observed', message }],
    audit: { tenant, tenantUid, actor: 'control-plane', action: 'webhooks.disable', address: '', fields: [], ...target },
  };
}

/** Commits what `next` makes of the status as it is by then. What a rival has moved on is left as it is. */
async function record(
  webhook: Resource<'webhook'>,
  next: (observed: WebhookObserved) => WebhookObserved | undefined,
  ports: SenderPorts,
): Promise<void> {
  let current: Resource<'webhook'> | undefined = webhook;
  for (let round = 0; round < ROUNDS && current?.uid === webhook.uid; round += 1) {
    const observed = next(current.observed);
    if (!observed) return;
    if ((await ports.store.commit(await changeTo(current, observed, ports))).outcome === 'written') return;
    current = await ports.store.get(keyOf(webhook));
  }
}

/** Whether a webhook is one that events are delivered to now: not those of a suspended tenant, which are delivered once it is resumed. */
async function isServed(webhook: Resource<'webhook'>, { store }: SenderPorts): Promise<boolean> {
  const { tenant } = webhook;
  return isActive(webhook) && (await store.get({ kind: 'tenant', tenant, name: tenant }))?.spec.suspended === undefined;
}

/** Sends a message once it is its turn; `undefined` where the webhook was changed or deleted, or its tenant suspended, meanwhile. */
async function attempt(webhook: Resource<'webhook'>, message: Message, ports: SenderPorts): Promise<AttemptResult | undefined> {
  using _permit = await ports.requests.acquire(webhook.tenant);
  const now = await ports.store.get(keyOf(webhook));
  if (now?.uid !== webhook.uid || now.resourceVersion !== webhook.resourceVersion || !(await isServed(now, ports))) return undefined;
  return await attemptDelivery(now, message, ports, ports.stopping);
}

async function perform(webhook: Resource<'webhook'>, task: Exclude<Task, { task: 'wait' | 'none' }>, ports: SenderPorts): Promise<void> {
  const { message } = task;
  if (!message) return record(webhook, (now) => ({ ...now, redeliveries: now.redeliveries.slice(1) }), ports);
  const result = await attempt(webhook, message, ports);
  if (!result) return;
  ports.counters.countAttempt(isSuccess(result.status));
  if (task.task === 'redeliver') {
    const { asked } = task;
    return record(
      webhook,
      (now) => (isSame(now.redeliveries[0] ?? asked, asked) ? afterRedelivery(now, asked, message.type, result) : undefined),
      ports,
    );
  }
  const { position } = webhook.observed;
  return record(
    webhook,
    (now) => (isSame(now.position, position) ? afterAttempt(now, message, result, task.behind, ports.random) : undefined),
    ports,
  );
}

/**
 * Sends what is due to one webhook, in order, until nothing is due, it is not active, or `isStopping`. Waits before an attempt that is due
 * later end with a wake signal, too. Each attempt is committed with the position behind it, so that a process that is killed between the
 * two sends the message again: at least once. Resolves `gone` where there is no such webhook.
 */
export async function sendDue(
  key: ResourceKey<'webhook'>,
  signal: WakeSignal,
  isStopping: () => boolean,
  ports: SenderPorts,
): Promise<'gone' | 'idle'> {
  const { counters } = ports;
  while (!isStopping()) {
    const webhook = await ports.store.get(key);
    if (!webhook || !(await isServed(webhook, ports))) {
      counters.noteIdle(key);
      return webhook ? 'idle' : 'gone';
    }
    const task = await (async () => {
      using _permit = await ports.reads.acquire(key.tenant);
      return await nextTask(webhook, ports.store, ports.clock.now());
    })();
    if (task.task === 'none') {
      counters.noteIdle(key);
      const { position } = webhook.observed;
      const isFar = task.behind.revision - position.revision >= IDLE_REVISIONS;
      if (isFar) await record(webhook, (now) => (isSame(now.position, position) ? { ...now, position: task.behind } : undefined), ports);
      return 'idle';
    }
    if (task.task === 'deliver') counters.notePending(key, task.message.eventAt);
    if (task.task !== 'wait') await perform(webhook, task, ports);
    else {
      counters.notePending(key, undefined, webhook.observed.failingSince);
      await signal.wait(task.waitMs);
    }
  }
  return 'idle';
}
