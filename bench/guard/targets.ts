import type { Target } from '../harness/targets.ts';
import type { Results } from './results.ts';

const ours = (results: Partial<Results>) => results.decisions?.find(({ name, keys }) => name === 'openkupe' && keys === 1_000_000);
const least = (values: readonly number[] | undefined) => (values && values.length > 0 ? Math.min(...values) : undefined);
const most = (values: readonly number[] | undefined) => (values && values.length > 0 ? Math.max(...values) : undefined);

/** Clients at the limit that leaves no room: a burst of one second's quota. */
const tight = ({ clients }: Partial<Results>) => clients?.filter(({ limit }) => limit === '10/s, burst 10');

/** What the guard promises. */
export const TARGETS: readonly Target<Results>[] = [
  {
    text: 'times rate-limiter-flexible at 1 M keys, median of the rounds',
    of: (results) => ours(results)?.timesFlexible?.median,
    atLeast: 5,
  },
  { text: 'bytes per key at 1 M keys', of: (results) => ours(results)?.measures?.bytesPerKey.median, atMost: 34 },
  { text: 'p99 of a decision at 1 M keys, ns', of: (results) => ours(results)?.measures?.p99Ns.median, below: 2000 },
  { text: 'truth of Retry-After', of: ({ promises }) => promises?.find(({ name }) => name === 'openkupe')?.truth, atLeast: 0.99 },
  {
    text: 'keys over their limit forgotten under 10 M distinct addresses',
    of: ({ attacks }) => attacks && attacks.standingStill.forgotten + attacks.hours.reduce((sum, { forgotten }) => sum + forgotten, 0),
    atMost: 0,
  },
  { text: 'guesses a day and address group', of: ({ guessing }) => guessing?.guessers[0]?.perDay, atMost: 116 },
  { text: 'NAT neighbour served', of: ({ guessing }) => guessing && guessing.neighbour.served / guessing.neighbour.asked, atLeast: 1 },
  {
    text: 'calls finished by the worst of six clients',
    of: ({ clients }) => least(clients?.map(({ done, calls }) => done / calls)),
    atLeast: 1,
  },
  {
    text: 'slowest of six clients, of the ideal time',
    of: (results) => most(tight(results)?.map(({ ofIdeal }) => ofIdeal)),
    atMost: 1.05,
  },
];
