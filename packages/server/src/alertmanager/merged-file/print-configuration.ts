import { createHmac } from 'node:crypto';
import { escapeText } from './escape-text.ts';
import type { TenantPart } from './tenant-part.ts';

/** The file for Alertmanager, and the revision by which it is recognised once it is in force. */
export interface Configuration {
  readonly text: string;
  readonly revision: string;
}

const HEAD = '# Written by openkupe, and replaced with every change. It holds credentials.\n';
const REVISION = 'openkupe-';

/**
 * The configuration with these parts, by tenant, as JSON, which is YAML, so that no text of a tenant can be anything but text. What no route of a
 * tenant takes goes to a receiver that sends nothing. Its name is the revision, a keyed hash of everything: Alertmanager shows names of
 * receivers, and masks the rest. Equal parts make an equal text.
 */
export function printConfiguration(parts: ReadonlyMap<string, TenantPart>, key: Uint8Array): Configuration {
  const sorted = [...parts].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, part]) => part);
  const hash = createHmac('sha256', key).update('openkupe alertmanager').update(JSON.stringify(sorted)).digest('hex');
  const revision = `${REVISION}${hash.slice(0, 32)}`;
  const configuration = {
    route: { receiver: revision, routes: sorted.flatMap(({ route }) => (route ? [route] : [])) },
    receivers: [{ name: revision }, ...sorted.flatMap(({ receivers }) => receivers)],
  };
  return { revision, text: `${HEAD}${escapeText(JSON.stringify(configuration, null, 1))}\n` };
}

/** The revision of a configuration as Alertmanager shows it; `undefined` for one that was not printed here. No text of a tenant begins a line. */
export function revisionIn(shown: string): string | undefined {
  return /^route:\n {2}receiver: (openkupe-[0-9a-f]{32})$/m.exec(shown)?.[1];
}
