import { EVENT_KINDS } from '@openkupe/contract';
import type { Validator, Watched } from '../world/observers.ts';
import type { StoreHost } from '../world/store-host.ts';

const nameOf = (revision: number, kind: string, name: string, message: string) => `${revision} ${kind}/${name}: ${message}`;

/** A client that follows the events of its tenant gets each of them once, in order, and in the end all of them. */
export function createEventOrder(host: StoreHost): Validator {
  const seen = new Map<string, { readonly tenant: string; readonly lines: string[]; last: number }>();
  return {
    name: 'events-once-in-order',
    watched({ client, tenant, event }: Watched) {
      const stream = seen.get(client) ?? { tenant, lines: [], last: 0 };
      seen.set(client, stream);
      const line = nameOf(event.revision, event.kind, event.name, event.message);
      if (event.revision < stream.last) throw new Error(`${client} got "${line}" after revision ${stream.last}`);
      if (stream.lines.includes(line, -10)) throw new Error(`${client} got "${line}" twice`);
      stream.last = event.revision;
      stream.lines.push(line);
    },
    async settled() {
      const stored = await host.store.events(0, 1_000_000);
      for (const [client, { tenant, lines }] of seen) {
        const expected = stored.filter(({ key }) => key.tenant === tenant && (EVENT_KINDS as readonly string[]).includes(key.kind));
        const all = expected.map(({ revision, key, message }) => nameOf(revision, key.kind, key.name, message));
        const at = all.findIndex((line, index) => line !== lines[index]);
        if (at >= 0)
          throw new Error(
            `${client} got "${lines[at] ?? 'nothing'}" where "${all[at]}" was next, of ${lines.length} of ${all.length} events`,
          );
      }
    },
  };
}
