/**
 * A process that commits with many writers at once and prints each write after the store acknowledged it, until it is killed. One line:
 * revision, cluster name, count. Each commit writes a cluster and its API key with the same count.
 *
 *     node commit-until-killed.ts <data folder> [life of the process]
 */
import { writeSync } from 'node:fs';
import { filled } from '../../conformance/filled.ts';
import type { ResourceKey } from '../../resource.ts';
import type { Write } from '../../store.ts';
import { openSqliteStore } from '../sqlite-store.ts';

const WRITERS = 32;
const STDOUT = 1;
const [folder = '', life = '0'] = process.argv.slice(2);
const store = await openSqliteStore({ folder });

/** Writes to the pipe before anything else is done; waits where it is full (write(2): EAGAIN). */
function print(line: string): void {
  for (;;) {
    try {
      writeSync(STDOUT, line);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

function writesOf(kind: 'cluster' | 'api-key', name: string, count: number, version: string | undefined): Write {
  const key: ResourceKey = { kind, tenant: 'acme', name };
  const spec = filled(kind, 'spec', String(count));
  if (version === undefined) return { verb: 'create', key, uid: name, spec, observed: filled(kind, 'observed') } as unknown as Write;
  return { verb: 'update-if', key, expectedVersion: version, spec } as unknown as Write;
}

async function writeForever(name: string): Promise<never> {
  let version: string | undefined;
  for (let count = 1; ; count += 1) {
    const key = { kind: 'cluster', tenant: 'acme', name } as const;
    const outcome = await store.commit({
      at: count,
      writes: [writesOf('cluster', name, count, version), writesOf('api-key', name, count, version)],
      audit: {
        tenant: 'acme',
        actor: 'test',
        action: 'test',
        target: name,
        requestId: `${name}/${count}`,
        tenantUid: '',
        targetUid: '',
        address: '',
        fields: [],
      },
      events: [{ key, type: 'changed', message: `${name}/${count}` }],
      wake: [key],
    });
    if (outcome.outcome !== 'written') throw new Error(`A commit of a name that nobody else writes answered ${outcome.outcome}`);
    version = String(outcome.revision);
    print(`${outcome.revision} ${name} ${count}\n`);
  }
}

await Promise.all(Array.from({ length: WRITERS }, (_, index) => writeForever(`w${life}-${index}`)));
