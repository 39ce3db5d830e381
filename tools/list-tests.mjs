// Which tests run against real Kubernetes, which start a process or a browser or open a socket, and which stay in this process: the unit tests.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What starts something: processes, a browser, listeners and connections. */
const STARTERS = /from '(?:node:(?:child_process|cluster|worker_threads|net|http|https|http2|tls|dgram)|playwright-core)'/;
/** A test does not start what the code under test could start: only its own file and what helps tests are read. */
const HELPERS = /\/testing\/|^conformance\/|^bench\//;
/** Tests that start a Kubernetes API say so in their name. */
const ON_KUBERNETES = /\.kubernetes\.test\.ts$/;

/** Whether a test file, or a helper that it imports, can start something. `read` gives the text of a path below the root. */
export function startsProcess(path, read, seen = new Set()) {
  if (seen.has(path)) return false;
  seen.add(path);
  const text = read(path);
  if (STARTERS.test(text.replace(/^import type .*$/gm, ''))) return true;
  const imports = [...text.matchAll(/from '(\.[^']+\.ts)'/g)].map(([, to]) => join(dirname(path), to));
  return imports.some((to) => HELPERS.test(to) && startsProcess(to, read, seen));
}

/** The test files below `root`, in three lists of paths relative to it. */
export function listTests(root, patterns) {
  const all = patterns.flatMap((pattern) => globSync(pattern, { cwd: root }));
  const onKubernetes = all.filter((path) => ON_KUBERNETES.test(path));
  const files = all.filter((path) => !ON_KUBERNETES.test(path));
  const read = (path) => readFileSync(join(root, path), 'utf8');
  const withProcesses = files.filter((path) => startsProcess(path, read));
  return { onKubernetes, withProcesses, unit: files.filter((path) => !withProcesses.includes(path)) };
}
