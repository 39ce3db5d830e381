import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closeMonths, issueFinalInvoice } from './close-period.ts';
import { grantCredit } from './credit.ts';
import { type LedgerWorld, openLedgerWorld } from './testing/ledger-world.ts';
import { amountSeconds, pence, recomputedPence } from './testing/recompute.ts';

const START = Date.UTC(2026, 0, 10, 7, 30, 15);
const CORES = [undefined, '500m', '1.5', '4'] as const;

const names = fc.constantFrom('web', 'api');
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant('create' as const), name: names, cores: fc.constantFrom(...CORES) }) },
  { weight: 6, arbitrary: fc.record({ does: fc.constant('ready' as const), name: names }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('resize' as const), name: names, cores: fc.constantFrom(...CORES) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('highly-available' as const), name: names }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('remove' as const), name: names }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('plan' as const), plan: fc.constantFrom('starter', 'pro', 'business') }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('credit' as const), pounds: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 8, arbitrary: fc.record({ does: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 20 * 24 * 3_600_000 }) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('close' as const), times: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('restart' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** What has to be on the invoices in the end, kept by watching the history and nothing of the server's arithmetic. */
class Oracle {
  readonly #since = new Map<string, { at: number; millicores: number; isHa: boolean }>();
  /** Millicores and surcharge, times seconds, by uid. */
  readonly cpu = new Map<string, bigint>();
  readonly surcharge = new Map<string, bigint>();
  readonly life = new Map<string, bigint>();
  readonly plans = new Map<string, bigint>();
  creditPence = 0n;
  #plan = { name: 'starter', at: START };

  set(uid: string, now: number, next: { millicores: number; isHa: boolean } | undefined): void {
    const at = Math.floor(now / 1000);
    const before = this.#since.get(uid);
    if (before) {
      const add = (map: Map<string, bigint>, amount: number) => map.set(uid, (map.get(uid) ?? 0n) + BigInt((at - before.at) * amount));
      add(this.cpu, before.millicores);
      add(this.surcharge, before.isHa ? 1 : 0);
      add(this.life, 1);
    }
    if (next) this.#since.set(uid, { at, ...next });
    else this.#since.delete(uid);
  }
  plan(name: string, now: number): void {
    const seconds = BigInt(Math.floor(now / 1000) - Math.floor(this.#plan.at / 1000));
    this.plans.set(this.#plan.name, (this.plans.get(this.#plan.name) ?? 0n) + seconds);
    this.#plan = { name, at: now };
  }
  end(now: number): void {
    for (const uid of [...this.#since.keys()]) this.set(uid, now, undefined);
    this.plan('', now);
  }
}

const MILLICORES: Readonly<Record<string, number>> = { '500m': 500, '1.5': 1500, '4': 4000 };
const millicoresOf = (cores: string | undefined) => (cores === undefined ? 0 : (MILLICORES[cores] ?? Number.NaN));
const sized = (cores: (typeof CORES)[number]) => (cores === undefined ? {} : { cpu: cores });

async function live(world: LedgerWorld, steps: readonly Step[], oracle: Oracle): Promise<void> {
  let created = 0;
  for (const what of steps) {
    const cluster = 'name' in what ? await world.cluster(what.name) : undefined;
    const isReady = cluster?.observed.readyAt !== undefined;
    const now = () => ({ millicores: millicoresOf(cluster?.spec.resources.cpu), isHa: cluster?.observed.highAvailability !== undefined });
    if (what.does === 'wait') world.now += what.ms;
    else if (what.does === 'restart') await world.restart();
    else if (what.does === 'close') {
      const tenant = await world.tenant();
      await Promise.all(Array.from({ length: what.times }, () => closeMonths(world.ports, tenant, world.now)));
    } else if (what.does === 'plan') {
      await world.changePlan(what.plan);
      oracle.plan(what.plan, world.now);
    } else if (what.does === 'credit') {
      await world.commit(grantCredit(await world.tenant(), { amount: `${what.pounds}.00`, reason: 'x' }, world.now));
      oracle.creditPence += BigInt(what.pounds) * 100n;
    } else if (what.does === 'create' && !cluster) {
      created += 1;
      await world.create(what.name, `uid-${created}`, sized(what.cores));
    } else if (what.does === 'ready' && cluster && !isReady) {
      await world.observe(cluster, { readyAt: world.now });
      oracle.set(cluster.uid, world.now, now());
    } else if (what.does === 'resize' && cluster) {
      await world.resize(cluster, sized(what.cores));
      if (isReady) oracle.set(cluster.uid, world.now, { ...now(), millicores: millicoresOf(what.cores) });
    } else if (what.does === 'highly-available' && cluster && isReady && !now().isHa) {
      const replicas = { phase: 'ha-healthy', replicasReady: 3, etcdReplicasReady: 3, enabledAt: world.now } as const;
      await world.observe(cluster, { highAvailability: replicas });
      oracle.set(cluster.uid, world.now, { ...now(), isHa: true });
    } else if (what.does === 'remove' && cluster) {
      await world.remove(cluster);
      oracle.set(cluster.uid, world.now, undefined);
    }
  }
}

const nonZero = (map: ReadonlyMap<string, bigint>) => new Map([...map].filter(([, value]) => value > 0n).sort());

async function expectAllBilledOnce(world: LedgerWorld, oracle: Oracle): Promise<void> {
  const cpu = new Map<string, bigint>();
  const surcharge = new Map<string, bigint>();
  const plans = new Map<string, bigint>();
  let credits = 0n;
  let until = Math.floor(START / 1000) * 1000;
  const add = (map: Map<string, bigint>, key: string, amount: bigint) => map.set(key, (map.get(key) ?? 0n) + amount);
  for (const { spec } of await world.invoices()) {
    expect(spec.periodStart).toBeLessThanOrEqual(until);
    expect(spec.billedUntil).toBeGreaterThanOrEqual(until);
    for (const line of spec.lines) {
      expect(pence(line.cost)).toBe(recomputedPence(line));
      for (const { from, to } of line.segments) {
        expect(Date.parse(from)).toBeGreaterThanOrEqual(until);
        expect(Date.parse(to)).toBeLessThanOrEqual(spec.billedUntil);
      }
      if (line.kind === 'cpu') add(cpu, line.clusterUid ?? '', amountSeconds(line) / 10n ** 6n);
      if (line.kind === 'high-availability') add(surcharge, line.clusterUid ?? '', BigInt(line.seconds));
      if (line.kind === 'platform-fee') add(plans, line.plan ?? '', BigInt(line.seconds));
    }
    until = spec.billedUntil;
    expect(spec.lines.reduce((sum, { cost }) => sum + pence(cost), 0n)).toBe(pence(spec.subtotal));
    expect(pence(spec.subtotal) - pence(spec.creditsApplied)).toBe(pence(spec.total));
    expect(pence(spec.total) >= 0n).toBe(true);
    credits += pence(spec.creditsApplied);
  }
  expect(nonZero(cpu)).toEqual(nonZero(oracle.cpu));
  expect(nonZero(surcharge)).toEqual(nonZero(oracle.surcharge));
  expect(nonZero(plans)).toEqual(nonZero(oracle.plans));
  expect(credits <= oracle.creditPence).toBe(true);
}

describe('whatever happens over months, with restarts and closings at any time', () => {
  it('nothing is billed twice or lost, and every invoice adds up', { timeout: 120_000 }, async () => {
    let billed = 0;
    let months = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 90, size: '+1' }), async (steps) => {
        const world = await openLedgerWorld(START);
        const oracle = new Oracle();
        try {
          await live(world, steps, oracle);
          oracle.end(world.now);
          const tenant = await world.tenant();
          await Promise.all([issueFinalInvoice(world.ports, tenant, world.now), issueFinalInvoice(world.ports, tenant, world.now)]);
          await expectAllBilledOnce(world, oracle);
          billed += nonZero(oracle.cpu).size;
          months += (await world.invoices()).length;
        } finally {
          await world.end();
        }
      }),
      { numRuns: 70, endOnFailure: true },
    );
    // The histories were worth the while.
    expect(billed).toBeGreaterThan(60);
    expect(months).toBeGreaterThan(120);
  });
});
