import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
// @ts-expect-error a script without types
import { listTests } from './tools/list-tests.mjs';

const { unit, withProcesses, onKubernetes } = listTests(import.meta.dirname, [
  'packages/*/src/**/*.test.ts',
  'conformance/**/*.test.ts',
  'simulation/**/*.test.ts',
  'tools/**/*.test.ts',
  'bench/**/*.test.ts',
]);

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // NOTE: what is waited for comes late on a busy machine; a test about time says its own limit.
    expect: { poll: { timeout: 10_000 } },
    pool: 'forks',
    // NOTE: one core stays free for what the tests start, but on two cores, too, two files run at once: many wait most of the time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // NOTE: the order of the tests in a file is another one in every run, so that none can rely on what another left behind.
    sequence: { shuffle: { tests: true } },
    projects: [
      // NOTE: these touch nothing but memory and folders of their own, so the files of a worker share its modules: half of the time.
      { extends: true, test: { name: 'unit', include: unit, isolate: false } },
      // NOTE: they share the machine with what they start and wait by its clocks; one that fails twice in a row is no matter of chance.
      { extends: true, test: { name: 'process', include: withProcesses, retry: 1 } },
      // NOTE: each file starts control planes of its own, 0.5 GiB each, so one file runs at a time.
      {
        extends: true,
        test: {
          name: 'kubernetes',
          include: onKubernetes,
          retry: 1,
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          globalSetup: 'conformance/kubernetes/build-programs.ts',
        },
      },
    ],
  },
});
