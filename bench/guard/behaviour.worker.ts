/** What limiters promise and keep: worst window, truth of Retry-After, forgotten keys, guesses, the neighbour. Prints JSON. */
import { setTimeout as pause } from 'node:timers/promises';
import { systemRandom } from '../../packages/contract/src/index.ts';
import { createSeededRandom } from '../../packages/contract/src/testing/seeded-random.ts';
import { createGuard, guardLimits } from '../../packages/server/src/guard/create-guard.ts';
import { LIMITERS, type Subject } from './limiters.ts';

const yes = async (subject: Subject, key: string) => subject.decide(key);

/** "100 per 2 s", asked for as much as passes around the turn of the window: the most that passed within 500 ms, of 100 in 2 s. */
async function worstWindow(subject: Subject): Promise<number> {
  const passed: number[] = [];
  const start = performance.now();
  if (await yes(subject, '192.0.2.1')) passed.push(0);
  await pause(1930);
  while (performance.now() - start < 2400) {
    if (await yes(subject, '192.0.2.1')) passed.push(performance.now() - start);
    else await pause(1);
  }
  return Math.max(...passed.map((from) => passed.filter((at) => at >= from && at < from + 500).length));
}

/** 300 callers at once against 10 a second; each waits exactly what it was told. */
async function truth(subject: Subject) {
  let kept = 0;
  let returns = 0;
  let served = 0;
  let requests = 0;
  const start = performance.now();
  const caller = async () => {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await pause(5 + 45 * Math.random());
      requests += 1;
      const waitSeconds = await subject.ask('192.0.2.7');
      if (attempt > 0) returns += 1;
      if (waitSeconds === 0) {
        if (attempt > 0) kept += 1;
        served += 1;
        return;
      }
      await pause(waitSeconds * 1000);
    }
  };
  await Promise.all(Array.from({ length: 300 }, caller));
  return {
    truth: kept / Math.max(1, returns),
    served,
    refusedPerServed: (requests - served) / served,
    seconds: (performance.now() - start) / 1000,
  };
}

/** A thousand keys over their limit, then ten million new ones; time stands still, so that nothing recovers. */
async function forgotten(subject: Subject, quota: number, newcomers: number): Promise<number> {
  const over = Array.from({ length: 1000 }, (_, at) => `203.0.${at >> 8}.${at & 255}`);
  for (const key of over) for (let request = 0; request <= quota; request += 1) await subject.decide(key);
  for (let at = 0; at < newcomers; at += 1) {
    const answer = subject.decide(`${11 + (at >>> 24)}.${(at >>> 16) & 255}.${(at >>> 8) & 255}.${at & 255}`);
    if (typeof answer !== 'boolean') await answer;
  }
  let count = 0;
  for (const key of over) if (await subject.decide(key)) count += 1;
  return count;
}

function stoppedGuard(quota: number) {
  const clock = { monotonic: () => 1000 };
  const address = { name: 'address', perSecond: 20, burst: quota, horizonMs: 60_000 };
  const guard = createGuard({ clock, random: systemRandom, limits: guardLimits({ address }) });
  return { name: 'openkupe', guard, decide: (key: string) => guard.admit({ address: key }).isAdmitted, ask: () => 0 };
}

/** Wrong keys, each tried once, for a day, from one address; every wait is obeyed. */
function guessesPerDay(): number {
  let nowMs = 0;
  const guard = createGuard({ clock: { monotonic: () => nowMs }, random: createSeededRandom(1) });
  let looked = 0;
  while (nowMs < 86_400_000) {
    const request = { address: '192.0.2.66', credential: `kupe_${looked.toString(16).padStart(8, '0')}_x` };
    const admission = guard.admit(request);
    const start = admission.isAdmitted ? guard.beginAuthentication(request) : { outcome: 'refused' as const, refusal: admission };
    if (start.outcome === 'verify') {
      looked += 1;
      start.finish(false);
    } else if (start.outcome === 'refused') nowMs += Number(start.refusal.headers['retry-after']) * 1000;
  }
  return looked;
}

/** A quiet caller (5 a second) behind the address of one that sends a thousand a second and guesses keys as well; ten minutes. */
function neighbour() {
  let nowMs = 0;
  const guard = createGuard({ clock: { monotonic: () => nowMs }, random: createSeededRandom(1) });
  const address = '192.0.2.1';
  const prove = (credential: string) => {
    const start = guard.beginAuthentication({ address, credential });
    if (start.outcome === 'verify') start.finish(true);
  };
  prove('kupe_quiet');
  prove('kupe_noisy');
  let asked = 0;
  let served = 0;
  let atOnce = 0;
  let returnsAtMs = -1;
  for (; nowMs < 600_000; nowMs += 1) {
    guard.admit({ address, credential: 'kupe_noisy' });
    if (nowMs % 1000 === 500) {
      const start = guard.beginAuthentication({ address, credential: `kupe_${nowMs}_wrong` });
      if (start.outcome === 'verify') start.finish(false);
    }
    // Whoever was refused comes back when told.
    if (nowMs === returnsAtMs && guard.admit({ address, credential: 'kupe_quiet' }).isAdmitted) served += 1;
    if (nowMs % 200 !== 0) continue;
    asked += 1;
    const admission = guard.admit({ address, credential: 'kupe_quiet' });
    if (admission.isAdmitted) {
      served += 1;
      atOnce += 1;
    } else returnsAtMs = nowMs + Number(admission.headers['retry-after']) * 1000;
  }
  return { asked, served, atOnce };
}

const [newcomersText = '10000000'] = process.argv.slice(2);
const makeAll = (quota: number, windowMs: number) => Promise.all(Object.values(LIMITERS).map((make) => make({ quota, windowMs }, 10_000)));
const result: Record<string, unknown> = {};

const worst: Record<string, number> = {};
for (const make of Object.values(LIMITERS)) {
  const subject = await make({ quota: 100, windowMs: 2000 }, 10_000);
  worst[subject.name] = await worstWindow(subject);
  subject.close?.();
}
result.worstWindow = worst;
const storms = await makeAll(10, 1000);
result.truth = Object.fromEntries(await Promise.all(storms.map(async (subject) => [subject.name, await truth(subject)])));
for (const subject of storms) subject.close?.();

const stopped = stoppedGuard(100);
const ours = {
  forgotten: await forgotten(stopped, 100, Number(newcomersText)),
  ofKeys: 1000,
  bytes: stopped.guard.bytes,
  metrics: stopped.guard.metrics,
};
const lru = await LIMITERS['@fastify/rate-limit']?.({ quota: 100, windowMs: 600_000 }, 4999);
result.forgotten = {
  openkupe: ours,
  '@fastify/rate-limit (its default of 5 000 keys)': lru && { forgotten: await forgotten(lru, 100, 100_000), ofKeys: 1000 },
};
result.guessesPerDay = guessesPerDay();
result.neighbour = neighbour();
console.log(JSON.stringify(result));
process.exit(0);
