// Runs every test the machine can run, and says what it skipped and how to enable it. Arguments go to Vitest.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled, root } from './ensure-installed.mjs';
import { nodeBinary } from './node-binary.mjs';

ensureInstalled();

const folder = mkdtempSync(join(tmpdir(), 'openkupe-test-'));
const report = join(folder, 'report.json');
const node = nodeBinary();
const { status } = spawnSync(
  node,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: `${join(node, '..')}:${process.env.PATH}` } },
);

if (existsSync(report)) {
  const {
    numPassedTests: passed,
    numFailedTests: failed,
    numFailedTestSuites: failedSuites,
    testResults,
  } = JSON.parse(readFileSync(report, 'utf8'));
  const skipped = testResults.flatMap((file) =>
    file.assertionResults.filter((test) => test.status === 'pending' || test.status === 'skipped'),
  );
  // NOTE: a suite that cannot run says in its title what it needs: `… (needs redis-server on the PATH)`.
  const reasons = [...new Set(skipped.map((test) => /\(needs [^)]+\)/.exec(test.fullName)?.[0] ?? `(no reason given: ${test.fullName})`))];
  if (skipped.length > 0)
    console.log(
      `\nSkipped ${skipped.length} tests:\n${reasons.map((reason) => `  ${reason}`).join('\n')}\nInstall what is named and run this again to include them.`,
    );
  const broken = failed === 0 && status !== 0 ? Math.max(1, failedSuites) : failed;
  console.log(`\n${passed} passed, ${broken} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`);
}
rmSync(folder, { recursive: true, force: true });
process.exitCode = status ?? 1;
