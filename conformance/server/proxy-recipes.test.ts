import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { expectRefusal } from '../expect-refusal.ts';
import { RECIPES, startRecipe } from '../proxy-recipe.ts';
import { isExistingServer, ownServer, testOfOwnServer } from '../server-under-test.ts';

const BURST = 4;
const SLOW_MS = 60_000;
const variables = {
  OPENKUPE_TRUSTED_PROXIES: '127.0.0.1',
  OPENKUPE_RATE_LIMIT_PER_SECOND: '0.02',
  OPENKUPE_RATE_LIMIT_BURST: String(BURST),
};

interface Received {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

describe.each(RECIPES.map((recipe) => ({ ...recipe, recipe })))(
  'behind $name, as deploy/proxies/$file has it',
  ({ name, program, recipe }) => {
    describe.skipIf(!program)(`(needs ${name}, and openssl)`, () => {
      const server = ownServer({ variables });
      let proxy: Awaited<ReturnType<typeof startRecipe>>;
      beforeAll(async () => {
        if (!isExistingServer) proxy = await startRecipe(recipe, server.host);
      }, SLOW_MS);
      afterAll(() => proxy?.stop());

      /** Sends a request from a local address. `onText` gets the answer as it comes, and ends it with `true`. */
      const ask = (from: string, headers: Record<string, string> = {}, path = '/api/v1/plans', onText?: (text: string) => boolean) =>
        new Promise<Received>((resolve, reject) => {
          const target = {
            host: '127.0.0.1',
            port: proxy.port,
            localAddress: from,
            path,
            headers,
            agent: false,
            rejectUnauthorized: false,
          };
          const outgoing = request(target, (answer) => {
            const { statusCode: status = 0 } = answer;
            let text = '';
            answer.setEncoding('utf8').on('data', (part: string) => {
              text += part;
              if (!onText?.(text)) return;
              resolve({ status, headers: answer.headers, text });
              outgoing.destroy();
            });
            answer.once('end', () => resolve({ status, headers: answer.headers, text }));
          });
          outgoing.once('error', reject).end();
        });

      testOfOwnServer('a client has a limit of its own, and what it writes of other addresses gives it nothing', async () => {
        for (let asked = 0; asked < BURST; asked += 1) expect((await ask('127.0.0.2')).status).toBe(200);
        expectRefusal(await ask('127.0.0.2'), 429);
        for (const header of ['X-Forwarded-For', 'Forwarded', 'X-Real-IP']) {
          const value = header === 'Forwarded' ? 'for=198.51.100.1' : '198.51.100.1';
          expectRefusal(await ask('127.0.0.2', { [header]: value }), 429);
        }
        expect((await ask('127.0.0.3', { 'X-Forwarded-For': '127.0.0.2' })).status).toBe(200);
      });

      testOfOwnServer(
        'events come while the stream is open',
        async () => {
          const path = `/api/v1/tenants/${server.tenant}/events?watch=true`;
          const headers = { authorization: `Bearer ${server.apiKey}`, accept: 'text/event-stream' };
          let opened = () => {};
          const open = new Promise<void>((resolve) => {
            opened = resolve;
          });
          const streamed = ask('127.0.0.4', headers, path, (text) => {
            opened();
            return text.includes('of-the-proxy');
          });
          // NOTE: an answer without a stream ends it, too, and fails below.
          await Promise.race([open, streamed]);
          const made = await server.client({ from: '127.0.0.5' }).call('POST', './clusters', { body: { name: 'of-the-proxy' } });
          expect(made.status).toBe(201);
          expect(await streamed).toMatchObject({ status: 200, text: expect.stringContaining('of-the-proxy') });
        },
        SLOW_MS,
      );
    });

    describe.skipIf(!program)(`in front of nothing (needs ${name}, and openssl)`, () => {
      testOfOwnServer(
        'answers 503 by itself, in the form of every other error',
        async () => {
          const proxy = await startRecipe(recipe, 'http://127.0.0.1:9');
          try {
            const answer = await new Promise<Received>((resolve, reject) => {
              const target = { host: '127.0.0.1', port: proxy.port, path: '/api/v1/plans', agent: false, rejectUnauthorized: false };
              request(target, (incoming) => {
                let text = '';
                incoming.setEncoding('utf8').on('data', (part: string) => {
                  text += part;
                });
                incoming.once('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }));
              })
                .once('error', reject)
                .end();
            });
            expect(answer).toMatchObject({
              status: 503,
              headers: { 'content-type': expect.stringContaining('application/json'), 'retry-after': '2' },
            });
            expect(Object.keys(JSON.parse(answer.text))).toEqual(['error']);
          } finally {
            await proxy.stop();
          }
        },
        SLOW_MS,
      );
    });
  },
);
