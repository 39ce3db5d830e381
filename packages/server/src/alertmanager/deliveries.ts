import type { Random } from '@openkupe/contract';
import { createWakeSignal } from '../reconciler/wake-signal.ts';
import { createWorkBackoff } from '../reconciler/work-backoff.ts';
import { type DeliverOncePorts, deliverOnce } from './deliver-once.ts';

/** Keeps what is in force in Alertmanager as it is stored. One process at a time does. */
export interface AlertmanagerDeliveries {
  /** Delivers what is stored, and again after every change. */
  start(): void;
  /** A configuration was changed, or went with its tenant. */
  wake(): void;
  /** Begins nothing more, and gives up what is under way between two of its steps. */
  stop(): Promise<void>;
}

/** What {@link createAlertmanagerDeliveries} needs. */
export interface AlertmanagerDeliveryOptions extends DeliverOncePorts {
  readonly random: Random;
  readonly pace?: Partial<DeliveryPace>;
}

/** Milliseconds. */
export interface DeliveryPace {
  /** Between two deliveries at least, so that many changes are one reload: each restarts the groups of all tenants. */
  readonly spacingMs: number;
  /** Between two checks that what is stored is still in force, for an Alertmanager that lost it. */
  readonly checkMs: number;
}

const PACE: DeliveryPace = { spacingMs: 2_000, checkMs: 15_000 };
/** The longest wait after failures. */
const LONGEST_WAIT_MS = 30_000;

/** The deliveries of one process. */
export function createAlertmanagerDeliveries(options: AlertmanagerDeliveryOptions): AlertmanagerDeliveries {
  const { clock, random, counters, log } = options;
  const pace = { ...PACE, ...options.pace };
  const stopping = new AbortController();
  const news = createWakeSignal(clock);
  const backoff = createWorkBackoff(random);
  let delivering = Promise.resolve();

  /** How long to wait for news afterwards, in milliseconds. */
  async function deliverOrFail(): Promise<number> {
    try {
      if (await deliverOnce(options, stopping.signal)) {
        backoff.succeeded('');
        return pace.checkMs;
      }
    } catch (error) {
      log.warn({ err: error }, 'Alertmanager configurations could not be read or their status not be written; trying again');
    }
    return Math.min(LONGEST_WAIT_MS, backoff.failed('').delayMs);
  }

  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      const waitMs = await deliverOrFail();
      await clock.sleep(pace.spacingMs, stopping.signal).catch(() => {});
      if (!stopping.signal.aborted) await news.wait(waitMs);
    }
  }

  return {
    start() {
      delivering = follow();
    },
    wake: () => news.wake(),
    async stop() {
      stopping.abort('stopping');
      news.wake();
      await delivering;
      counters.clear();
    },
  };
}
