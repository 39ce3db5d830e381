/** The server on a data folder, whose reconciler is not started: requests and the store alone. Answers with its port. */
import { systemClock, systemRandom } from '../../packages/contract/src/index.ts';
import { readConfig } from '../../packages/server/src/config/config.ts';
import { compose } from '../../packages/server/src/start/compose.ts';
import { answerQuestions } from '../harness/worker.ts';
import { UNLIMITED } from './openkupe.ts';

answerQuestions(async ({ folder }: { folder: string }) => {
  const config = readConfig([], { OPENKUPE_DATA: folder, OPENKUPE_LOG_LEVEL: 'silent', ...UNLIMITED }, folder);
  const { http } = await compose(config, { clock: systemClock, random: systemRandom });
  const url = await http.listen({ host: '127.0.0.1', port: 0 });
  return { pid: process.pid, port: Number(new URL(url).port) };
});
