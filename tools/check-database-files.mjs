// A process that closes any descriptor of a database file loses all its locks on it (fcntl(2)), and another program then removes the log
// with what was acknowledged. This fails the build when a source file other than the one for it names a database file, or opens one.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const DOOR = 'packages/server/src/store/sqlite/database-files.ts';
const NAMED = /openkupe\.(db|lock)\b|['"`}]-(wal|shm)\b/;
const FILE_SYSTEM = /from '(node:)?fs(\/promises)?'/;
/** What the door may use: paths and modes, and `openSync` only where it refuses a file that exists. */
const HARMLESS = new Set([
  'chmodSync',
  'closeSync',
  'existsSync',
  'mkdirSync',
  'openSync',
  'readlinkSync',
  'realpathSync',
  'statfsSync',
  'statSync',
]);

const isCode = (line) => !/^\s*(\*|\/\/|\/\*)/.test(line);

function findInDoor(path, lines) {
  const imported = /import \{([^}]*)\} from 'node:fs'/.exec(lines.join('\n'))?.[1] ?? '';
  const names = imported.split(',').map((name) => name.trim());
  const findings = names.filter((name) => name && !HARMLESS.has(name)).map((name) => `${path}: ${name} may open a database file`);
  const opens = lines.filter((line) => isCode(line) && /\bopenSync\(/.test(line) && !/openSync\(\w+, 'wx', /.test(line));
  return [...findings, ...opens.map((line) => `${path}: open nothing that may exist: "${line.trim()}"`)];
}

/** The findings in one file's text, as `path:line: what to use instead`. */
export function findOpenedDatabases(path, text) {
  const lines = text.split('\n');
  if (path === DOOR) return findInDoor(path, lines);
  const isStore = path.startsWith('packages/server/src/store/sqlite/');
  return lines.flatMap((line, index) =>
    isCode(line) && (NAMED.test(line) || (isStore && FILE_SYSTEM.test(line)))
      ? [`${path}:${index + 1}: only ${DOOR} may touch the files of the database, not "${line.trim()}"`]
      : [],
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'packages/*/src/*.ts', 'packages/*/src/*.tsx'], {
    encoding: 'utf8',
  }).split('\n');
  const sources = files.filter((path) => path && !/\.test\.tsx?$|\/testing\/|-conformance\.ts$/.test(path));
  const findings = sources.flatMap((path) => findOpenedDatabases(path, readFileSync(path, 'utf8')));
  for (const finding of findings) console.error(finding);
  console.log(`${sources.length} source files, ${findings.length} that reach for the files of the database`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
