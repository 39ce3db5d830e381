// Tests run in another order every time. This fails the build when the tests of a file share one control plane, and with it one tenant.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** These send hundreds of requests that are refused, and change nothing. */
const UNCHANGING = /^packages\/server\/src\/routes\/every-route\//;

/** The findings in one test file's text, as `path:line: what to do instead`. */
export function findSharedControlPlanes(path, text) {
  if (UNCHANGING.test(path)) return [];
  return [...text.matchAll(/\bbeforeAll\((?:(?!\n\s*\}\);)[\s\S])*?\bstartInProcess\(/g)].map(
    ({ index }) =>
      `${path}:${text.slice(0, index).split('\n').length}: start the control plane in beforeEach, so that each test has a fresh tenant`,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.test.ts'], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean);
  const findings = files.flatMap((path) => findSharedControlPlanes(path, readFileSync(path, 'utf8')));
  for (const finding of findings) console.error(finding);
  console.log(`${files.length} test files, ${findings.length} that share a control plane`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
