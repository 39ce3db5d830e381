/**
 * What limiters promise and keep on the wall clock: the most they let through around the turn of a window, and whether a Retry-After is
 * true. Given: callers in the storm. Prints JSON.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { LIMITERS, type Subject } from './limiters.ts';

const [callersText = '300'] = process.argv.slice(2);
const CALLERS = Number(callersText);
const ATTEMPTS = 5;

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

/** Callers at once against 10 a second; each waits exactly what it was told, and its requests take 5 to 50 ms to arrive. */
async function truth(subject: Subject) {
  let kept = 0;
  let returns = 0;
  let served = 0;
  let requests = 0;
  const start = performance.now();
  const caller = async () => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
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
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return {
    callers: CALLERS,
    truth: kept / Math.max(1, returns),
    served,
    refusedPerServed: (requests - served) / served,
    seconds: (performance.now() - start) / 1000,
  };
}

const makeAll = (quota: number, windowMs: number) => Promise.all(Object.values(LIMITERS).map((make) => make({ quota, windowMs }, 10_000)));
const rows: Record<string, object> = {};
const windows = await makeAll(100, 2000);
for (const { name } of windows) rows[name] = {};
await Promise.all(windows.map(async (subject) => Object.assign(rows[subject.name] ?? {}, { worstWindow: await worstWindow(subject) })));
for (const subject of windows) subject.close?.();
const storms = await makeAll(10, 1000);
await Promise.all(storms.map(async (subject) => Object.assign(rows[subject.name] ?? {}, await truth(subject))));
for (const subject of storms) subject.close?.();
console.log(JSON.stringify(Object.entries(rows).map(([name, row]) => ({ name, ...row }))));
process.exit(0);
