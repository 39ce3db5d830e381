import type { RetryAdvice } from '@openkupe/contract/status-table';
import type { Executed } from '../retry/advice.ts';
import type { Outcome } from '../retry/classify.ts';
import { decide, type RetryQuestion, type Verdict } from '../retry/decide.ts';
import { createPolicy } from '../retry/policy.ts';

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

/** Covered now, soon, and not before the deadline. */
const BUDGET_WAITS = [0, 20_000, 200_000] as const;

const policy = createPolicy();

function word(verdict: Verdict): string {
  return verdict.kind === 'stop' ? `stop ${verdict.reason}` : `wait ${verdict.waitMs} (${verdict.because})`;
}

/** The part of the table behind one outcome and request: which circumstances lead to which verdict, folded. */
function rows(outcome: RetryQuestion['outcome'], request: (typeof REQUESTS)[keyof typeof REQUESTS]): string[] {
  const found: string[] = [];
  for (const advice of ADVICE)
    for (const executed of EXECUTED) {
      const cells: string[] = [];
      for (const attempts of ATTEMPTS)
        for (const serverWaitMs of SERVER_WAITS)
          for (const leftMs of LEFT)
            for (const budgetWaitMs of BUDGET_WAITS) {
              const told = { ...(serverWaitMs === undefined ? {} : { serverWaitMs }), ...(advice === undefined ? {} : { advice }) };
              const verdict = decide({ ...request, ...told, outcome, attempts, policy, executed, leftMs, budgetWaitMs, chance: 0.5 });
              const asked = serverWaitMs === undefined ? 'none' : `${serverWaitMs / 1000}s`;
              cells.push(`attempt=${attempts} told=${asked} left=${leftMs} budget-in=${budgetWaitMs}: ${word(verdict)}`);
            }
      found.push(`advice=${advice ?? 'none'} executed=${executed}\n${fold(cells)}`);
    }
  return found;
}

/** Cells that share one verdict become one line. */
function fold(cells: readonly string[]): string {
  const verdicts = new Set(cells.map((cell) => cell.slice(cell.indexOf(': ') + 2)));
  return verdicts.size === 1 ? `      always: ${[...verdicts][0]}` : cells.map((cell) => `      ${cell}`).join('\n');
}

/** Groups keys by equal text, so that the table lists each distinct behaviour once. */
function grouped(entries: readonly (readonly [key: string, text: string])[]): [keys: string[], text: string][] {
  const byText = new Map<string, string[]>();
  for (const [key, text] of entries) byText.set(text, [...(byText.get(text) ?? []), key]);
  return [...byText].map(([text, keys]) => [keys, text]);
}

/** All decisions, folded into the distinct ones, chance fixed at one half: the file that is reviewed. */
export function printTable(): string {
  const behaviours = OUTCOMES.flatMap((outcome) =>
    Object.entries(REQUESTS).flatMap(([name, request]) =>
      rows(outcome, request).map((row) => {
        const [circumstances = '', ...cells] = row.split('\n');
        return [`${outcome} | ${name} | ${circumstances}`, cells.join('\n')] as const;
      }),
    ),
  );
  const out = [
    `# ${behaviours.length * ATTEMPTS.length * SERVER_WAITS.length * LEFT.length * BUDGET_WAITS.length} decisions; written by decide.golden.test.ts`,
  ];
  for (const [keys, text] of grouped(behaviours)) {
    out.push('', ...foldKeys(keys), text);
  }
  return `${out.join('\n')}\n`;
}

/** Lists `outcome | request | circumstances` keys with their circumstances, then their requests, gathered. */
function foldKeys(keys: readonly string[]): string[] {
  const split = keys.map((key) => key.split(' | ') as [string, string, string]);
  const byPlace = grouped(
    grouped(split.map(([outcome, request, circumstances]) => [circumstances, `${outcome} | ${request}`] as const)).map(
      ([circumstances, place]) => [place, circumstances.map((one) => `      ${one}`).join('\n')] as const,
    ),
  );
  return byPlace.flatMap(([places, circumstances]) => {
    const byOutcome = grouped(
      grouped(places.map((place) => place.split(' | ') as [string, string]).map(([outcome, request]) => [request, outcome] as const)).map(
        ([requests, outcome]) => [outcome, requests.join(', ')] as const,
      ),
    );
    return [...byOutcome.map(([outcomes, requests]) => `${outcomes.join(', ')} | ${requests}`), circumstances];
  });
}
