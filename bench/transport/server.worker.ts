/** A plain server for the transport benchmark: 2 kB of JSON for every request. Answers with its port. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerQuestions } from '../harness/worker.ts';

const BODY = JSON.stringify({ items: [{ name: 'prod', text: 'x'.repeat(2_000) }] });
const HEADERS = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(BODY), ETag: '"10.1"' };

const server = http.createServer((_, response) => response.writeHead(200, HEADERS).end(BODY));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
answerQuestions(() => ({ port: (server.address() as AddressInfo).port }));
