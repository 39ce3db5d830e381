import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '@openkupe/contract';
import { afterAll, describe, expect, vi } from 'vitest';
import { createClient, freshAddress } from '../client.ts';
import { newName } from '../clusters.ts';
import { expectRefusal } from '../expect-refusal.ts';
import { rawExchange } from '../raw-exchange.ts';
import { ownServer, testOfOwnServer } from '../server-under-test.ts';
import { launchServer, type StartedServer, startServer } from '../start-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'openkupe-start-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const newFolder = () => join(folder, newName('data'));

/** Most of these wait most of the time. */
vi.setConfig({ maxConcurrency: 8 });
const START_MS = 120_000;
const startTest = (title: string, run: () => Promise<void>) => testOfOwnServer(title, run, START_MS);

/** Starts a server that cannot start, and checks that it says why in one sentence an operator can act on. */
async function expectNoStart(flags: readonly string[], code: number, ...says: readonly string[]): Promise<void> {
  const server = launchServer(flags);
  expect(await server.ended, server.output.stderr).toEqual({ code, signal: null });
  expect(server.output.stdout).toBe('');
  const lines = server.output.stderr.trimEnd().split('\n');
  expect(lines, 'one sentence').toHaveLength(1);
  expect(lines[0]).toMatch(/^openkupe: \S+( \S+){4,}$/);
  expect(lines[0], 'says what to do').toMatch(/[;:,] /);
  expect(lines[0]).not.toMatch(/Error:|E[A-Z]{4,}:|node:/);
  for (const part of says) expect(lines[0]).toContain(part);
}

/** Its tests take longest, so it is there before the others begin. */
const patient = ownServer();

describe.concurrent('the process', () => {
  // NOTE: in this file because these wait for half a minute, in which the others have work to do.
  describe('a request that does not arrive in time', () => {
    const SLOW_MS = LIMITS.requestTimeoutMs + 5_000;
    const TEST_MS = SLOW_MS + 10_000;
    const inTime = (send: readonly (string | number)[]) =>
      rawExchange({ host: patient.host, from: freshAddress(), send, withinMs: SLOW_MS });
    const head = () => `PATCH /api/v1/tenants/${patient.tenant} HTTP/1.1\r\nHost: judge\r\nAuthorization: Bearer ${patient.apiKey}\r\n`;
    const drip = (text: string) => [...text].flatMap((letter) => [letter, 900]);

    testOfOwnServer(
      'S1: headers that drip end in 408',
      async () => expectRefusal(await inTime([head(), ...drip(`X-Slow: ${'x'.repeat(60)}`)]), 408, '30 seconds'),
      TEST_MS,
    );

    testOfOwnServer(
      'S1: a body that stops coming ends in 408',
      async () => expectRefusal(await inTime([`${head()}Content-Length: 40\r\n\r\n{"enforce`]), 408, '30 seconds'),
      TEST_MS,
    );
  });

  describe('a server that cannot start says why in one sentence and ends', () => {
    startTest('an unknown flag: 2', () => expectNoStart(['--prot', '0'], 2, '--prot', 'did you mean "--port"'));
    startTest('a flag without value: 2', () => expectNoStart(['--data', newFolder(), '--port'], 2, '--port'));
    startTest('a port that is none: 2', () => expectNoStart(['--data', newFolder(), '--port', '70000'], 2, '--port', '70000'));

    startTest('an unknown variable: 2', async () => {
      const server = launchServer(['--data', newFolder(), '--port', '0'], { OPENKUPE_RATE_LIMIT: '5' });
      expect(await server.ended).toEqual({ code: 2, signal: null });
      expect(server.output.stderr).toContain('OPENKUPE_RATE_LIMIT_PER_SECOND');
    });

    startTest('a port that is taken: 1', async () => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const { port } = other.address() as { port: number };
      await expectNoStart(['--data', newFolder(), '--port', String(port)], 1, String(port), '--port').finally(() => other.close());
    });

    startTest('an address that is not of this machine: 1', () =>
      expectNoStart(['--data', newFolder(), '--port', '0', '--host', '203.0.113.7'], 1, '203.0.113.7', '--host'),
    );

    startTest('a file in place of the data folder: 1', async () => {
      const file = newFolder();
      writeFileSync(file, 'mine');
      await expectNoStart(['--data', file, '--port', '0'], 1, file);
      await expectNoStart(['--data', join(file, 'below'), '--port', '0'], 1, file);
      expect(readFileSync(file, 'utf8')).toBe('mine');
    });

    // NOTE: root may write everywhere but in the folders that the kernel makes up.
    startTest('a folder that cannot be written: 1', () =>
      expectNoStart(['--data', '/sys/kernel/openkupe', '--port', '0'], 1, '/sys/kernel/openkupe'),
    );

    startTest('an environment file that cannot be written: 1', () =>
      expectNoStart(['--data', newFolder(), '--port', '0', '--write-env', '/sys/kernel/openkupe/env'], 1, '/sys/kernel/openkupe/env'),
    );

    startTest('a database that is none: 1', async () => {
      const data = newFolder();
      const first = await startServer({ dataFolder: data });
      await first.stop();
      for (const name of readdirSync(data)) if (/^openkupe\.db/.test(name)) rmSync(join(data, name));
      writeFileSync(join(data, 'openkupe.db'), 'these are notes about something else\n'.repeat(100));
      await expectNoStart(['--data', data, '--port', '0'], 1, 'openkupe.db');
    });

    startTest('data of a newer version: 1, and the data is left alone', async () => {
      const data = newFolder();
      const first = await startServer({ dataFolder: data });
      await first.stop();
      const database = new DatabaseSync(join(data, 'openkupe.db'));
      database.exec('PRAGMA user_version = 9999');
      await expectNoStart(['--data', data, '--port', '0'], 1, '9999', 'newer');
      expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 9999 });
      database.close();
    });

    startTest('a second server on the same folder: 1, and the first goes on', async () => {
      const first = await startServer();
      await expectNoStart(['--data', first.dataFolder, '--port', '0'], 1, first.dataFolder);
      expect((await createClient(first).call('GET', './clusters')).status).toBe(200);
      await first.stop();
    });
  });

  const STOPPED = { code: 0, signal: null };

  describe('a server that is asked to stop', () => {
    const post = (server: StartedServer, name: string) => {
      const body = JSON.stringify({ displayName: name, role: 'readonly' });
      const head = `POST /api/v1/tenants/${server.tenant}/apikeys HTTP/1.1\r\nHost: judge\r\nAuthorization: Bearer ${server.apiKey}\r\n`;
      return { head: `${head}Content-Length: ${body.length}\r\n\r\n`, body };
    };

    startTest('finishes the request that runs, refuses new ones with 503 or at the door, and ends with 0', async () => {
      const server = await startServer({ variables: { OPENKUPE_DRAIN_SECONDS: '20' } });
      const client = createClient(server);
      const { head, body } = post(server, 'slow');
      const slow = rawExchange({ host: server.host, send: [head, body.slice(0, 10), 1_500, body.slice(10)] });
      await sleep(300);
      server.process.signal('SIGTERM');
      await sleep(300);
      const late = await client.call('GET', './clusters').catch((error: NodeJS.ErrnoException) => error);
      if ('status' in late) {
        expectRefusal(late, 503, 'shutting down');
        expect(late.headers['retry-after']).toMatch(/^[1-9]\d*$/);
      } else expect(late.code).toBe('ECONNREFUSED');
      const answer = await slow;
      expect(answer.status, answer.text).toBe(201);
      expect(await server.process.ended).toEqual(STOPPED);

      const again = await startServer({ dataFolder: server.dataFolder });
      expect((await createClient(again).call('GET', './apikeys')).text).toContain('"slow"');
      await again.stop();
      await server.stop();
    });

    startTest('answers 503 on /readyz while it drains, so that no proxy sends it more', async () => {
      const server = await startServer();
      const { head, body } = post(server, 'slow');
      const slow = rawExchange({ host: server.host, send: [head, 1_200, body] });
      await sleep(300);
      server.process.signal('SIGTERM');
      await sleep(300);
      const ready = await createClient(server)
        .call('GET', '/readyz')
        .catch(() => undefined);
      if (ready) expectRefusal(ready, 503);
      expect((await slow).status).toBe(201);
      expect(await server.process.ended).toEqual(STOPPED);
      await server.stop();
    });

    startTest('waits for a request no longer than configured, and still ends with 0', async () => {
      const server = await startServer({ variables: { OPENKUPE_DRAIN_SECONDS: '1' } });
      const { head } = post(server, 'never');
      const never = rawExchange({ host: server.host, send: [head], withinMs: 20_000 }).catch((error: Error) => error.message);
      await sleep(300);
      const started = Date.now();
      expect(await server.stop()).toEqual(STOPPED);
      expect(Date.now() - started).toBeLessThan(9_000);
      await never;
    });

    startTest('is not ended by SIGHUP while it still starts', async () => {
      const silent = createServer(() => {}).listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const { port } = silent.address() as AddressInfo;
      const connected = once(silent, 'connection');
      const data = newFolder();
      const server = launchServer(['--data', data, '--port', '0'], { OPENKUPE_DATABASE_URL: `postgres://u@127.0.0.1:${port}/d` });
      await connected;
      server.signal('SIGHUP');
      expect(await server.ended).toEqual({ code: 1, signal: null });
      silent.close();
    });

    startTest('is not kept by connections that only stay open', async () => {
      const server = await startServer();
      const idle = rawExchange({ host: server.host, send: ['GET /healthz HTTP/1.1\r\nHost: judge\r\n\r\n'] });
      await idle;
      const waiting = rawExchange({ host: server.host, send: [] }).catch(() => undefined);
      await sleep(100);
      const started = Date.now();
      expect(await server.stop()).toEqual(STOPPED);
      expect(Date.now() - started).toBeLessThan(9_000);
      await waiting;
    });

    startTest('is not kept by callers that were refused and do not go away', async () => {
      const server = await startServer();
      const { hostname, port } = new URL(server.host);
      const opened = [
        'CONNECT example.org:443 HTTP/1.1\r\nHost: a\r\n\r\n',
        'GARBAGE\r\n\r\n',
        post(server, 'x').head.replace('Bearer', 'Basic'),
      ];
      const sockets = await Promise.all(
        opened.map(async (opening) => {
          const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
          socket.on('error', () => {});
          socket.write(opening);
          await once(socket, 'data');
          return socket;
        }),
      );
      const started = Date.now();
      expect(await server.stop()).toEqual(STOPPED);
      expect(Date.now() - started).toBeLessThan(9_000);
      for (const socket of sockets) socket.destroy();
    });

    startTest('survives a closed stdout, and still ends with 0', async () => {
      const server = await startServer({ variables: { OPENKUPE_LOG_LEVEL: 'debug' } });
      server.process.stopReading();
      for (let request = 0; request < 3; request += 1) expect((await createClient(server).call('GET', './clusters')).status).toBe(200);
      expect(await server.stop()).toEqual(STOPPED);
    });

    startTest('ends with 0 on Ctrl-C too', async () => {
      const server = await startServer();
      server.process.signal('SIGINT');
      expect(await server.process.ended).toEqual(STOPPED);
      await server.stop();
    });
  });

  describe('what a server keeps to itself', () => {
    startTest('no key, no credential and no body is in the log, however much is logged', async () => {
      const server = await startServer({ variables: { OPENKUPE_LOG_LEVEL: 'debug' } });
      const client = createClient(server);
      const made = await client.call<{ key: string }>('POST', './apikeys', { body: { displayName: 'private-name', role: 'admin' } });
      await client.call('GET', './clusters?token=private-query', { key: made.body.key });
      await client.call('GET', './clusters', { key: 'private-wrong-key' });
      await client.call('POST', './clusters', { raw: '{"private-body' });
      expect(await server.stop()).toEqual(STOPPED);
      const { stderr } = server.process.output;
      expect(stderr.split('\n').length).toBeGreaterThan(3);
      expect(stderr).not.toMatch(/kupe_|private-|Bearer/);
      for (const line of stderr.trimEnd().split('\n')) expect(() => JSON.parse(line), line).not.toThrow();
    });

    startTest('what it writes is for its owner alone', async () => {
      const server = await startServer();
      expect((await createClient(server).call('POST', './clusters', { body: { name: 'private' } })).status).toBe(201);
      await server.kill();
      expect(statSync(server.dataFolder).mode & 0o077).toBe(0);
      const files = readdirSync(server.dataFolder, { recursive: true, encoding: 'utf8' }).map((name) => join(server.dataFolder, name));
      expect(files.length).toBeGreaterThan(2);
      for (const file of files) if (statSync(file).isFile()) expect(statSync(file).mode & 0o077, file).toBe(0);
      for (const file of files) if (statSync(file).isFile()) expect(readFileSync(file, 'latin1'), file).not.toContain(server.apiKey);
      await server.stop();
    });
  });
});
