import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createStderrLog } from '../../log/stderr-log.ts';
import { createDamageReport } from '../../store/broken-data.ts';
import { scratchFolder } from '../../store/testing/scratch-folder.ts';
import { openLocalRecords } from './local-record.ts';

const open = (folder: string) => openLocalRecords({ folder, requirePlace() {}, damage: createDamageReport(createStderrLog('silent')) });

it('takes files that are no cluster for none, and an unreadable record for a broken one', async () => {
  const folder = scratchFolder();
  for (const name of ['.DS_Store', 'notes']) writeFileSync(join(folder, name), '');
  mkdirSync(join(folder, 'uid-empty'));
  mkdirSync(join(folder, 'uid-broken'));
  writeFileSync(join(folder, 'uid-broken', 'cluster.json'), '{');
  const records = await open(folder);
  expect([...records.broken.keys()]).toEqual(['uid-broken']);
  expect(records.all()).toEqual([]);
});
