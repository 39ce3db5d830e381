import { hash } from 'node:crypto';
import type { ResourceRow } from './resource-row.ts';

/** What moves with every write of one of the rows, and when one comes or goes. */
export function versionOf(rows: readonly ResourceRow[]): string {
  return hash('sha256', rows.map(({ name, version, observation }) => `${name} ${version} ${observation}`).join(), 'base64url').slice(0, 22);
}

/** Behind every name that begins with what stands before it. */
export const AFTER_EVERY_NAME = '\u{10ffff}';
