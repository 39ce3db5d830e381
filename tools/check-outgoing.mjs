// Whatever this server or the CLI reads from elsewhere is bounded in bytes and in time. This fails the build when a source file asks or
// reads past the functions that see to it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const DOOR = 'packages/server/src/outgoing/bounded-fetch.ts or packages/cli/src/sign-in/bounded-fetch.ts';
const RULES = [
  { pattern: /(?<![.\w])fetch\(|globalThis\.fetch|from 'undici'/, why: 'an answer is bounded in bytes and time' },
  { pattern: /\.(json|text|arrayBuffer|blob|bytes|formData)\(\)/, why: 'reading a body whole needs a limit' },
  {
    pattern: /\bhttps?\.(request|get)\(|\bimport \{[^}]*\b(request|get)\b[^}]*\} from 'node:https?'/,
    why: 'an answer is bounded in bytes and time',
  },
];
/** The doors themselves, and the operator's socket, whose other end is this machine's own server. */
const DOORS = [
  /^packages\/server\/src\/outgoing\/bounded-(fetch|post)\.ts$/,
  /^packages\/server\/src\/engines\/kubernetes\/connection\.ts$/,
  /^packages\/cli\/src\/(sign-in\/bounded-fetch|operator\/operator-call)\.ts$/,
];

const isCode = (line) => !/^\s*(\*|\/\/|\/\*)/.test(line);

/** The findings in one file's text, as `path:line: what to use instead`. */
export function findOutgoing(path, text) {
  if (DOORS.some((door) => door.test(path))) return [];
  return text
    .split('\n')
    .flatMap((line, index) =>
      RULES.filter(({ pattern }) => isCode(line) && pattern.test(line)).map(
        ({ why }) => `${path}:${index + 1}: ${why}; use ${DOOR} instead of "${line.trim()}"`,
      ),
    );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const folders = ['packages/server/src/*.ts', 'packages/cli/src/*.ts'];
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', ...folders], { encoding: 'utf8' }).split('\n');
  const sources = files.filter((path) => path && !/\.test\.tsx?$|\/testing\/|-conformance\.ts$/.test(path));
  const findings = sources.flatMap((path) => findOutgoing(path, readFileSync(path, 'utf8')));
  for (const finding of findings) console.error(finding);
  console.log(`${sources.length} source files, ${findings.length} unbounded reads from elsewhere`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
