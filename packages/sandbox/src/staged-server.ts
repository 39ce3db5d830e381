import { mkdir, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { createSeededRandom } from '@openkupe/contract/seeded-random';
import { type EmbeddedServer, startEmbedded } from '@openkupe/server/embedded';
import type { SandboxClock } from './clock/sandbox-clock.ts';
import { createBreakCluster } from './stage/cluster-faults.ts';
import { createExecute } from './stage/execute.ts';
import type { AskAsAdmin } from './stage/second-writer.ts';
import { OWN_ADDRESS, type StagedServer } from './stage/staged.ts';
import { readFiles, type SandboxState, writeFiles } from './state/data-folder-state.ts';

/** The server behind the stage, which can be started anew on other data at the same address. */
export interface RestartableServer {
  /** Starts it on what a state holds, or on nothing. */
  start(state: SandboxState | undefined): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
  readonly url: string;
  readonly tenant: string;
  readonly apiKey: string;
  readonly staged: StagedServer;
  issueKey(): Promise<string>;
  files(): SandboxState['files'];
}

/** What {@link createRestartableServer} needs. */
export interface StagedOptions {
  /** An empty folder of its own. */
  readonly folder: string;
  readonly settings: Readonly<Record<string, string>>;
  /** 0: a free one, which stays the same from then on. */
  readonly port: number;
  readonly seed: number;
  readonly clock: SandboxClock;
  /** Answers what arrives. */
  readonly entry: (message: IncomingMessage, response: ServerResponse) => Promise<void>;
}

interface Started {
  readonly server: EmbeddedServer;
  readonly apiKey: string;
  readonly staged: StagedServer;
  readonly dataFolder: string;
  readonly over: AbortController;
}

/** The id of a key, of its text. */
const idOf = (key: string) => `ak-${key.split('_')[1]}`;

/** Sends requests with a key that exists as long as they last, so that clients see none but their own. */
function askAsAdminOf(server: EmbeddedServer, execute: StagedServer['execute']): AskAsAdmin {
  return async (method, target, body) => {
    const key = await server.issueKey('sandbox');
    const payload = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body));
    const typed = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(payload.length) };
    try {
      const headers = { host: 'sandbox', authorization: `Bearer ${key}`, ...typed };
      return await execute({ method, target, headers, address: OWN_ADDRESS, body: payload });
    } finally {
      await server.revokeKey(idOf(key));
    }
  };
}

/** Makes a {@link RestartableServer} that is not started. */
export function createRestartableServer({ folder, settings, port: wantedPort, seed, clock, entry }: StagedOptions): RestartableServer {
  let port = wantedPort;
  let starts = 0;
  let started: Started | undefined;
  const current = (): Started => {
    if (!started) throw new Error('The sandbox is not running: it was stopped, or is being reset');
    return started;
  };
  return {
    async start(state) {
      starts += 1;
      const dataFolder = join(folder, String(starts));
      await mkdir(dataFolder, { mode: 0o700 });
      if (state) writeFiles(dataFolder, state.files);
      const variables = { OPENKUPE_LOG_LEVEL: 'silent', ...settings, OPENKUPE_DATA: dataFolder, OPENKUPE_PORT: String(port) };
      const server = await startEmbedded({ variables, clock, random: createSeededRandom(seed), around: () => entry });
      port = Number(new URL(server.url).port);
      const over = new AbortController();
      const execute = createExecute(server.handle);
      const staged = {
        execute,
        passOn: server.handle,
        askAsAdmin: askAsAdminOf(server, execute),
        revokeKey: server.revokeKey,
        breakCluster: createBreakCluster(server, clock, over.signal),
      };
      started = { server, apiKey: state?.apiKey ?? server.firstKey ?? '', staged, dataFolder, over };
    },
    async stop() {
      if (!started) return;
      const { server, over, dataFolder } = started;
      started = undefined;
      over.abort();
      await clock.runUntil(server.stop());
      await rm(dataFolder, { recursive: true, force: true });
    },
    get url() {
      return current().server.url;
    },
    get tenant() {
      return current().server.tenant;
    },
    get apiKey() {
      return current().apiKey;
    },
    get staged() {
      return current().staged;
    },
    issueKey: () => current().server.issueKey('issued by the sandbox'),
    files: () => readFiles(current().dataFolder),
  };
}
