import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Mutation } from './mutations.ts';

const PACKAGES = join(import.meta.dirname, '..', '..', 'packages');

/** The source with the mutation in it. @throws {Error} where the text that it replaces is not there exactly once. */
export function mutate(source: string, { file, text, replacement }: Mutation): string {
  const parts = source.split(text);
  if (parts.length === 2) return parts.join(replacement);
  throw new Error(`${file} has "${text}" ${parts.length - 1} times; a mutation replaces what is there once`);
}

/** Breaks the program that is loaded from now on: the file on the disk stays as it is. */
export function applyMutation(mutation: Mutation): void {
  const url = pathToFileURL(join(PACKAGES, mutation.file)).href;
  registerHooks({
    load(loaded, context, next) {
      const result = next(loaded, context);
      if (loaded !== url || !result.source) return result;
      return { ...result, source: mutate(Buffer.from(result.source as Uint8Array).toString(), mutation) };
    },
  });
}
