import { prepareRequests } from './apply-request.ts';
import { checkRemainingPages } from './check-pages.ts';
import { findBroken } from './find-broken.ts';
import { createGroupCommit } from './group-commit.ts';
import type { StartWriter } from './writer.ts';

/**
 * Writes on the connection that reads use, in the thread that asks, which waits for the disk: for tests whose clock is not the machine's,
 * and to measure what a thread is worth.
 */
export const startInlineWriter: StartWriter = (open, { keptEvents, onBroken }) => {
  const { database } = open;
  checkRemainingPages(database);
  for (const rows of findBroken(database)) onBroken(rows);
  const commitGroup = createGroupCommit(open, prepareRequests(database, keptEvents));
  return {
    write: async (group) => commitGroup(group),
    close: async () => {},
  };
};
