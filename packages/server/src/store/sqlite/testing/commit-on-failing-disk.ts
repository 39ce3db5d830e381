/**
 * Commits a cluster `before`, then one while fsync fails, then, if asked, one `after` it works again; prints how each went and kills itself.
 *
 *     FAILING_FSYNC=<flag file> LD_PRELOAD=<failing-fsync.so> node commit-on-failing-disk.ts <data folder> <flag file> [recovers]
 */
import { rmSync, writeFileSync, writeSync } from 'node:fs';
import type { Write } from '../../store.ts';
import { openSqliteStore } from '../sqlite-store.ts';

const [folder = '', flag = '', recovers] = process.argv.slice(2);
const STDOUT = 1;
const store = await openSqliteStore({ folder });

async function create(name: string): Promise<void> {
  const write: Write = {
    verb: 'create',
    key: { kind: 'api-key', tenant: 'acme', name },
    uid: name,
    spec: { displayName: name, role: 'readonly', createdBy: 'a', keyHash: '' },
    observed: {},
  };
  const how = await store.commit({ at: 1, writes: [write] }).then(
    ({ outcome }) => outcome,
    (error: Error) => error.name,
  );
  writeSync(STDOUT, `${name} ${how}\n`);
}

await create('before');
writeFileSync(flag, '');
await create('meanwhile');
if (recovers) {
  rmSync(flag);
  await create('after');
}
process.kill(process.pid, 'SIGKILL');
