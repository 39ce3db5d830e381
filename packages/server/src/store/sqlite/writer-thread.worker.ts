/** The thread that writes. It answers each group that is posted with how its requests ended, and looks for unreadable rows in between. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Settled } from '../write-request.ts';
import { prepareRequests } from './apply-request.ts';
import { checkRemainingPages } from './check-pages.ts';
import { findBroken } from './find-broken.ts';
import { createGroupCommit, type GroupCommit } from './group-commit.ts';
import { openWriteConnection } from './open.ts';
import { createRowVersions } from './row-cache.ts';
import { encodeError } from './thread-error.ts';
import { isStoreFailure, unavailable } from './unavailable.ts';
import type { FromThread, ThreadData, ToThread } from './writer-thread.ts';

const { folder, versions, keptEvents } = workerData as ThreadData;
const port = parentPort;
if (!port) throw new Error('This file runs as a thread; start it from writer-thread.ts');
const post = (message: FromThread) => port.postMessage(message);
const encode = (settled: Settled) => ('error' in settled ? { error: encodeError(settled.error) } : settled);

const open = openWriteConnection(folder, createRowVersions(versions));
const commitGroup = checkedGroupCommit();
let isOpen = true;

/** Commits groups once the pages are checked; where they are damaged, every group fails, and nothing is written. */
function checkedGroupCommit(): GroupCommit {
  try {
    checkRemainingPages(open.database);
    return createGroupCommit(open, prepareRequests(open.database, keptEvents));
  } catch (error) {
    return (group) => group.map(() => ({ error: unavailable(error) }));
  }
}

port.on('message', (group: ToThread) => {
  if (group) return post({ settled: commitGroup(group).map(encode) });
  isOpen = false;
  open.database.close();
  port.close();
});

async function reportBroken(): Promise<void> {
  for (const broken of findBroken(open.database)) {
    if (broken.length > 0) post({ broken });
    await new Promise((resolve) => setImmediate(resolve));
    if (!isOpen) return;
  }
}

await reportBroken().catch((error: unknown) => {
  // NOTE: damaged pages end the search, not the thread: reads that meet them, and all writes, say so.
  if (!isStoreFailure(error)) throw error;
});
