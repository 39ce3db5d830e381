import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A piece of code that the documentation shows. */
export interface DocumentedExample {
  /** Where it is, for people. */
  readonly place: string;
  readonly code: string;
}

const SOURCES = fileURLToPath(new URL('..', import.meta.url));
const ROOT = join(SOURCES, '../../..');

function blocksOf(path: string): DocumentedExample[] {
  const blocks = [...readFileSync(join(ROOT, path), 'utf8').matchAll(/```(?:js|ts)\n([\s\S]*?)```/g)];
  return blocks.map(([, code = ''], index) => ({ place: `${path}, example ${index + 1}`, code }));
}

function examplesOf(path: string): DocumentedExample[] {
  const examples = [...readFileSync(path, 'utf8').matchAll(/@example([\s\S]*?)\n?\s*\*(?:\/| @)/g)];
  return examples.map(([, lines = ''], index) => ({
    place: `${relative(ROOT, path)}, example ${index + 1}`,
    code: lines.replaceAll(/^\s*\* ?/gm, '').trim(),
  }));
}

/** The examples in the README of the package and of the repository: whole programs. */
export function readmeExamples(): DocumentedExample[] {
  return ['packages/sdk/README.md', 'README.md'].flatMap(blocksOf);
}

/** What follows `@example` in the sources of the package: code for a program that has imported everything and made a `client`. */
export function docstringExamples(): DocumentedExample[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) => /\.ts$/.test(file));
  return files.filter((file) => !/\.test\.ts$|testing\//.test(file)).flatMap((file) => examplesOf(join(SOURCES, file)));
}
