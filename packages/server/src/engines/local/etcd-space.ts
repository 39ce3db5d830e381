/** Asks etcd by its gateway for HTTP: a path, a body, and how long the answer may take. */
export type AskEtcd = (path: string, body?: object, withinMs?: number) => Promise<Record<string, unknown>>;

/** How long etcd may take to compact and to rewrite its file, of 2 GiB at most. */
const REWRITE_MS = 120_000;

interface Alarm {
  readonly memberID: string;
  readonly alarm: string;
}

/**
 * Where etcd has reached its space quota it takes no writes until the alarm is lifted, also when keys have been deleted since. Removes what was
 * deleted or overwritten from its file, and lifts the alarm; nothing happens without one
 * (https://etcd.io/docs/v3.6/op-guide/maintenance/#space-quota). A file that is still too large raises the next alarm at the next write.
 */
export async function freeSpace(ask: AskEtcd): Promise<void> {
  const { alarms = [] } = (await ask('/v3/maintenance/alarm', { action: 'GET' })) as { alarms?: readonly Alarm[] };
  const raised = alarms.filter(({ alarm }) => alarm === 'NOSPACE');
  if (raised.length === 0) return;
  const { header } = (await ask('/v3/maintenance/status', {})) as { header: { revision: string } };
  try {
    await ask('/v3/kv/compaction', { revision: header.revision, physical: true }, REWRITE_MS);
  } catch (error) {
    if (!String(error).includes('has been compacted')) throw error;
  }
  await ask('/v3/maintenance/defragment', {}, REWRITE_MS);
  for (const { memberID, alarm } of raised) await ask('/v3/maintenance/alarm', { action: 'DEACTIVATE', memberID, alarm });
}
