import { contestant, digits, markdown, percent, range } from '../harness/table.ts';
import type { DecisionRow } from './decisions.ts';
import type { Results } from './results.ts';

const ratio = (value: number) => value.toFixed(3);
const millions = (value: number) => (value / 1e6).toFixed(2);
const share = (value: number | undefined) => percent(value ?? Number.NaN);

function decisionCells({ name, measures, timesFlexible, didNotFinish }: DecisionRow): string[] {
  if (!measures) return [contestant(name), `did not finish: ${didNotFinish}`, '', '', '', '', '', '', ''];
  return [
    contestant(name),
    range(measures.insertPerSecond, millions),
    range(measures.randomPerSecond, millions),
    range(measures.hotPerSecond, millions),
    timesFlexible ? range(timesFlexible, (value) => value.toFixed(1)) : '1',
    digits(measures.bytesPerKey.median),
    digits(measures.p50Ns.median),
    range(measures.p99Ns),
    digits(measures.longestGcMs.median),
  ];
}

/** Decisions per second, memory and latency of every limiter, by the number of keys. */
export function decisionsTable(decisions: Results['decisions']): string {
  const heads = [
    'limiter',
    'new keys M/s',
    'all keys M/s',
    '1 024 keys M/s',
    '× rate-limiter-flexible',
    'bytes/key',
    'p50 ns',
    'p99 ns',
    'longest GC ms',
  ];
  return [...Map.groupBy(decisions, ({ keys }) => keys)]
    .map(([keys, rows]) => `### ${keys / 1e6} million keys\n\n${markdown(heads, rows.map(decisionCells))}`)
    .join('\n\n');
}

/** What every limiter lets through, and how often its Retry-After is true. */
export function promisesTable(promises: Results['promises']): string {
  const heads = [
    'limiter',
    'passed in 0.5 s of "100 per 2 s"',
    'Retry-After true',
    `served of ${promises[0]?.callers ?? 0}`,
    'refused per served',
  ];
  return markdown(
    heads,
    promises.map((row) => [
      contestant(row.name),
      digits(row.worstWindow),
      share(row.truth),
      digits(row.served),
      digits(row.refusedPerServed),
    ]),
  );
}

/** Storms in virtual time, beside the same limit without reservation. */
export function stormsTable(storms: Results['storms']): string {
  const rows = storms.map((row) => [
    row.limit,
    row.weather,
    contestant(row.rule),
    range(row.servedShare, share),
    row.servedShare.median < 1 ? 'never' : range(row.ofIdeal, ratio),
    range(row.truth, share),
    range(row.refusedPerCall),
  ]);
  return markdown(['storm', 'first requests, returns', 'Retry-After by', 'served', 'finish/ideal', 'true', '429/call'], rows);
}

/** Real clients against a server on loopback. */
export function clientsTable(clients: Results['clients']): string {
  const rows = clients.map((row) => [
    row.name,
    row.limit,
    `${row.done}/${row.calls}`,
    ratio(row.ofIdeal),
    share(row.truth),
    digits(row.refusedPerCall),
    digits(row.arrivingSeconds),
  ]);
  return markdown(['client', 'limit', 'finished', 'finish/ideal', 'Retry-After true', '429/call', 'first requests within s'], rows);
}

/** Guesses a day, and what a neighbour of the guesser gets. */
export function guessingTable(guessing: Results['guessing']): string {
  const rows = guessing.guessers.map(({ who, perDay, addresses }) => [who, digits(perDay), digits(perDay / addresses)]);
  const { asked, served, atOnce } = guessing.neighbour;
  return `${markdown(['guesser', 'guesses a day', 'per address group'], rows)}\n\nThe quiet neighbour: ${digits(served)} of ${digits(asked)} served, ${digits(atOnce)} of them at once.`;
}

/** An hour of each attack, a flood of new keys, and keys that meet in one set. */
export function attacksTable(attacks: Results['attacks']): string {
  const rows = attacks.hours.map((row) => [
    row.attack,
    digits(row.sentPerHour),
    digits(row.acceptedPerHour),
    share(row.honestElsewhere),
    share(row.honestNear),
    share(row.honestNearWithoutKey),
    String(row.forgotten),
  ]);
  const heads = [
    'attack',
    'sent/h',
    'admitted/h',
    'honest elsewhere',
    'honest beside it',
    'the same without a key',
    'limited keys forgotten',
  ];
  const { forgotten, ofKeys, newcomers, bytes, evictions } = attacks.standingStill;
  const still = `Time standing still: ${forgotten} of ${digits(ofKeys)} keys over their limit forgotten after ${digits(newcomers)} new ones, ${digits(evictions)} evictions, ${digits(bytes / 1e6)} MB before and after.`;
  const collisions = attacks.collisions.map((row) => [
    row.isKeyKnown ? 'the hash key had leaked' : 'the hash key is unknown',
    digits(row.addresses),
    digits(row.overflows),
    share(row.honestInSet),
  ]);
  return `${markdown(heads, rows)}\n\n${still}\n\n${markdown(['addresses chosen to meet in one set', 'addresses', 'counted in the overflow', 'honest in that set'], collisions)}`;
}

/** The whole server with and without its limits. */
export function serverTable(server: Results['server']): string {
  const rows = (['perSecond', 'p99Ms', 'cpuUsEach'] as const).map((measure) => [
    { perSecond: 'requests/s', p99Ms: 'p99 ms', cpuUsEach: 'processor µs/request' }[measure],
    range(server.withGuard[measure]),
    range(server.withoutGuard[measure]),
    range(server.effect[measure], ratio),
    range(server.control[measure], ratio),
  ]);
  return markdown(['', 'with the guard', 'without', `with/without, ${server.rounds} pairs`, 'without/without'], rows);
}

/** The whole server beyond its capacity. */
export function overloadTable(overload: Results['overload']): string {
  const rows = overload.rows.map((row) => [
    `${row.ofCapacity}×`,
    row.shedding,
    digits(row.offeredPerSecond),
    digits(row.goodPerSecond),
    digits(row.p50Ms),
    digits(row.p99Ms),
    digits(row.refused),
    digits(row.lost),
  ]);
  const mice = overload.mice.map((row) => [
    digits(row.elephants),
    row.shedding,
    share(row.servedShare),
    digits(row.p99Ms),
    digits(row.elephantsPerSecond),
  ]);
  return [
    `Capacity: ${digits(overload.capacityPerSecond)} lists a second.`,
    markdown(['offered', 'sheds load', 'lists/s', 'answered/s', 'p50 ms', 'p99 ms', '503', 'lost'], rows),
    markdown(['elephants', 'sheds load', 'mouse served within 2 s', 'mouse p99 ms', "elephants' lists/s"], mice),
  ].join('\n\n');
}
