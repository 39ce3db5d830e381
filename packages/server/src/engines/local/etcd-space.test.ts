import { expect, it } from 'vitest';
import { freeSpace } from './etcd-space.ts';

/** What etcd is asked, and by `alarms` what is raised there. */
function etcdWith(alarms: object[], compaction?: Error) {
  const asked: [string, object | undefined][] = [];
  const ask = async (path: string, body?: object) => {
    asked.push([path, body]);
    if (path === '/v3/kv/compaction' && compaction) throw compaction;
    return path === '/v3/maintenance/alarm' ? { alarms } : { header: { revision: '17' } };
  };
  return { asked, ask };
}
const NOSPACE = { memberID: '9', alarm: 'NOSPACE' };

it('compacts, rewrites the file and lifts the alarm where etcd has no space for writes', async () => {
  const { asked, ask } = etcdWith([NOSPACE]);
  await freeSpace(ask);
  expect(asked.slice(2)).toEqual([
    ['/v3/kv/compaction', { revision: '17', physical: true }],
    ['/v3/maintenance/defragment', {}],
    ['/v3/maintenance/alarm', { action: 'DEACTIVATE', ...NOSPACE }],
  ]);
});

it('goes on where that revision was compacted before, and not after another failure', async () => {
  const before = etcdWith([NOSPACE], new Error('etcd answers 400: mvcc: required revision has been compacted'));
  await freeSpace(before.ask);
  expect(before.asked.at(-1)).toEqual(['/v3/maintenance/alarm', { action: 'DEACTIVATE', ...NOSPACE }]);
  await expect(freeSpace(etcdWith([NOSPACE], new Error('no answer')).ask)).rejects.toThrow('no answer');
});

it('does nothing without that alarm', async () => {
  const { asked, ask } = etcdWith([{ memberID: '9', alarm: 'CORRUPT' }]);
  await freeSpace(ask);
  expect(asked).toEqual([['/v3/maintenance/alarm', { action: 'GET' }]]);
});
