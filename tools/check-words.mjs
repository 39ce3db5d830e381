// Names and comments use the terms of the field. This fails the build for a word of ours that a term has replaced: in names of files and
// identifiers, in comments and documentation, and, for words that are no plain English, in texts.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';

/** Words that are replaced wherever they stand. */
const REPLACED = [
  [/doorbells?/, 'wake signal'],
  [/newcomers?/, 'unproven credential, or new key'],
  [/lanes?/, 'flow'],
  [/untold/, 'pending'],
  [/waiting lines?/, 'wait queue'],
  [/place promises?/, 'admission reservation'],
  [/body rooms?/, 'upload limit'],
  [/answer rooms?/, 'limit of unread answers'],
  [/credential fuses?/, 'circuit breaker'],
  [/shared looks?/, 'request coalescing'],
  [/boarding/, 'request coalescing'],
  [/passengers?/, 'request coalescing'],
  [/shel(f|ves)/, 'secret store'],
  [/kept answers?/, 'idempotency record'],
  [/answers? to keep/, 'idempotency record'],
  [/observed hal(f|ves)/, 'status'],
  [/tall(y|ies|ied)/, 'usage aggregation'],
  [/collapse watch/, 'warning about a proxy that is not trusted'],
  [/share of limit/, 'the quantity itself'],
  [/watched groups?/, 'what they are'],
  [/store time/, 'the time that the store knows'],
  [/checked answers?/, 'validated response'],
];
/** Words that are no terms; in identifiers and comments of the source, and in documentation. Texts for people may be plain English. */
const NO_TERMS = [
  [/whoever/, 'the client, the operator, the caller'],
  [/nobody/, 'no request, no client'],
  [/somebody/, 'another client, another process'],
  [/told/, 'reported, answered, given'],
  [/newly heard/, 'acknowledged'],
];
/** Plain English in sentences, but a word of ours as an identifier of the source: the whole identifier is compared. */
const NAMES = [
  [/^(alarm|createAlarm|Alarm)$/, 'reschedulable timer'],
  [/^(in)?turns?$/i, 'permit, mutex or round robin'],
  [/^looks?$/i, 'read, poll or observation'],
  [/^(books?|readBooks)$/i, 'open billing period'],
  [/^stretch(es)?$/i, 'interval'],
  [/^sights?$/i, 'observation'],
  [/^standing$/i, 'suspension'],
  [/^means$/i, 'dependencies'],
  [/^linger$/i, 'lingering close'],
  [/^recall(ed)?$/i, 'replay'],
  [/^(oneAtATime|createOneAtATime)$/i, 'keyed mutex'],
  [/^heard$/i, 'acknowledged'],
  [/^(outages?|park(ed)?|blown?|mend(ed)?|fuses?)$/i, 'circuit breaker: open, half-open, trip, reset'],
  [/^(ring|rang|rung|bell)$/i, 'signal'],
];
/** Types that mean one thing in the whole repository: each is declared at most once. */
export const ONE_MEANING = ['Guard', 'Exchange', 'Verdict', 'Place', 'Answer'];
/** What stays, and why: `path` (a prefix), `word`, `why`. */
const ALLOWED = [
  { path: 'tools/check-words', word: /./, why: 'the rules themselves' },
  { path: 'bench/client/README.md', word: /^told$/, why: 'the name of a contestant, as in the saved results' },
  { path: 'packages/server/src/engines/local/etcd-space.ts', word: /^alarm$/i, why: 'the field of the API of etcd' },
  {
    path: 'packages/server/src/store/sqlite/',
    word: /^kept answer/,
    why: 'tables keep their names: servers of two versions share a database',
  },
];

/** `createKeyedMutex` and `keyed-mutex` as `create keyed mutex`. */
const spaced = (name) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[-_.$#/]+/g, ' ')
    .toLowerCase();
const find = (rules, text) =>
  rules.flatMap(([pattern, term]) => {
    const found = new RegExp(`(?<![a-z])(${pattern.source})(?![a-z])`, 'i').exec(text);
    return found ? [{ word: found[1], term }] : [];
  });
const isTest = (path) => /\.test\.ts$|\/testing\/|conformance/.test(path);

/** Identifiers, comments and texts of a TypeScript or JavaScript file, with the offset of each. */
function tokensOf(text) {
  const found = [];
  const file = ts.createSourceFile('a.ts', text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  let code = text;
  const visit = (node) => {
    const at = node.getStart(file);
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) found.push({ kind: 'name', text: node.text, at });
    else if (ts.isLiteralExpression(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
      if (!ts.isRegularExpressionLiteral(node)) found.push({ kind: 'text', text: node.text, at });
      code = code.slice(0, at) + ' '.repeat(node.end - at) + code.slice(node.end);
    } else ts.forEachChild(node, visit);
  };
  visit(file);
  for (const { 0: comment, index } of code.matchAll(/\/\*[\s\S]*?\*\/|\/\/.*/g)) found.push({ kind: 'comment', text: comment, at: index });
  return found;
}

/** What is wrong with one token. Whole identifiers are compared with {@link NAMES}; everything else is searched word by word. */
function judge({ kind, text }, path) {
  const soft = isTest(path) ? [] : NO_TERMS;
  if (kind === 'text') return find(REPLACED, text);
  if (kind === 'comment' || kind === 'prose') return find([...REPLACED, ...soft], text);
  const names = isTest(path) ? [] : NAMES.flatMap(([pattern, term]) => (pattern.test(text) ? [{ word: text, term }] : []));
  return [...find([...REPLACED, ...soft], spaced(text)), ...names];
}

/** The findings in one file, as `path:line: "word": the term`. */
export function findWords(path, text) {
  const name = basename(path).replace(/\.(test\.)?(ts|mjs|md|golden\.txt)$/, '');
  const camel = name.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());
  const content = path.endsWith('.md')
    ? [...text.matchAll(/.+/g)].map(({ 0: line, index }) => ({ kind: 'prose', text: line, at: index }))
    : tokensOf(text);
  return [{ kind: 'name', text: camel, at: 0 }, ...content].flatMap((token) =>
    judge(token, path)
      .filter(({ word }) => !ALLOWED.some((allowed) => path.startsWith(allowed.path) && allowed.word.test(word)))
      .map(({ word, term }) => `${path}:${text.slice(0, token.at).split('\n').length}: "${word}": ${term}`),
  );
}

/** The types of {@link ONE_MEANING} that several files declare, as `path:line: …`. `files` is a list of `[path, text]`. */
export function findSecondMeanings(files) {
  const declared = new Map();
  for (const [path, text] of files) {
    for (const { 1: name, index } of text.matchAll(/^(?:export )?(?:interface|type|class) (\w+)/gm)) {
      if (!ONE_MEANING.includes(name)) continue;
      declared.set(name, [...(declared.get(name) ?? []), `${path}:${text.slice(0, index).split('\n').length}`]);
    }
  }
  return [...declared].flatMap(([name, [first, ...others]]) => others.map((at) => `${at}: "${name}" means something else in ${first}`));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts', '*.mjs', '*.md'], { encoding: 'utf8' }).split('\n');
  const paths = listed.filter((path) => path && !/^CHANGELOG\.md$|\/migrations\/|^conformance\/spec-page\/|^bench\/results\//.test(path));
  const files = paths.map((path) => [path, readFileSync(path, 'utf8')]);
  const sources = files.filter(([path]) => path.endsWith('.ts'));
  const findings = [...files.flatMap(([path, text]) => findWords(path, text)), ...findSecondMeanings(sources)];
  for (const finding of findings) console.error(finding);
  console.log(`${files.length} files, ${findings.length} words that a term has replaced`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
