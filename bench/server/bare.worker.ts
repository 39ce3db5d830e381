/** The upper bound: `node:http` alone, sending what it was given as the answer of each path. Answers with its port. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerQuestions } from '../harness/worker.ts';
import type { Recorded } from './contestants.ts';

answerQuestions(async (answers: Readonly<Record<string, Recorded>>) => {
  const server = createServer((request, response) => {
    const { status, headers, body } = answers[request.url ?? ''] as Recorded;
    response.writeHead(status, headers);
    response.end(body);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { pid: process.pid, port: (server.address() as AddressInfo).port };
});
