import type { DecisionRow } from './decisions.ts';
import type { Part, Results } from './results.ts';
import type { Spread } from './statistics.ts';
import type { Verdict } from './targets.ts';

/** A measured number with as many digits as it deserves. */
function number(value: number | undefined | null): string {
  if (value === undefined || value === null || Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en').replaceAll(',', ' ');
  if (size === 0 || Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(size < 1 ? 2 : 3)));
}
const ratio = (value: number) => value.toFixed(3);
const percent = (share: number | undefined) =>
  share === undefined ? '–' : `${Number((share * 100).toFixed(share > 0.99 && share < 1 ? 2 : 1))} %`;
const spread = ({ median, least, most }: Spread, format: (value: number) => string = number) =>
  format(least) === format(most) ? format(median) : `${format(median)} (${format(least)}–${format(most)})`;
const millions = (value: number) => (value / 1e6).toFixed(2);
const yesNo = (isSo: boolean) => (isSo ? 'yes' : 'no');

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), `|${heads.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}
const own = (name: string) => (name === 'openkupe' ? '**openkupe**' : name);

function decisionCells({ name, measures, timesFlexible, didNotFinish }: DecisionRow): string[] {
  if (!measures) return [own(name), `did not finish: ${didNotFinish}`, '', '', '', '', '', '', ''];
  return [
    own(name),
    spread(measures.insertPerSecond, millions),
    spread(measures.randomPerSecond, millions),
    spread(measures.hotPerSecond, millions),
    timesFlexible ? spread(timesFlexible, (value) => value.toFixed(1)) : '1',
    number(measures.bytesPerKey.median),
    number(measures.p50Ns.median),
    spread(measures.p99Ns),
    number(measures.longestGcMs.median),
  ];
}

function decisions({ decisions = [] }: Results): string {
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
    .map(([keys, rows]) => `### ${keys / 1e6} million keys\n\n${table(heads, rows.map(decisionCells))}`)
    .join('\n\n');
}

function promises({ promises = [] }: Results): string {
  const heads = [
    'limiter',
    'passed in 0.5 s of "100 per 2 s"',
    'Retry-After true',
    `served of ${promises[0]?.callers ?? 0}`,
    'refused per served',
  ];
  return table(
    heads,
    promises.map((row) => [own(row.name), number(row.worstWindow), percent(row.truth), number(row.served), number(row.refusedPerServed)]),
  );
}

function storms({ storms = [] }: Results): string {
  const rows = storms.map((row) => [
    row.limit,
    row.weather,
    own(row.rule),
    spread(row.servedShare, percent),
    row.servedShare.median < 1 ? 'never' : spread(row.ofIdeal, ratio),
    spread(row.truth, percent),
    spread(row.refusedPerCall),
  ]);
  return table(['storm', 'first requests, returns', 'Retry-After by', 'served', 'finish/ideal', 'true', '429/call'], rows);
}

function clients({ clients = [] }: Results): string {
  const rows = clients.map((row) => [
    row.name,
    row.limit,
    `${row.done}/${row.calls}`,
    ratio(row.ofIdeal),
    percent(row.truth),
    number(row.refusedPerCall),
    number(row.arrivingSeconds),
  ]);
  return table(['client', 'limit', 'finished', 'finish/ideal', 'Retry-After true', '429/call', 'first requests within s'], rows);
}

function guessing({ guessing }: Results): string {
  if (!guessing) return '';
  const rows = guessing.guessers.map(({ who, perDay, addresses }) => [who, number(perDay), number(perDay / addresses)]);
  const { asked, served, atOnce } = guessing.neighbour;
  return `${table(['guesser', 'guesses a day', 'per address group'], rows)}\n\nThe quiet neighbour: ${number(served)} of ${number(asked)} served, ${number(atOnce)} of them at once.`;
}

function attacks({ attacks }: Results): string {
  if (!attacks) return '';
  const rows = attacks.hours.map((row) => [
    row.attack,
    number(row.sentPerHour),
    number(row.acceptedPerHour),
    percent(row.honestElsewhere),
    percent(row.honestNear),
    percent(row.honestNearWithoutKey),
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
  const still = `Time standing still: ${forgotten} of ${number(ofKeys)} keys over their limit forgotten after ${number(newcomers)} new ones, ${number(evictions)} evictions, ${number(bytes / 1e6)} MB before and after.`;
  const collisions = attacks.collisions.map((row) => [
    row.isKeyKnown ? 'the hash key had leaked' : 'the hash key is unknown',
    number(row.addresses),
    number(row.overflows),
    percent(row.honestInSet),
  ]);
  return `${table(heads, rows)}\n\n${still}\n\n${table(['addresses chosen to meet in one set', 'addresses', 'counted in the overflow', 'honest in that set'], collisions)}`;
}

function server({ server }: Results): string {
  if (!server) return '';
  const quartiles = ({ median, firstQuartile, thirdQuartile, least, most }: Spread) =>
    `${ratio(median)} (half within ${ratio(firstQuartile)}–${ratio(thirdQuartile)}, all within ${ratio(least)}–${ratio(most)})`;
  const rows = (['perSecond', 'p99Ms', 'cpuUsEach'] as const).map((measure) => [
    { perSecond: 'requests/s', p99Ms: 'p99 ms', cpuUsEach: 'processor µs/request' }[measure],
    spread(server.withGuard[measure]),
    spread(server.withoutGuard[measure]),
    quartiles(server.effect[measure]),
    quartiles(server.control[measure]),
  ]);
  return table(['', 'with the guard', 'without', `with/without, ${server.rounds} pairs`, 'without/without'], rows);
}

function overload({ overload }: Results): string {
  if (!overload) return '';
  const rows = overload.rows.map((row) => [
    `${row.ofCapacity}×`,
    yesNo(row.hasOverloadGuard),
    number(row.offeredPerSecond),
    number(row.goodPerSecond),
    number(row.p50Ms),
    number(row.p99Ms),
    number(row.refused),
    number(row.lost),
  ]);
  const mice = overload.mice.map((row) => [
    number(row.elephants),
    yesNo(row.hasOverloadGuard),
    percent(row.servedShare),
    number(row.p99Ms),
    number(row.elephantsPerSecond),
  ]);
  return [
    `Capacity: ${number(overload.capacityPerSecond)} lists a second.`,
    table(['offered', 'sheds load', 'lists/s', 'answered/s', 'p50 ms', 'p99 ms', '503', 'lost'], rows),
    table(['elephants', 'sheds load', 'mouse served within 2 s', 'mouse p99 ms', "elephants' lists/s"], mice),
  ].join('\n\n');
}

/** Every part as Markdown. */
export const TABLES: Readonly<Record<Part, (results: Results) => string>> = {
  decisions,
  promises,
  storms,
  clients,
  guessing,
  attacks,
  server,
  overload,
};

export function targetTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ target, value, wanted, isMet }) => [
    target,
    String(Number(value.toPrecision(4))),
    wanted,
    isMet ? 'yes' : '**no**',
  ]);
  return table(['target', 'measured', 'wanted', 'met'], rows);
}
