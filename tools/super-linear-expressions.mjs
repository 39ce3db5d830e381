// A regular expression that backtracks can take time that grows with the square of its input, or worse, and Node runs it on the event
// loop. This fails the build when a source file holds one, wherever it is used: input reaches most of them sooner or later.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { RegExpParser, visitRegExpAST } from '@eslint-community/regexpp';
import { getFirstConsumedChar } from 'regexp-ast-analysis';
import { analyse } from 'scslre';
import ts from 'typescript';

/** Expressions made of the route table: parameters become `[^/]+`, everything else is literal. */
const MADE_OF_ROUTES = [/^packages\/server\/src\/pipeline\/find-route\.ts$/, /^packages\/server\/src\/operator\/operator-pipeline\.ts$/];
/** Names under which an expression is written as text, to be compiled elsewhere; the text is judged where it stands. */
const TEXT_NAME = /PATTERN$|^pattern$/;

const nameOf = (node) => (ts.isPropertyAccessExpression(node) ? node.name.text : ts.isIdentifier(node) ? node.text : '');
const isRegExpCall = (node) => (ts.isNewExpression(node) || ts.isCallExpression(node)) && nameOf(node.expression) === 'RegExp';

/** The expression that a node is, as source and flags; `undefined` source where it is put together while the program runs. */
function expressionOf(node) {
  if (ts.isRegularExpressionLiteral(node)) {
    const end = node.text.lastIndexOf('/');
    return { source: node.text.slice(1, end), flags: node.text.slice(end + 1) };
  }
  if (isRegExpCall(node)) {
    const [first] = node.arguments ?? [];
    if (first && ts.isStringLiteralLike(first)) return { source: first.text, flags: 'u' };
    return first && TEXT_NAME.test(nameOf(first)) ? undefined : { source: undefined, flags: '' };
  }
  const isText = ts.isVariableDeclaration(node) || ts.isPropertyAssignment(node);
  if (!isText || !node.initializer) return undefined;
  const isPatternMap = ts.isPropertyAssignment(node.parent?.parent ?? node) && node.parent.parent.name?.getText() === 'patternProperties';
  if (isPatternMap) return { source: ts.isIdentifier(node.name) || ts.isStringLiteralLike(node.name) ? node.name.text : '', flags: 'u' };
  if (!ts.isStringLiteralLike(node.initializer) || !TEXT_NAME.test(node.name.getText())) return undefined;
  return { source: node.initializer.text, flags: 'u' };
}

/** Whether a repeated group has alternatives that can begin with the same character, such as `(a|ab)*`: what the analysis does not see. */
function hasAmbiguousRepetition(source, flags) {
  const parser = new RegExpParser();
  const parsed = parser.parseFlags(flags);
  const pattern = parser.parsePattern(source, 0, source.length, parsed);
  let isAmbiguous = false;
  visitRegExpAST(pattern, {
    onQuantifierEnter({ max, element }) {
      if (max < 2 || !('alternatives' in element)) return;
      const first = element.alternatives.map((alternative) => getFirstConsumedChar(alternative, 'ltr', parsed));
      if (first.some((one, at) => first.slice(at + 1).some((other) => !one.char.isDisjointWith(other.char)))) isAmbiguous = true;
    },
  });
  return isAmbiguous;
}

/** The expressions in one file's text, with their lines. */
export function expressionsIn(path, text) {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node) => {
    const expression = expressionOf(node);
    if (expression) found.push({ ...expression, line: file.getLineAndCharacterOfPosition(node.getStart()).line + 1 });
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** The findings in one file's text, as `path:line: what is wrong`. */
export function findSuperLinear(path, text) {
  const isMadeOfRoutes = MADE_OF_ROUTES.some((known) => known.test(path));
  return expressionsIn(path, text).flatMap(({ source, flags, line }) => {
    if (source === undefined) return isMadeOfRoutes ? [] : [`${path}:${line}: this RegExp cannot be judged; write it as a literal`];
    const { reports } = analyse({ source, flags });
    if (reports.length === 0 && !hasAmbiguousRepetition(source, flags)) return [];
    const growth = reports.some(({ exponential }) => exponential) ? 'exponentially' : 'with the square of its input or more';
    return [`${path}:${line}: /${source}/${flags} can take time that grows ${growth}; rewrite it so that it never looks back`];
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'packages/*/src/*.ts', 'packages/*/src/*.tsx'], {
    encoding: 'utf8',
  }).split('\n');
  const sources = files.filter((path) => path && !/\.test\.tsx?$|\/testing\/|-conformance\.ts$/.test(path));
  const findings = sources.flatMap((path) => findSuperLinear(path, readFileSync(path, 'utf8')));
  for (const finding of findings) console.error(finding);
  console.log(`${sources.length} source files, ${findings.length} regular expressions that are not linear`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
