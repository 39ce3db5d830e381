import type { Clock } from '@openkupe/contract/clock';
import type { Random } from '@openkupe/contract/random';
import { FailureDomain } from './failure-domain.ts';

/** What an attempt says about the health of what it was sent to. */
export type Health =
  /** Any answer but a 5xx. */
  | 'well'
  /** A 5xx, or no answer in time: this resource, and nothing is known about others. */
  | 'sick'
  /** No connection: whatever is behind this origin. */
  | 'dead';

/** Failures in a row, without a success between them, that make a domain count as down. */
const FAILURES = 5;
/** Distinct resources, of distinct routes, that have to fail before it is the origin: a 503 may only mean "this cluster is not ready". */
const DISTINCT_PATHS = 3;
const DISTINCT_ROUTES = 2;
const MOST_DOMAINS = 1_000;

/** Whoever spaces requests: told when trouble begins, and when an outage of the whole origin is over. */
export interface Traffic {
  markHealthy(): void;
  recover(): void;
}

export interface Target {
  readonly route: string;
  readonly path: string;
}

/**
 * Knows what is down, resource by resource, and the origin as a whole only on proof. While something is down its calls are parked and
 * one of them is sent now and then to see whether it is back.
 */
export class Outage {
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly traffic: Traffic;
  private readonly resources = new Map<string, FailureDomain>();
  private readonly origin: FailureDomain;
  private readonly failing = new Map<string, string>();
  private failures = 0;
  private deadInARow = 0;
  private lastWellAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, random: Random, traffic: Traffic) {
    this.clock = clock;
    this.random = random;
    this.traffic = traffic;
    this.origin = new FailureDomain(clock, random);
  }

  /** The domain that keeps a call from being sent now, the wider one first. */
  blocking({ path }: Target): FailureDomain | undefined {
    if (this.origin.isDown) return this.origin;
    const own = this.resources.get(path);
    return own?.isDown ? own : undefined;
  }

  /** Takes in how an attempt that was sent at `sentAt` (monotonic) went. `retryAfterMs` postpones the next probe. */
  report({ route, path }: Target, health: Health, sentAt: number, retryAfterMs = 0): void {
    if (health === 'well') {
      this.well(path);
      return;
    }
    if (sentAt < this.lastWellAt && health === 'dead') return;
    const own = this.domain(path);
    own.failed(retryAfterMs);
    if (own.failures >= FAILURES) own.close();
    if (this.failures === 0) this.traffic.markHealthy();
    this.failures += 1;
    this.deadInARow = health === 'dead' ? this.deadInARow + 1 : 0;
    if (this.failing.size < MOST_DOMAINS) this.failing.set(path, route);
    const routes = new Set(this.failing.values());
    const isOrigin = this.failures >= FAILURES && this.failing.size >= DISTINCT_PATHS && routes.size >= DISTINCT_ROUTES;
    if (this.origin.isDown) this.origin.failed(retryAfterMs);
    else if (isOrigin || this.deadInARow >= FAILURES) this.origin.close();
  }

  private well(path: string): void {
    this.lastWellAt = this.clock.monotonic();
    this.failures = 0;
    this.deadInARow = 0;
    this.failing.clear();
    const own = this.resources.get(path);
    this.resources.delete(path);
    const wasDown = this.origin.isDown;
    if (wasDown) this.traffic.recover();
    own?.open();
    this.origin.open();
    if (!wasDown) return;
    for (const [key, domain] of this.resources) {
      this.resources.delete(key);
      domain.open();
    }
  }

  private domain(path: string): FailureDomain {
    let domain = this.resources.get(path);
    if (!domain) {
      domain = new FailureDomain(this.clock, this.random);
      this.resources.set(path, domain);
      for (const [key, other] of this.resources) {
        if (this.resources.size <= MOST_DOMAINS) break;
        if (other.isDown) continue;
        this.resources.delete(key);
      }
    }
    return domain;
  }
}
