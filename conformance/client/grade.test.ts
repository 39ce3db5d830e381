import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { gradeClient } from './grade.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

test('the SDK passes every scenario', { timeout: 90_000 }, async () => {
  const grades = await gradeClient([process.execPath, path('../../packages/sdk/conformance-driver.mjs')]);
  expect(grades.filter(({ fault }) => fault !== undefined).map(({ scenario, fault }) => `${scenario.title}: ${fault}`)).toEqual([]);
  expect(new Set(grades.map(({ scenario }) => scenario.requirement)).size).toBe(9);
});

test('a client that repeats everything at once is caught', { timeout: 60_000 }, async () => {
  const grades = await gradeClient([process.execPath, path('./naive-driver.mjs')]);
  const failed = new Set(grades.filter(({ fault }) => fault !== undefined).map(({ scenario }) => scenario.requirement));
  expect([...failed].sort()).toEqual(['C10', 'C11', 'C13', 'C2', 'C4', 'C5', 'C6', 'C8']);
});
