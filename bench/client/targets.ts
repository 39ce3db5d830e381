import type { Spread } from '../harness/statistics.ts';

/** What our client promises in a scenario. */
export interface Target {
  readonly text: string;
  readonly scenario: string;
  readonly circumstances: string;
  readonly measure: string;
  /** The median over the seeds decides about a size, the worst seed about "all" and "none". */
  readonly decides: keyof Spread;
  readonly isMet: (value: number) => boolean;
}

const atMost = (limit: number) => (value: number) => value <= limit;
const atLeast = (limit: number) => (value: number) => value >= limit;

type Place = readonly [scenario: string, circumstances: string];
const size = (text: string, [scenario, circumstances]: Place, measure: string, isMet: Target['isMet']): Target => {
  return { text, scenario, circumstances, measure, decides: 'median', isMet };
};
const none = (text: string, [scenario, circumstances]: Place, measure: string): Target => {
  return { text, scenario, circumstances, measure, decides: 'most', isMet: atMost(0) };
};
const all = (text: string, [scenario, circumstances]: Place): Target => {
  return { text, scenario, circumstances, measure: 'done %', decides: 'least', isMet: atLeast(100) };
};

const KINDS = ['next-token', 'reservation'];
const STORM_SIZES = ['1 × 300 calls, 10/s burst 10', '1 × 3000 calls, 100/s burst 100'];

const storms = STORM_SIZES.flatMap((storm) =>
  KINDS.flatMap((kind) => {
    const blind: Place = ['A', `${storm}, ${kind}`];
    const announced: Place = ['A', `${storm}, ${kind}, fields`];
    return [
      all(`A ${blind[1]}: all done`, blind),
      size(`A ${blind[1]}: ≤ 1.10 × ideal`, blind, 'finish/ideal', atMost(1.1)),
      size(`A ${blind[1]}: ≤ 0.10 refused per call`, blind, '429/call', atMost(0.1)),
      size(`A ${announced[1]}: ≤ 1.05 × ideal`, announced, 'finish/ideal', atMost(1.05)),
      size(`A ${announced[1]}: ≤ 0.02 refused per call`, announced, '429/call', atMost(0.02)),
    ];
  }),
);

const shared = KINDS.flatMap((kind) => {
  const here: Place = ['B', `8 × 40 calls, 10/s burst 10, ${kind}`];
  return [
    all(`B ${here[1]}: all done`, here),
    size(`B ${here[1]}: ≤ 1.08 × ideal`, here, 'finish/ideal', atMost(1.08)),
    size(`B ${here[1]}: ≤ 0.5 refused per call`, here, '429/call', atMost(0.5)),
    size(`B ${here[1]}: Jain ≥ 0.75`, here, 'Jain', atLeast(0.75)),
  ];
});

const unavailable = ['30 s of 503', '30 s of refused connections'].flatMap((name) => {
  const here: Place = ['C', name];
  return [
    size(`C ${name}: ≥ 99.9 % inside 60 s`, here, 'success in 60 s %', atLeast(99.9)),
    size(`C ${name}: ≤ 0.05 × added load`, here, 'added load ×', atMost(0.05)),
  ];
});

const grid: Place = ['K', 'a random grid'];
const quota: Place = ['L', '100 clients, 800 requests, 80 per minute, burst 100'];
const conflicts: Place = ['F', '50 writers'];
const cancels: Place = ['I', 'abort in a 20 s wait'];
const kinds: Place = ['J', '14 kinds of header'];
const random: Place = ['J', 'random headers'];

export const TARGETS: readonly Target[] = [
  ...storms,
  ...shared,
  ...unavailable,
  none('C one sick resource: no healthy call harmed', ['C', 'one sick resource for 30 s'], 'healthy calls harmed'),
  size('F 50 writers: ≥ 99 % succeed', conflicts, 'success %', atLeast(99)),
  size('F 50 writers: ≤ 6 writes per success', conflicts, 'writes/success', atMost(6)),
  ...['keys honoured', 'no keys'].flatMap((keys) => [
    none(`G 5 % lost, ${keys}: no duplicate`, ['G', `5 % lost, ${keys}`], 'duplicates'),
    none(`G 5 % lost, ${keys}: no false error`, ['G', `5 % lost, ${keys}`], 'false errors'),
  ]),
  { ...none('I: < 5 ms', cancels, 'worst ms'), isMet: (value) => value < 5 },
  none('I: no timer left', cancels, 'timers left after 5 ms'),
  none('J 14 kinds: no early return', kinds, 'returned too early'),
  none('J 14 kinds: no silent wait over 2 min', kinds, 'silent for over 2 min'),
  none('J random: no crash', random, 'crashes'),
  none('J random: no early return', random, 'returned too early'),
  none('J random: no wait over a minute and its jitter', random, 'waited over 61 s'),
  size('K a random grid: ≤ 1.20 × ideal', grid, '× ideal', atMost(1.2)),
  size('K a random grid: ≤ 0.15 refused per call', grid, '429/call', atMost(0.15)),
  { ...size('K a random grid: ≤ 1.35 × ideal in the worst cell', grid, '× ideal', atMost(1.35)), decides: 'most' },
  all('K a random grid: all done', grid),
  size('L 100 clients on one quota: ≤ 1.25 × ideal', quota, 'duration/ideal', atMost(1.25)),
  size('L 100 clients on one quota: ≤ 0.75 refused per request', quota, '429/request', atMost(0.75)),
];
