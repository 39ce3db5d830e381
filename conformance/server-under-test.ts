import { Agent } from 'node:http';
import { afterAll, beforeAll, test, vi } from 'vitest';
import { type Client, createClient, freshAddress } from './client.ts';
import { type StartedServer, type StartOptions, startServer } from './start-server.ts';

/** Where the requests go. */
export interface ServerUnderTest {
  readonly host: string;
  readonly tenant: string;
  readonly apiKey: string;
  /** A client with the admin key. It calls from an address of its own where the server is on loopback; from the machine's usual one with `null`. */
  client(options?: { from?: string | null; key?: string; isPatient?: boolean; connections?: number }): Client;
}

/** The server that the environment names, if it names one. */
const { KUPE_HOST, KUPE_TENANT, KUPE_API_KEY } = process.env;
export const isExistingServer = Boolean(KUPE_HOST && KUPE_TENANT && KUPE_API_KEY);

/** A server that is not ours may be as slow as a real one: minutes to make a cluster. */
const EXISTING_SERVER_TEST_MS = 20 * 60_000;
const PATIENCE = 20;

/** Short lives, and a limit that no test meets by accident. */
const QUICK = {
  OPENKUPE_SANDBOX_PROVISIONING_SECONDS: '0.5',
  OPENKUPE_SANDBOX_UPGRADING_SECONDS: '0.5',
  OPENKUPE_SANDBOX_TERMINATING_SECONDS: '0.5',
  OPENKUPE_RATE_LIMIT_PER_SECOND: '5000',
  OPENKUPE_RATE_LIMIT_BURST: '5000',
};

const isLoopback = (host: string) => new URL(host).hostname.startsWith('127.');

function underTest(coordinates: () => Pick<ServerUnderTest, 'host' | 'tenant' | 'apiKey'>): ServerUnderTest {
  return {
    get host() {
      return coordinates().host;
    },
    get tenant() {
      return coordinates().tenant;
    },
    get apiKey() {
      return coordinates().apiKey;
    },
    client({ from, key, isPatient = true, connections } = {}) {
      const { host, tenant, apiKey } = coordinates();
      const address = from === undefined && isLoopback(host) ? freshAddress() : from;
      return createClient({
        host,
        tenant,
        apiKey: key ?? apiKey,
        ...(address ? { from: address } : {}),
        ...(isPatient && isExistingServer ? { patience: PATIENCE } : {}),
        ...(connections ? { agent: new Agent({ keepAlive: true, maxSockets: connections }) } : {}),
      });
    },
  };
}

/** A server that only this file uses, started before its tests and stopped after them. Its tests are skipped for an existing server. */
export function ownServer(options: StartOptions = {}): ServerUnderTest & { readonly started: StartedServer } {
  let started: StartedServer | undefined;
  const current = () => {
    if (!started) throw new Error('The server is started in beforeAll; use it inside a test');
    return started;
  };
  beforeAll(async () => {
    if (!isExistingServer) started = await startServer({ ...options, variables: { ...QUICK, ...options.variables } });
  });
  afterAll(async () => {
    await started?.stop();
  });
  return Object.defineProperties(underTest(current), { started: { get: current } }) as ServerUnderTest & {
    readonly started: StartedServer;
  };
}

/** The server that the environment names, or else one of this file's own with room for many clusters. */
export function serverUnderTest(options: StartOptions = {}): ServerUnderTest {
  if (isExistingServer) {
    vi.setConfig({ testTimeout: EXISTING_SERVER_TEST_MS, hookTimeout: EXISTING_SERVER_TEST_MS });
    return underTest(() => ({ host: KUPE_HOST ?? '', tenant: KUPE_TENANT ?? '', apiKey: KUPE_API_KEY ?? '' }));
  }
  const server = ownServer(options);
  beforeAll(async () => {
    const { status, text } = await server.client().call('PATCH', '.', { body: { plan: 'enterprise' } });
    if (status !== 200) throw new Error(`The tenant could not be put on the largest plan: ${text}`);
  });
  return server;
}

/** A test that has to start, stop or configure the server itself. */
export const testOfOwnServer = (title: string, run: () => Promise<unknown>, timeoutMs?: number) =>
  test.skipIf(isExistingServer)(`${title} (needs a server of its own)`, async () => void (await run()), timeoutMs);
