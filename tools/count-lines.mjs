// Counts the lines of code of the server by folder: its sources without tests and suites, and of those the lines that hold more than comment and
// space. `node tools/count-lines.mjs [folder]` counts those of another folder than packages/server/src.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import ts from 'typescript';

const [folder = 'packages/server/src'] = process.argv.slice(2);

/** The lines on which a token stands. */
function linesOfCode(path) {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const lineAt = (position) => file.getLineAndCharacterOfPosition(position).line;
  const lines = new Set();
  const visit = (node) => {
    if (ts.isJSDoc(node)) return;
    const inner = node.getChildren(file);
    if (inner.length === 0 && node.getWidth(file) > 0) {
      const last = lineAt(node.end);
      for (let line = lineAt(node.getStart(file)); line <= last; line += 1) lines.add(line);
    }
    inner.forEach(visit);
  };
  visit(file);
  return lines.size;
}

const paths = execFileSync('git', ['ls-files', '-co', '--exclude-standard', `${folder}/*.ts`], { encoding: 'utf8' }).split('\n');
const sources = paths.filter((path) => path && !/\.test\.ts$|\/testing\/|conformance|\.d\.ts$/.test(path));
const counts = new Map();
for (const path of sources) {
  const room = path.slice(folder.length + 1).split('/', 1)[0];
  counts.set(room, (counts.get(room) ?? 0) + linesOfCode(path));
}
for (const [room, lines] of [...counts].sort(([, left], [, right]) => right - left)) console.log(String(lines).padStart(6), room);
const total = [...counts.values()].reduce((sum, lines) => sum + lines, 0);
console.log(String(total).padStart(6), `${folder}, ${sources.length} files`);
