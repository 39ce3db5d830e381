import type { Clock } from '@openkupe/contract/clock';
import type { Random } from '@openkupe/contract/random';
import { createFailureDomain, type FailureDomain, type Probe } from './failure-domain.ts';

/** What an attempt says about the health of what it was sent to. */
export type Health =
  /** Any answer but a 5xx. */
  | 'well'
  /** A 5xx, or an answer that did not come: this resource, and nothing is known about others. */
  | 'sick'
  /** Certain that nothing could be sent: whatever is behind this origin. */
  | 'dead';

/** Failures in a row, without a success between them, that make a domain count as down. */
const FAILURES = 5;
/** Distinct resources, of distinct routes, that have to fail before it is the origin: a 503 may only mean "this cluster is not ready". */
const DISTINCT_PATHS = 3;
const DISTINCT_ROUTES = 2;
const MOST_DOMAINS = 1_000;
/** However little was going on before an outage, this many a second is a beginning. */
const LEAST_PER_SECOND = 2;

/** Whoever spaces requests: asked when trouble begins, and told when an outage of the whole origin is over. */
export interface Traffic {
  deliveredPerSecond(): number;
  restart(perSecond: number): void;
}

export interface Target {
  readonly route: string;
  readonly path: string;
}

/**
 * Knows what is down, resource by resource, and the origin as a whole only on proof. While something is down its calls are parked and
 * one of them is sent now and then to see whether it is back.
 */
export interface Outage {
  /** The domain that keeps a call from being sent now, the wider one first. */
  blocking(target: Target): FailureDomain | undefined;
  /**
   * The role of the probe of `domain`, if this call may have it at once. While the origin is down that is every call whose own resource
   * has not failed, one at a time, so that a few that are not ready hold nobody up who would be answered.
   */
  tryProbe(domain: FailureDomain, target: Target): Probe | undefined;
  /** Takes in how an attempt that was sent at `sentAt` (monotonic) went. */
  report(target: Target, health: Health, sentAt: number): void;
}

export function createOutage(clock: Clock, random: Random, traffic: Traffic): Outage {
  const resources = new Map<string, FailureDomain>();
  const origin = createFailureDomain(clock, random);
  const failing = new Map<string, string>();
  let healthyPerSecond = 0;
  let failures = 0;
  let deadInARow = 0;
  let lastWellAt = Number.NEGATIVE_INFINITY;

  const well = (path: string) => {
    const wasDown = origin.isDown;
    lastWellAt = clock.monotonic();
    failures = 0;
    deadInARow = 0;
    failing.clear();
    if (wasDown) traffic.restart(Math.max(LEAST_PER_SECOND, healthyPerSecond));
    origin.open();
    for (const [key, domain] of wasDown ? [...resources] : [[path, resources.get(path)] as const]) {
      resources.delete(key);
      domain?.open();
    }
  };
  const domainOf = (path: string) => {
    const domain = resources.get(path) ?? createFailureDomain(clock, random);
    resources.set(path, domain);
    for (const [key, other] of resources) {
      if (resources.size <= MOST_DOMAINS) break;
      if (!other.isDown) resources.delete(key);
    }
    return domain;
  };

  return {
    blocking({ path }) {
      return [origin, resources.get(path)].find((domain) => domain?.isDown);
    },
    tryProbe: (domain, { path }) => domain.tryProbe(domain === origin && deadInARow === 0 && !failing.has(path)),
    report({ route, path }, health, sentAt) {
      if (health === 'well') return well(path);
      if (sentAt < lastWellAt && health === 'dead') return;
      const own = domainOf(path);
      own.failures += 1;
      if (own.failures >= FAILURES) own.close();
      if (failures === 0) healthyPerSecond = traffic.deliveredPerSecond();
      failures += 1;
      deadInARow = health === 'dead' ? deadInARow + 1 : 0;
      if (failing.size < MOST_DOMAINS) failing.set(path, route);
      const isWide = failures >= FAILURES && failing.size >= DISTINCT_PATHS && new Set(failing.values()).size >= DISTINCT_ROUTES;
      if (isWide || deadInARow >= FAILURES) origin.close();
    },
  };
}
