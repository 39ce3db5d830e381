import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { gradeClient } from './grade.ts';
import type { Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

const ROWS = Array.from({ length: 13 }, (_, at) => `C${at + 1}`);
const drive = (relative: string) => [process.execPath, fileURLToPath(new URL(relative, import.meta.url))];
const ONE_FAULT = drive('./one-fault-driver.mjs');
/** One run of the client shows the fault; those of several runs take as long as a backoff does. */
const isShort = ({ runs }: Scenario) => runs === undefined;

async function faultsOf(command: readonly string[], scenarios?: readonly Scenario[]): Promise<string[]> {
  const grades = await gradeClient(command, scenarios);
  return grades.flatMap(({ scenario, fault }) => (fault === undefined ? [] : [`${scenario.requirement} ${scenario.title}: ${fault}`]));
}
const rowsOf = (faults: readonly string[]) => [...new Set(faults.map((fault) => fault.split(' ')[0]))];

test('there is a scenario for each of the statements', () => {
  expect([...new Set(SCENARIOS.map(({ requirement }) => requirement))].toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1)))).toEqual(
    ROWS,
  );
});

describe('a client that follows the page', () => {
  test('the SDK passes every scenario', { timeout: 100_000 }, async () => {
    expect(await faultsOf(drive('../../packages/sdk/conformance-driver.mjs'))).toEqual([]);
  });

  test('so does a small one without a library', { timeout: 100_000 }, async () => {
    expect(await faultsOf(ONE_FAULT)).toEqual([]);
  });
});

describe('a client with one fault fails in its row, and in no other', () => {
  const withFault = (fault: string) => ['env', `ONE_FAULT=${fault}`, ...ONE_FAULT];
  const SHORT = SCENARIOS.filter(isShort);

  // These wait most of the time.
  test.concurrent.each(['C1', 'C2', 'C3', 'C4', 'C7', 'C8', 'C10', 'C11', 'C12', 'C13'])('%s', { timeout: 100_000 }, async (row) => {
    expect(rowsOf(await faultsOf(withFault(row), SHORT))).toEqual([row]);
  });

  test.each([
    ['C5: a 500 without any pause', 'C5', 'C5'],
    ['C6: Retry-After ignored', 'C6', 'C6'],
    ['C9: a 503 without any pause', 'C9-pause', 'C9'],
    ['C9: pauses that do not grow', 'C9-growth', 'C9'],
  ])('%s', { timeout: 100_000 }, async (_title, fault, row) => {
    expect(rowsOf(await faultsOf(withFault(fault)))).toEqual([row]);
  });

  // NOTE: a busy machine makes pauses longer by chance, which can hide this fault and make none.
  test('C9: pauses without jitter', { timeout: 100_000, retry: 2 }, async () => {
    expect(rowsOf(await faultsOf(withFault('C9-jitter')))).toEqual(['C9']);
  });
});
