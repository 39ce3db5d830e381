// Every export of a package says in a docstring directly before it what it means. This fails the build for an export without one, and for a
// docstring that only repeats the name.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';

const hasExport = (statement) =>
  ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
const namesOf = (statement) =>
  ts.isVariableStatement(statement) ? statement.declarationList.declarations.map(({ name }) => name) : [statement.name];
const wordsOf = (text) =>
  text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .match(/[a-z0-9]+/g) ?? [];

/** The statements that a file exports: marked so, or named in an `export { … }` of its own. */
function exportedStatements(file) {
  const listed = file.statements
    .filter((statement) => ts.isExportDeclaration(statement) && !statement.moduleSpecifier && statement.exportClause)
    .flatMap(({ exportClause }) => exportClause.elements.map(({ name, propertyName }) => (propertyName ?? name).text));
  const isDeclaration = (statement) => ts.isVariableStatement(statement) || ts.isDeclarationStatement(statement);
  return file.statements.filter(
    (statement) => hasExport(statement) || (isDeclaration(statement) && namesOf(statement).some((name) => listed.includes(name?.text))),
  );
}

/** What is wrong with the docstring of one export; `undefined` when nothing is. */
function problemOf(statement, file, name) {
  const doc = statement.jsDoc?.at(-1);
  if (!doc || file.text.slice(doc.end, statement.getStart(file)).trim() !== '') return `"${name}" has no docstring directly before it`;
  const words = wordsOf(doc.getText(file)).filter((word) => !['a', 'an', 'the', 'of'].includes(word));
  const known = wordsOf(name);
  return words.every((word) => known.includes(word)) ? `the docstring of "${name}" says no more than its name` : undefined;
}

/** The findings in one file's text, as `path:line: what is missing`. Of an overloaded function the first signature needs a docstring. */
export function findMissingDocstrings(path, text) {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const seen = new Set();
  return exportedStatements(file).flatMap((statement) => {
    const [name] = namesOf(statement);
    const shown = name?.getText(file) ?? 'default';
    const overload = ts.isFunctionDeclaration(statement) ? shown : undefined;
    if (overload !== undefined && seen.has(overload)) return [];
    if (overload !== undefined) seen.add(overload);
    const problem = problemOf(statement, file, shown);
    const line = file.getLineAndCharacterOfPosition(statement.getStart(file)).line + 1;
    return problem === undefined ? [] : [`${path}:${line}: ${problem}`];
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'packages/*/src/*.ts'], { encoding: 'utf8' }).split('\n');
  const sources = files.filter((path) => path && !/\.test\.ts$|\/testing\/|conformance|\.d\.ts$/.test(path));
  const findings = sources.flatMap((path) => findMissingDocstrings(path, readFileSync(path, 'utf8')));
  for (const finding of findings) console.error(finding);
  console.log(`${sources.length} source files, ${findings.length} exports without a docstring of their own`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
