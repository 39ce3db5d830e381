import { MASKED } from '@openkupe/contract';
import { mask } from '../mask.ts';
import { isRecord } from '../sentinels.ts';
import { CONFIGURATION } from '../shapes.ts';
import type { Document } from '../stored-document.ts';
import { prefixed } from './tenant-part.ts';

const MESSAGE_CHARACTERS = 300;
/** Shorter values are part of words of every message. They are hidden where they are quoted. */
const FOUND_UNQUOTED = 4;

/** Every name and text in a value. */
function* textsIn(value: unknown): Iterable<string> {
  if (typeof value === 'string' || typeof value === 'number') yield String(value);
  if (Array.isArray(value)) for (const inner of value) yield* textsIn(inner);
  if (!isRecord(value)) return;
  for (const [name, inner] of Object.entries(value)) {
    yield name;
    yield* textsIn(inner);
  }
}

/**
 * What Alertmanager said of a document, for those who may read the document: without places in the file, which is not theirs, without the prefix of
 * their receivers, and without credentials. Of the document only what readonly callers see is repeated: its messages quote values, or the
 * beginning of one.
 */
export function refusalMessage(said: string, tenant: string, document: Document): string {
  const shown = new Set(textsIn(mask(document, CONFIGURATION)));
  const hidden = [...new Set(textsIn(document))].filter((text) => !shown.has(text) && text.length >= FOUND_UNQUOTED);
  hidden.sort((one, other) => other.length - one.length);
  const own = said
    .replace(/^failed to reload config: /, '')
    .replace(/^yaml: (unmarshal errors:\s*)?/, '')
    .replace(/\bline \d+: /g, '')
    .replaceAll(prefixed(tenant, ''), '')
    .replace(/\s+/g, ' ')
    .trim();
  const masked = hidden
    .reduce((text, one) => text.replaceAll(one, MASKED), own)
    .replace(/"([^"]*)"/g, (quoted, inner: string) => (shown.has(inner) ? quoted : `"${MASKED}"`))
    .replace(/`([^`]*)`/g, (quoted, inner: string) => (shown.has(inner) ? quoted : MASKED));
  return masked.slice(0, MESSAGE_CHARACTERS);
}
