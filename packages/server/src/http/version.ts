import { readFileSync } from 'node:fs';
import type { Reply } from '../errors/reply.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string };

/** The release of this server. */
export const SERVER_VERSION = version;

/** `/version`: which release answers, and on which Node. */
export function versionReply(requestId: string): Reply {
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', 'x-request-id': requestId },
    body: JSON.stringify({ version: SERVER_VERSION, node: process.versions.node }),
  };
}
