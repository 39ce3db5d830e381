/**
 * The HTTP side of the server alone: it reads a request, finds its route and sends what it was given as the answer of that path. What an
 * answer takes beyond it is the pipeline: limits, credentials, the store. Answers with its port.
 */
import { systemClock, systemRandom } from '../../packages/contract/src/index.ts';
import { readConfig } from '../../packages/server/src/config/config.ts';
import { createHttpServer } from '../../packages/server/src/http/http-server.ts';
import { compose } from '../../packages/server/src/start/compose.ts';
import { answerQuestions } from '../harness/worker.ts';
import type { Recorded } from './contestants.ts';

answerQuestions(async ({ folder, answers }: { folder: string; answers: Readonly<Record<string, Recorded>> }) => {
  const config = readConfig([], { OPENKUPE_DATA: folder, OPENKUPE_LOG_LEVEL: 'silent' }, folder);
  const { ports } = await compose(config, { clock: systemClock, random: systemRandom });
  const http = createHttpServer(async ({ target }) => answers[target] as Recorded, ports, { ...config, expectsProxyHeader: false });
  const url = await http.listen({ host: '127.0.0.1', port: 0 });
  return { pid: process.pid, port: Number(new URL(url).port) };
});
