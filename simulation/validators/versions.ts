import { createHash } from 'node:crypto';
import type { Answered, Validator } from '../world/observers.ts';

/** One version of a resource as its ETag shows it: revision, then observation. */
type Version = readonly [revision: number, observation: number];

const PATH = /^\/api\/v1\/tenants\/[^/]+\/clusters\/[^/]+$/;

function versionOf(etag: string | null | undefined): Version | undefined {
  const [, revision, observation] = /^"(\d+)\.(\d+)"$/.exec(etag ?? '') ?? [];
  return revision === undefined ? undefined : [Number(revision), Number(observation)];
}
const isOlder = (one: Version, other: Version) => one[0] < other[0] || (one[0] === other[0] && one[1] < other[1]);

/** What the answer shows less its warnings, which belong to the write and not to the resource. */
function contentOf(text: string): string {
  const { warnings: _, ...shown } = JSON.parse(text) as Record<string, unknown>;
  return createHash('sha256').update(JSON.stringify(shown)).digest('hex');
}

/** A version shows one content and never goes back: who asks after an answer gets what that answer showed, or something newer. */
export function createVersions(): Validator {
  const contents = new Map<string, string>();
  /** By path: versions that were answered, with the time of the answer, newest last. */
  const shown = new Map<string, { readonly version: Version; readonly atMs: number }[]>();

  function checkOrder(path: string, version: Version, { arrivedMs, answeredMs }: Answered): void {
    const before = shown.get(path) ?? [];
    const newer = before.find((one) => one.atMs < arrivedMs && isOlder(version, one.version));
    if (newer) throw new Error(`${path} showed ${version.join('.')} after ${newer.version.join('.')}`);
    const last = before.at(-1);
    if (!last || isOlder(last.version, version)) shown.set(path, [...before.slice(-20), { version, atMs: answeredMs }]);
  }
  return {
    name: 'versions-never-go-back',
    answered(fact) {
      const { pathname } = new URL(fact.request.url);
      const { status, headers, text } = fact.response;
      const version = versionOf(headers.get('etag'));
      if (status !== 200 || !version || !PATH.test(pathname) || headers.get('idempotent-replayed')) return;
      const tag = `${pathname} ${version.join('.')}`;
      const content = contentOf(text);
      if ((contents.get(tag) ?? content) !== content) throw new Error(`version ${tag} shows two contents`);
      contents.set(tag, content);
      checkOrder(pathname, version, fact);
    },
  };
}
