import { rmSync } from 'node:fs';
import { describeStore } from '../store-conformance.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { makeScratchFolder } from './testing/scratch-folder.ts';

describeStore('the SQLite store', async () => {
  const folder = makeScratchFolder(true);
  let store = await openSqliteStore({ folder });
  return {
    get store() {
      return store;
    },
    async reopen() {
      await store.close();
      store = await openSqliteStore({ folder });
    },
    async discard() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
});
