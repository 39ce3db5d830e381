import { Histogram } from './histogram.ts';

/** Answers of the API by route, status and code, and how long they took by route. */
export interface RequestCounters {
  /** `route`: its id in the contract, or nothing where none was found. `seconds`: until the answer was decided; of a stream, until it began. */
  note(route: string | undefined, status: number, code: string | undefined, seconds: number): void;
  /** Every combination that was answered: bounded by routes and codes of the contract, of which callers choose neither. */
  answers(): { readonly route: string; readonly status: string; readonly code: string; readonly count: number }[];
  durations(): ReadonlyMap<string, Histogram>;
  /** Counts a request that was answered as the one before it with the same idempotency key. */
  noteReplay(): void;
  readonly replays: number;
}

interface OfRoute {
  readonly duration: Histogram;
  readonly byAnswer: Map<string, { readonly status: string; readonly code: string; count: number }>;
}

/** The label of requests that name no route of the contract. */
const NO_ROUTE = 'none';

/** Counts from zero. */
export function createRequestCounters(): RequestCounters {
  const routes = new Map<string, OfRoute>();
  let replays = 0;
  return {
    noteReplay() {
      replays += 1;
    },
    get replays() {
      return replays;
    },
    note(route = NO_ROUTE, status, code = '', seconds) {
      let found = routes.get(route);
      if (!found) {
        found = { duration: new Histogram(), byAnswer: new Map() };
        routes.set(route, found);
      }
      found.duration.note(seconds);
      const key = code === '' ? String(status) : `${status} ${code}`;
      const answer = found.byAnswer.get(key);
      if (answer) answer.count += 1;
      else found.byAnswer.set(key, { status: String(status), code, count: 1 });
    },
    answers: () => [...routes].flatMap(([route, { byAnswer }]) => [...byAnswer.values()].map((answer) => ({ route, ...answer }))),
    durations: () => new Map([...routes].map(([route, { duration }]) => [route, duration])),
  };
}
