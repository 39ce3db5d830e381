// Runs every test the machine can run, in an order of its own, and says what it skipped and how to enable it. `--seed N` repeats an order;
// other arguments go to Vitest.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ensureInstalled, root } from './ensure-installed.mjs';
import { isInterrupted, withoutPaths } from './interrupted-files.mjs';
import { nodeBinary } from './node-binary.mjs';

ensureInstalled();

const { seed, others } = readArguments(process.argv.slice(2));
const folder = mkdtempSync(join(tmpdir(), 'openkupe-test-'));
const report = join(folder, 'report.json');
const node = nodeBinary();
const first = runVitest(others);
const interrupted = first.files.filter(isInterrupted);
let runs = [first];
if (interrupted.length > 0) {
  const names = interrupted.map(({ name }) => relative(root, name));
  console.log(`\nThe process that ran ${names.join(', ')} ended before its tests did, as at a crash of the runtime. It runs once more.`);
  runs = [{ ...first, files: first.files.filter((file) => !isInterrupted(file)) }, runVitest([...withoutPaths(others), ...names])];
}
const status =
  interrupted.length > 0 && first.files.every((file) => file.status === 'passed' || isInterrupted(file)) ? runs[1].status : first.status;
const tests = runs.flatMap(({ files }) => files.flatMap((file) => file.assertionResults));

if (tests.length > 0) {
  const skipped = tests.filter((test) => test.status === 'pending' || test.status === 'skipped');
  // NOTE: a suite that cannot run says in its title what it needs: `… (needs sqlite3 on the PATH)`.
  const reasons = [...new Set(skipped.map((test) => /\(needs [^)]+\)/.exec(test.fullName)?.[0] ?? `(no reason given: ${test.fullName})`))];
  if (skipped.length > 0)
    console.log(
      `\nSkipped ${skipped.length} tests:\n${reasons.map((reason) => `  ${reason}`).join('\n')}\nInstall what is named and run this again to include them.`,
    );
  console.log(`\nThe order of the tests was that of seed ${seed}; npm test -- --seed ${seed} repeats it.`);
  const passed = tests.filter((test) => test.status === 'passed').length;
  const failed = tests.filter((test) => test.status === 'failed').length;
  // NOTE: a file that cannot be loaded, and an error outside of all tests, fail the run without a failed test.
  const failedFiles = runs.flatMap(({ files }) => files).filter((file) => file.status === 'failed').length;
  const broken = failed === 0 && status !== 0 ? Math.max(1, failedFiles) : failed;
  console.log(`${passed} passed, ${broken} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`);
}
rmSync(folder, { recursive: true, force: true });
process.exitCode = status ?? 1;

/** Runs Vitest; `files` are its results by test file, none where it could not start. */
function runVitest(extra) {
  rmSync(report, { force: true });
  const { status } = spawnSync(
    node,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      `--sequence.seed=${seed}`,
      ...extra,
    ],
    { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: `${join(node, '..')}:${process.env.PATH}` } },
  );
  return { status, files: existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).testResults : [] };
}

/** Takes `--seed N` or `--seed=N` out of the arguments; without it the seed is another one every time. */
function readArguments(all) {
  const at = all.findIndex((text) => /^--seed(=|$)/.test(text));
  if (at < 0) return { seed: Date.now() % 1_000_000, others: all };
  const [, inline] = all[at].split('=');
  const seed = Number(inline ?? all[at + 1]);
  if (!Number.isSafeInteger(seed)) throw new Error(`--seed must be a whole number, not "${inline ?? all[at + 1] ?? ''}"`);
  return { seed, others: all.toSpliced(at, inline === undefined ? 2 : 1) };
}
