import { rmSync } from 'node:fs';
import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { describeStore } from '../store-conformance.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { makeScratchFolder } from './testing/scratch-folder.ts';

describeStore('the SQLite store', async () => {
  const folder = makeScratchFolder(true);
  const clock = createManualClock();
  let store = await openSqliteStore({ folder, clock });
  return {
    clock,
    get store() {
      return store;
    },
    async reopen() {
      await store.close();
      store = await openSqliteStore({ folder, clock });
    },
    async discard() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
});
