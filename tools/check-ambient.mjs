// Time, chance, identity and the environment are ports. This fails the build when a source file reaches around them.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const RULES = [
  {
    pattern: /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b|\bprocess\.hrtime\b/,
    door: 'Clock.now or Clock.monotonic (packages/contract/src/clock.ts)',
  },
  { pattern: /\bsetTimeout\b|\bsetInterval\b|node:timers/, door: 'Clock.sleep (packages/contract/src/clock.ts)' },
  {
    pattern: /\bMath\.random\b|\brandomUUID\b|\brandomBytes\b|\brandomInt\b|\bgetRandomValues\b/,
    door: 'Random (packages/contract/src/random.ts)',
  },
  { pattern: /\bprocess\.env\b/, door: 'the configuration (packages/server/src/config/) or the entry point of the CLI' },
];

/** The doors themselves. */
const DOORS = [
  /^packages\/contract\/src\/(clock|random)\.ts$/,
  /^packages\/contract\/src\/testing\//,
  /^packages\/server\/src\/config\/environment\.ts$/,
  /^packages\/cli\/src\/main\.ts$/,
];

const isCode = (line) => !/^\s*(\*|\/\/|\/\*)/.test(line);

/** The findings in one file's text, as `path:line: what to use instead`. */
export function findAmbient(path, text) {
  if (DOORS.some((door) => door.test(path))) return [];
  return text
    .split('\n')
    .flatMap((line, index) =>
      RULES.filter(({ pattern }) => isCode(line) && pattern.test(line)).map(
        ({ door }) => `${path}:${index + 1}: use ${door} instead of "${line.trim()}"`,
      ),
    );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'packages/*/src/*.ts', 'packages/*/src/*.tsx'], {
    encoding: 'utf8',
  }).split('\n');
  const sources = files.filter((path) => path && !/\.test\.tsx?$|\/testing\/|-conformance\.ts$/.test(path));
  const findings = sources.flatMap((path) => findAmbient(path, readFileSync(path, 'utf8')));
  for (const finding of findings) console.error(finding);
  console.log(`${sources.length} source files, ${findings.length} ambient uses of time, chance or the environment`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
