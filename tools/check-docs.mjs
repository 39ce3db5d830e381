// Documentation stays short and true: a decision has at most 60 lines, the glossary at most 40 terms, and every file that a page names or links to is there.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { pathToFileURL } from 'node:url';

const MOST_DECISION_LINES = 60;
const MOST_TERMS = 40;
/** Files that a program makes, and names with a `NAME` to fill in. */
const MADE = /^(kupe\.env|secrets\.json|openkupe\.db|node_modules\/|dist\/)|NAME/;

/** Names of files in backticks: with the ending of a source, or below a top folder. */
function namedFiles(text) {
  return [...text.matchAll(/`([^`\s]+)`/g)].flatMap(({ 1: name, index }) => {
    const isFile =
      /^[\w@.*{},/-]+\.(ts|mjs|md|sh|golden\.txt)$/.test(name) || /^(packages|bench|tools|docs|conformance)\/[\w.*/-]*$/.test(name);
    return isFile && !MADE.test(name) ? [{ name, index }] : [];
  });
}

function isThere(name, tracked) {
  const pattern = name
    .replace(/\/$/, '/**')
    .replace(/[.+()]/g, '\\$&')
    .replace(/\{([^}]*)\}/g, (_, names) => `(${names.split(',').join('|')})`)
    .replaceAll('**', '\u0000')
    .replaceAll('*', '[^/]*')
    .replaceAll('\u0000', '.*');
  const path = new RegExp(`(^|/)${pattern}($|/)`);
  return tracked.some((one) => path.test(one));
}

/** Targets of links to files of the repository, relative to the page. */
function linkedFiles(text) {
  return [...text.matchAll(/\]\(([^)\s#]+)(?:#[^)\s]*)?\)/g)].flatMap(({ 1: name, index }) =>
    /^[a-z]+:/.test(name) ? [] : [{ name, index }],
  );
}

function isLinkGood(page, name, tracked) {
  const target = posix.join(posix.dirname(page), name).replace(/\/$/, '');
  return tracked.some((one) => one === target || one.startsWith(`${target}/`));
}

/** The findings in one page, as `path:line: what is wrong`. `tracked` are the files of the repository. */
export function findInPage(path, text, tracked) {
  const lines = text.trimEnd().split('\n').length;
  const terms = text.match(/^\* \*\*/gm)?.length ?? 0;
  const missing = [
    ...namedFiles(text).filter(({ name }) => !isThere(name, tracked)),
    ...linkedFiles(text).filter(({ name }) => !isLinkGood(path, name, tracked)),
  ];
  return [
    ...(/^docs\/decisions\//.test(path) && lines > MOST_DECISION_LINES
      ? [`${path}:${lines}: a decision has at most ${MOST_DECISION_LINES} lines; split it`]
      : []),
    ...(path === 'docs/glossary.md' && terms > MOST_TERMS ? [`${path}:1: the glossary has ${terms} terms; at most ${MOST_TERMS}`] : []),
    ...missing.map(({ name, index }) => `${path}:${text.slice(0, index).split('\n').length}: there is no file "${name}"`),
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const list = (...patterns) =>
    execFileSync('git', ['ls-files', '-co', '--exclude-standard', ...patterns], { encoding: 'utf8' })
      .split('\n')
      .filter(Boolean);
  const pages = list('*.md', 'llms.txt').filter((path) => path !== 'CHANGELOG.md');
  const tracked = list();
  const findings = pages.flatMap((path) => findInPage(path, readFileSync(path, 'utf8'), tracked));
  for (const finding of findings) console.error(finding);
  console.log(`${pages.length} pages, ${findings.length} that are too long or name files that are not there`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
