import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { Redis } from 'iovalkey';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasValkey, NEEDS_VALKEY, startValkey, type ValkeyServer } from '../../../../../conformance/valkey-server.ts';
import { networkLimitOf } from '../address-limit.ts';
import type { RateLimit } from '../gcra.ts';
import type { Charge, SharedDecision, SharedRequest } from '../shared-limit.ts';
import { EPOCH, limitArguments, readDecision, SCRIPT, takeArguments } from './take.ts';

const LIMIT = { name: 'address', perSecond: 20, burst: 100, horizonMs: 60_000 };
/** The script with its one reading of the server's time replaced by a key, so that time is in the test's hand. */
const ON_TEST_TIME = SCRIPT.replace("redis.call('TIME')", "redis.call('HMGET', 'time', 'seconds', 'microseconds')");

let server: ValkeyServer;
let client: Redis;

beforeAll(async () => {
  if (!hasValkey) return;
  server = await startValkey();
  client = new Redis(server.port);
});
afterAll(async () => {
  client?.disconnect();
  await server?.kill();
});
beforeEach(async () => {
  await client?.flushall();
  await client?.set(EPOCH, 0);
});

type Asked = Partial<SharedRequest> & { readonly credential?: string; readonly charge?: Charge };

/** Asks at a moment, as the processes do: a credential that begins with `?` was not verified and has no flow of its own. */
async function ask(nowMs: number, { credential = 'me', charge = 1, ...request }: Asked, limit: RateLimit = LIMIT): Promise<SharedDecision> {
  const { fingerprint = 'x', address = 'a' } = request;
  const isTrusted = !credential.startsWith('?');
  const who = { flow: isTrusted ? credential : '?', isTrusted, isCommon: false };
  const asked = { ...who, ...request, address, fingerprint: `${credential}-${fingerprint}` };
  await client.hset('time', { seconds: Math.floor(nowMs / 1000), microseconds: Math.round((nowMs % 1000) * 1000) });
  const decision = readDecision(
    await client.eval(ON_TEST_TIME, ...takeArguments(asked, charge, limitArguments(limit, networkLimitOf(limit)))),
  );
  if (!decision) throw new Error('The script decided nothing');
  return decision;
}

async function spend(nowMs: number, requests = LIMIT.burst) {
  for (let at = 0; at < requests; at += 1) await ask(nowMs, { credential: 'other', fingerprint: `${at}` });
}

/** Calls of a pool of workers, each the next one as soon as it is done with one, which wait as they are asked to and try five times. */
async function pool(workers: number, calls: number, requestOf: (call: number) => Asked) {
  const random = createSeededRandom(1);
  const seen = { done: 0, gaveUp: 0, broken: 0, lastMs: 0 };
  const events: { atMs: number; call: number; attempt: number; wasReserved: boolean }[] = [];
  let next = 0;
  const begin = (atMs: number) => next < calls && events.push({ atMs, call: next++, attempt: 1, wasReserved: false });
  for (let worker = 0; worker < workers; worker += 1) begin(1_000_000 + worker);
  while (events.length > 0) {
    events.sort((one, other) => other.atMs - one.atMs);
    const event = events.pop() as (typeof events)[0];
    const { outcome, waitMs, isReserved } = await ask(event.atMs, requestOf(event.call));
    if (event.wasReserved && outcome !== 'admitted') seen.broken += 1;
    if (outcome !== 'admitted' && event.attempt < 5) {
      const seconds = Math.max(1, Math.ceil(waitMs / 1000));
      events.push({ ...event, atMs: event.atMs + seconds * 1000 + random.unit() * 5, attempt: event.attempt + 1, wasReserved: isReserved });
      continue;
    }
    seen[outcome === 'admitted' ? 'done' : 'gaveUp'] += 1;
    seen.lastMs = event.atMs - 1_000_000;
    begin(event.atMs + 6);
  }
  return seen;
}

describe.skipIf(!hasValkey)(`the script ${NEEDS_VALKEY}`, () => {
  it('admits the burst, then promises the next free slots', async () => {
    await spend(5_000);
    expect(await ask(5_000, { fingerprint: 'a' })).toMatchObject({ outcome: 'promised', waitMs: 1000, isReserved: true, usedMs: 5050 });
    expect(await ask(5_000, { fingerprint: 'a' })).toMatchObject({ outcome: 'promised', waitMs: 1000, isReserved: false });
  });

  it('keeps a promise against new requests, and recognises its request by the fingerprint', async () => {
    await spend(5_000);
    await ask(5_000, { fingerprint: 'mine' });
    for (let at = 0; at < 40; at += 1) await ask(5_990, { credential: `new-${at % 8}`, fingerprint: `${at}` });
    expect(await ask(6_000, { fingerprint: 'not mine' })).toMatchObject({ outcome: 'promised' });
    expect(await ask(6_000, { fingerprint: 'mine' })).toMatchObject({ outcome: 'admitted' });
    expect(await ask(6_000, { fingerprint: 'mine' })).not.toMatchObject({ outcome: 'admitted' });
  });

  it('tells a request that comes early the rest of the same wait, and gives it no second slot', async () => {
    await spend(5_000);
    for (let at = 0; at < 50; at += 1) await ask(5_000, { credential: `new-${at % 8}`, fingerprint: `${at}` });
    const { waitMs, usedMs } = await ask(5_000, { fingerprint: 'mine' });
    expect(waitMs).toBe(3000);
    expect(await ask(6_500, { fingerprint: 'mine' })).toMatchObject({
      outcome: 'promised',
      waitMs: 1500,
      usedMs: usedMs - 1500,
      isReserved: false,
    });
    expect(await ask(8_000, { fingerprint: 'mine' })).toMatchObject({ outcome: 'admitted' });
  });

  it('gives a slot back whose request does not return within two seconds', async () => {
    await spend(5_000);
    for (let at = 0; at < 10; at += 1) await ask(5_000, { fingerprint: `${at}` });
    expect((await ask(7_900, { address: 'a', credential: 'other', fingerprint: 'y' })).usedMs).toBe(2650);
    expect((await ask(8_100, { address: 'a', credential: 'other', fingerprint: 'z' })).usedMs).toBe(2000);
  });

  it('promises half a second of quota to all credentials together that were not verified, and as much to each other one', async () => {
    await spend(5_000);
    const outcomes = [];
    for (let at = 0; at < 40; at += 1) outcomes.push((await ask(5_000, { credential: `?${at}` })).outcome);
    expect(outcomes.filter((outcome) => outcome === 'promised')).toHaveLength(10);
    expect(await ask(5_000, { credential: 'verified' })).toMatchObject({ outcome: 'promised', isReserved: true });
  });

  it('gives a request whose credential was verified after it was refused one slot, in its own flow', async () => {
    await spend(5_000);
    const { usedMs } = await ask(5_000, { credential: 'me', flow: '?', isTrusted: false });
    expect(await ask(5_001, { credential: 'me' })).toMatchObject({ outcome: 'promised', usedMs: usedMs - 1, isReserved: true });
    for (let at = 0; at < 12; at += 1) await ask(5_001, { credential: '?', fingerprint: `${at}` });
    expect((await ask(5_001, { credential: 'other', fingerprint: 'x' })).usedMs).toBe(usedMs - 1 + 11 * 50);
  });

  it('refuses a flow that has all its promises until the first of them is due, or a slot is free', async () => {
    await spend(5_000);
    for (let at = 0; at < 30; at += 1) await ask(5_000, { fingerprint: `${at}` });
    expect(await ask(5_000, { fingerprint: 'y' })).toMatchObject({ outcome: 'refused', waitMs: 550, refusedForMs: 550 });
    for (const credential of ['b', 'c']) for (let at = 0; at < 10; at += 1) await ask(5_000, { credential, fingerprint: `${at}` });
    expect(await ask(5_000, { fingerprint: 'z' })).toMatchObject({ outcome: 'refused', refusedForMs: 1000 });
  });

  it('admits ten times as much of a /48, and makes no promise that it could break', async () => {
    for (let at = 0; at < 950; at += 1) await ask(5_000, { address: `${at % 50}`, network: 'n', fingerprint: `${at}` });
    await spend(5_000);
    expect(await ask(5_000, { network: 'n', fingerprint: 'p' })).toMatchObject({ outcome: 'promised', isReserved: false });
    for (let at = 0; at < 50; at += 1) await ask(5_000, { address: `${50 + at}`, network: 'n' });
    expect(await ask(5_000, { address: 'new', network: 'n' })).toMatchObject({ outcome: 'refused', networkUsedMs: 5000 });
  });

  it.each([
    ['distinct', (call: number): Asked => ({ fingerprint: `${call}` })],
    ['mixed', (call: number): Asked => ({ fingerprint: ['list', `create-${call % 14}`][call % 5] ?? `${call}`, isCommon: call % 5 < 2 })],
  ])('serves a pool of 40 workers with 400 %s calls: no promise broken, none given up', async (_what, requestOf) => {
    const outcome = await pool(40, 400, requestOf);
    expect(outcome).toMatchObject({ done: 400, gaveUp: 0, broken: 0 });
    expect(outcome.lastMs).toBeLessThan(15_000 * 1.1);
  });

  it('admits at most burst + rate × (w + 3.3) requests in any window of w seconds, whatever clients do', async () => {
    const random = createSeededRandom(3);
    for (let round = 0; round < 8; round += 1) {
      const pick = <Value>(values: readonly Value[]) => values[Math.floor(random.unit() * values.length)] as Value;
      const limit = { ...LIMIT, perSecond: pick([1, 7, 20, 100]), burst: pick([1, 3, 10, 50]) };
      const admitted: number[] = [];
      const returns: { atMs: number; request: Asked }[] = [];
      for (let atMs = 1_000_000, sent = 0; sent < 300; sent += 1) {
        atMs += pick([0, 0, random.unit() * 30, random.unit() * 1500]);
        const fresh = {
          credential: pick(['a', 'b', '?c', '?d']),
          fingerprint: `${Math.floor(random.unit() * 12)}`,
          isCommon: pick([true, false]),
        };
        const due = returns.findIndex((one) => one.atMs <= atMs);
        const request = due < 0 ? fresh : (returns.splice(due, 1)[0]?.request ?? fresh);
        const { outcome, waitMs } = await ask(atMs, { ...request, address: `${round}` }, limit);
        if (outcome === 'admitted') admitted.push(atMs);
        else if (random.unit() < 0.7) returns.push({ atMs: atMs + Math.ceil(waitMs / 1000) * 1000 * pick([1, 1, 0.4]), request });
      }
      for (let first = 0; first < admitted.length; first += 1)
        for (let last = first; last < admitted.length; last += 1) {
          const seconds = ((admitted[last] as number) - (admitted[first] as number)) / 1000;
          expect(last - first + 1).toBeLessThanOrEqual(limit.burst + limit.perSecond * (seconds + 3.3));
        }
    }
  });

  it('takes back a request whose buckets have filled meanwhile, also that of a /48', async () => {
    await ask(5_000, { network: 'n' });
    expect(await ask(5_200, { network: 'n', charge: -1 })).toMatchObject({ usedMs: 0, networkUsedMs: 0 });
    expect(await ask(5_200, { network: 'n' })).toMatchObject({ outcome: 'admitted', usedMs: 50, networkUsedMs: 5 });
  });

  it('decides nothing where the store has lost what it counted', async () => {
    await client.flushall();
    await client.hset('time', { seconds: 1, microseconds: 0 });
    const request = { address: 'a', flow: 'f', fingerprint: 'x', isTrusted: true, isCommon: false };
    expect(readDecision(await client.eval(ON_TEST_TIME, ...takeArguments(request, 1, limitArguments(LIMIT, LIMIT))))).toBeUndefined();
  });

  it('closes an address for no longer than promises reach when the clock of the server is set back', async () => {
    await spend(9_000_000);
    expect((await ask(5_000, { fingerprint: 'y' })).usedMs).toBeLessThanOrEqual(5_000 + LIMIT.horizonMs + 50);
  });

  it('lets what is known about an address expire once its bucket is full', async () => {
    await spend(5_000);
    await ask(5_000, { fingerprint: 'y' });
    for (const key of ['openkupe:limit:a', 'openkupe:limit:a:flows']) {
      expect(await client.pttl(key)).toBeGreaterThan(8_000);
      expect(await client.pttl(key)).toBeLessThan(9_100);
    }
  });
});
