/** The store's own rate: guarded updates of clusters by callers that wait for each, without HTTP. Answers with updates a second. */
import { openSqliteStore } from '../../packages/server/src/store/sqlite/sqlite-store.ts';
import { answerQuestions } from '../harness/worker.ts';
import { updatesPerSecond } from '../store/updates.ts';

answerQuestions(async ({ folder, callers, seconds }: { folder: string; callers: number; seconds: number }) => {
  const store = await openSqliteStore({ folder });
  const perSecond = await updatesPerSecond(store, callers, seconds);
  await store.close();
  return { perSecond };
});
