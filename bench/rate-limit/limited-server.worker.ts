/**
 * The whole server in a process of its own, with the rate limit that is given, or with a token bucket of eight lines in its place. Given:
 * requests a second and burst, or nothing for the default; `token bucket`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom } from '../../packages/contract/src/index.ts';
import { readConfig } from '../../packages/server/src/config/config.ts';
import type { AddressLimit } from '../../packages/server/src/rate-limit/address-limit.ts';
import { compose } from '../../packages/server/src/start/compose.ts';
import { ensureFirstTenant, FIRST_TENANT } from '../../packages/server/src/start/first-tenant.ts';
import { inject } from '../../packages/server/src/testing/inject.ts';
import { answerQuestions } from '../harness/worker.ts';

/** What the server is asked for. */
export interface LimitedServerQuestion {
  /** Secrets to make, `s-0` and on. */
  readonly secrets?: number;
  /** API keys to make. */
  readonly keys?: number;
}

/** Where the server is, and what it made. */
export interface LimitedServer {
  readonly url: string;
  readonly key: string;
  readonly keys: readonly string[];
}

const [perSecond = '', burst = '', limiter = ''] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'openkupe-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const limit = perSecond === '' ? {} : { OPENKUPE_RATE_LIMIT_PER_SECOND: perSecond, OPENKUPE_RATE_LIMIT_BURST: burst };
const settings = { OPENKUPE_DATA: folder, OPENKUPE_PORT: '0', OPENKUPE_LOG_LEVEL: 'silent', ...limit };
const plane = await compose(readConfig([], settings, folder), { clock: systemClock, random: systemRandom });

function tokenBucket(): AddressLimit['admit'] {
  const [intervalMs, toleranceMs] = [1000 / Number(perSecond), (1000 * Number(burst)) / Number(perSecond)];
  let fullAtMs = 0;
  return () => {
    const nowMs = performance.now();
    const nextMs = Math.max(fullAtMs, nowMs) + intervalMs;
    const retryAfterSeconds = Math.ceil((nextMs - nowMs - toleranceMs) / 1000);
    if (retryAfterSeconds > 0)
      return { isAdmitted: false, limit: 'address', policy: 'address', retryAfterSeconds, isReserved: false, headers: {} };
    fullAtMs = nextMs;
    return { isAdmitted: true, headers: {} };
  };
}

if (limiter === 'token bucket') plane.ports.addressLimit.admit = tokenBucket();
await plane.start();
const key = (await ensureFirstTenant(plane.ports)) ?? '';
await plane.http.listen({ host: '127.0.0.1', port: 0 });
const { port } = plane.http.server.address() as AddressInfo;

let made = 0;
/** From an address of its own each time, so that it takes nothing from the one that is measured. */
async function post(path: string, body: object): Promise<{ readonly key?: string }> {
  made += 1;
  const remoteAddress = `10.0.${made >> 8}.${made & 255}`;
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const url = `/api/v1/tenants/${FIRST_TENANT}/${path}`;
  const answer = await inject(plane.http, { method: 'POST', url, remoteAddress, headers, payload: JSON.stringify(body) });
  if (answer.statusCode >= 300) throw new Error(`${path}: ${answer.statusCode} ${answer.body}`);
  return answer.json();
}

answerQuestions(async ({ secrets = 0, keys = 0 }: LimitedServerQuestion): Promise<LimitedServer> => {
  for (let at = 0; at < secrets; at += 1) await post('secrets', { name: `s-${at}`, secretPath: `s/${at}` });
  const own: string[] = [];
  for (let at = 0; at < keys; at += 1) own.push((await post('apikeys', { displayName: `k-${at}`, role: 'readonly' })).key ?? '');
  return { url: `http://127.0.0.1:${port}/api/v1/tenants/${FIRST_TENANT}`, key, keys: own };
});
