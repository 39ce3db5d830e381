import type { Results } from './results.ts';

export interface Verdict {
  readonly target: string;
  readonly value: number;
  readonly wanted: string;
  readonly isMet: boolean;
}

interface Target {
  readonly target: string;
  /** The value, or undefined when its part was not measured. */
  of(results: Results): number | undefined;
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly below?: number;
}

const ours = (results: Results) => results.decisions?.find(({ name, keys }) => name === 'openkupe' && keys === 1_000_000);
const least = (values: readonly number[] | undefined) => (values && values.length > 0 ? Math.min(...values) : undefined);
const most = (values: readonly number[] | undefined) => (values && values.length > 0 ? Math.max(...values) : undefined);

/** Clients at the limit that leaves no room: a burst of one second's quota. */
const tight = ({ clients }: Results) => clients?.filter(({ limit }) => limit === '10/s, burst 10');

const TARGETS: readonly Target[] = [
  {
    target: 'times rate-limiter-flexible at 1 M keys, median of the rounds',
    of: (results) => ours(results)?.timesFlexible?.median,
    atLeast: 5,
  },
  { target: 'bytes per key at 1 M keys', of: (results) => ours(results)?.measures?.bytesPerKey.median, atMost: 34 },
  { target: 'p99 of a decision at 1 M keys, ns', of: (results) => ours(results)?.measures?.p99Ns.median, below: 2000 },
  { target: 'truth of Retry-After', of: ({ promises }) => promises?.find(({ name }) => name === 'openkupe')?.truth, atLeast: 0.99 },
  {
    target: 'keys over their limit forgotten under 10 M distinct addresses',
    of: ({ attacks }) => attacks && attacks.standingStill.forgotten + attacks.hours.reduce((sum, { forgotten }) => sum + forgotten, 0),
    atMost: 0,
  },
  { target: 'guesses a day and address group', of: ({ guessing }) => guessing?.guessers[0]?.perDay, atMost: 116 },
  { target: 'NAT neighbour served', of: ({ guessing }) => guessing && guessing.neighbour.served / guessing.neighbour.asked, atLeast: 1 },
  {
    target: 'calls finished by the worst of six clients',
    of: ({ clients }) => least(clients?.map(({ done, calls }) => done / calls)),
    atLeast: 1,
  },
  {
    target: 'slowest of six clients, of the ideal time',
    of: (results) => most(tight(results)?.map(({ ofIdeal }) => ofIdeal)),
    atMost: 1.05,
  },
];

/** What is promised, and whether it was measured so. */
export function judge(results: Results): Verdict[] {
  return TARGETS.flatMap(({ target, of, atMost, atLeast, below }) => {
    const value = of(results);
    if (value === undefined) return [];
    const isMet = value <= (atMost ?? value) && value >= (atLeast ?? value) && (below === undefined || value < below);
    const wanted = atMost !== undefined ? `≤ ${atMost}` : atLeast !== undefined ? `≥ ${atLeast}` : `< ${below}`;
    return [{ target, value, wanted, isMet }];
  });
}
