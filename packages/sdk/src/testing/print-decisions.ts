import type { Executed } from '@openkupe/contract/http/retry-advice';
import type { Outcome } from '@openkupe/contract/retry/classify';
import { decide, type RetryDecision, type RetryQuestion } from '@openkupe/contract/retry/decide';
import type { RetryAdvice } from '@openkupe/contract/status-table';
import { createPolicy } from '../retry/create-policy.ts';

const OUTCOMES: readonly Exclude<Outcome, 'succeeded'>[] = [
  'invalid-request',
  'unauthenticated',
  'forbidden',
  'not-found',
  'already-exists',
  'precondition-failed',
  'rate-limited',
  'internal',
  'unavailable',
  'unreadable',
  'unreachable',
  'cannot-connect',
  'no-answer',
];

/** Requests by the facts that count; the names are those of the table's columns. */
const REQUESTS = {
  GET: { method: 'GET', hasIfMatch: false, hasKey: false },
  DELETE: { method: 'DELETE', hasIfMatch: false, hasKey: false },
  'DELETE if-match': { method: 'DELETE', hasIfMatch: true, hasKey: false },
  'PATCH if-match': { method: 'PATCH', hasIfMatch: true, hasKey: false },
  'PATCH if-match key': { method: 'PATCH', hasIfMatch: true, hasKey: true },
  'PATCH key': { method: 'PATCH', hasIfMatch: false, hasKey: true },
  PATCH: { method: 'PATCH', hasIfMatch: false, hasKey: false },
  'PUT if-match': { method: 'PUT', hasIfMatch: true, hasKey: false },
  PUT: { method: 'PUT', hasIfMatch: false, hasKey: false },
  'POST key': { method: 'POST', hasIfMatch: false, hasKey: true },
  'POST if-match': { method: 'POST', hasIfMatch: true, hasKey: false },
  POST: { method: 'POST', hasIfMatch: false, hasKey: false },
} as const;

const ADVICE: readonly (RetryAdvice | undefined)[] = [undefined, 'stop', 're-read', 'wait', 'back-off'];
const EXECUTED: readonly Executed[] = ['unknown', 'no', 'yes'];
const ATTEMPTS = [1, 4, 5] as const;
const SERVER_WAITS = [undefined, 0, 7_000, 45_000, 90_000] as const;
/** Plenty of time, and less than any wait. */
const LEFT = [120_000, 10] as const;

const policy = createPolicy();

function word(decision: RetryDecision): string {
  return decision.waitMs === undefined ? `stop ${decision.because}` : `wait ${decision.waitMs} (${decision.because})`;
}

const DIMENSIONS = {
  outcome: OUTCOMES,
  request: Object.keys(REQUESTS),
  advice: ADVICE.map((one) => one ?? 'none'),
  executed: EXECUTED,
  attempt: ATTEMPTS.map(String),
  'retry-after': SERVER_WAITS.map((one) => (one === undefined ? 'nothing' : `${one / 1_000}s`)),
  left: LEFT.map((one) => `${one / 1_000}s`),
} as const;

/** The decision for one choice in every dimension, by its indices. */
function decideAt(indices: readonly number[]): string {
  const [outcome = 0, request = 0, advised = 0, executed = 0, attempts = 0, asked = 0, left = 0] = indices;
  const advice = ADVICE[advised];
  const serverWaitMs = SERVER_WAITS[asked];
  return word(
    decide({
      ...(Object.values(REQUESTS)[request] as (typeof REQUESTS)['GET']),
      ...(serverWaitMs === undefined ? {} : { serverWaitMs }),
      ...(advice === undefined ? {} : { advice }),
      outcome: OUTCOMES[outcome] as RetryQuestion['outcome'],
      executed: EXECUTED[executed] as Executed,
      attempts: ATTEMPTS[attempts] as number,
      leftMs: LEFT[left] as number,
      policy,
      chance: 0.5,
    }),
  );
}

/** The tree of decisions below a choice: values that lead to the same subtree share a branch, a dimension that changes nothing has none. */
function tree(chosen: readonly number[]): string[] {
  const [name, values] = Object.entries(DIMENSIONS)[chosen.length] ?? [];
  if (!name || !values) return [`→ ${decideAt(chosen)}`];
  const branches = new Map<string, { values: string[]; lines: string[] }>();
  values.forEach((value, index) => {
    const lines = tree([...chosen, index]);
    const branch = branches.get(lines.join('\n')) ?? { values: [], lines };
    branch.values.push(value);
    branches.set(lines.join('\n'), branch);
  });
  if (branches.size === 1) return [...branches.values()][0]?.lines ?? [];
  return [...branches.values()].flatMap(({ values: shared, lines: [first = '', ...rest] }) => {
    const label = `${name} ${shared.join(' | ')}`;
    return first.startsWith('→') ? [`${label} ${first}`] : [label, ...[first, ...rest].map((line) => `  ${line}`)];
  });
}

/** All decisions, folded into a tree, chance fixed at one half: the file that is reviewed. */
export function printTable(): string {
  const count = Object.values(DIMENSIONS).reduce((product, values) => product * values.length, 1);
  return `# ${count} decisions as a tree; written by decide.golden.test.ts\n${tree([]).join('\n')}\n`;
}
