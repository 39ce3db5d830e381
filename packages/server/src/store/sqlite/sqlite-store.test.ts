import { rmSync } from 'node:fs';
import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { describeStore } from '../store-conformance.ts';
import { makeScratchFolder } from '../testing/scratch-folder.ts';
import { startInlineWriter } from './inline-writer.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { StartWriter } from './writer.ts';
import { startWriterThread } from './writer-thread.ts';

function describeWriter(name: string, startWriter: StartWriter, randomRuns: number): void {
  describeStore(
    name,
    async () => {
      const folder = makeScratchFolder(true);
      const clock = createManualClock();
      let store = await openSqliteStore({ folder, clock, startWriter });
      return {
        clock,
        get store() {
          return store;
        },
        async reopen() {
          await store.close();
          store = await openSqliteStore({ folder, clock, startWriter });
        },
        async discard() {
          await store.close();
          rmSync(folder, { recursive: true });
        },
      };
    },
    randomRuns,
  );
}

describeWriter('the SQLite store that writes inline', startInlineWriter, 60);
// NOTE: a thread takes a tenth of a second to start, and the changes are applied by the same code.
describeWriter('the SQLite store that writes in a thread', startWriterThread, 20);
