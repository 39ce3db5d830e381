import type { Clock } from '@openkupe/contract';
import { boundedFetch, jsonOf, reasonOf } from '../../outgoing/bounded-fetch.ts';
import { isRecord } from '../sentinels.ts';
import { revisionIn } from './print-configuration.ts';

/** What runs: the release of Alertmanager, and the revision of its configuration where it is one of ours. */
export type RunningConfiguration =
  | { readonly outcome: 'running'; readonly version: string; readonly revision: string | undefined }
  | { readonly outcome: 'silent'; readonly detail: string };

/** How a reload ended. `broken`: the connection did while Alertmanager read the file, so that it may have ended by what it read. */
export type Reload =
  | { readonly outcome: 'loaded' }
  | { readonly outcome: 'refused'; readonly said: string }
  | { readonly outcome: 'broken' | 'silent'; readonly detail: string };

/** The API of an Alertmanager: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml */
export interface AlertmanagerApi {
  running(signal: AbortSignal): Promise<RunningConfiguration>;
  /** Makes it read its file (`POST /-/reload`). What it refuses leaves the former configuration in force. */
  reload(signal: AbortSignal): Promise<Reload>;
}

/** A configuration is shown with every default written out. */
const STATUS_BYTES = 256 * 1024 * 1024;
const MESSAGE_BYTES = 1024 * 1024;
const STATUS_MS = 10_000;
/** The templates and clients of thousands of receivers are made meanwhile. */
const RELOAD_MS = 60_000;

/** Codes of `fetch` and of sockets for a connection that ended before its answer. */
const BROKEN: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** Speaks to the Alertmanager at `address`, which may have a path, without a slash at its end. */
export function createAlertmanagerApi(address: string, clock: Clock): AlertmanagerApi {
  const urlOf = (path: string) => new URL(`${address}${path}`);
  async function ask(method: string, path: string, mostBytes: number, limitMs: number, signal: AbortSignal) {
    const ended = new AbortController();
    const tooLong = clock.sleep(limitMs, ended.signal).then(
      () => ended.abort(new Error(`it did not answer within ${limitMs} ms`)),
      () => {},
    );
    try {
      return await boundedFetch(urlOf(path), { method, mostBytes, signal: AbortSignal.any([signal, ended.signal]) });
    } finally {
      ended.abort();
      await tooLong;
    }
  }

  return {
    async running(signal) {
      try {
        const answer = await ask('GET', '/api/v2/status', STATUS_BYTES, STATUS_MS, signal);
        const body = jsonOf(answer);
        const { config, versionInfo } = isRecord(body) ? body : {};
        if (answer.status !== 200 || !isRecord(config) || typeof config.original !== 'string')
          return { outcome: 'silent', detail: `it answered ${answer.status}, and not as an Alertmanager does` };
        const version = isRecord(versionInfo) && typeof versionInfo.version === 'string' ? versionInfo.version : 'unknown';
        return { outcome: 'running', version, revision: revisionIn(config.original) };
      } catch (error) {
        return { outcome: 'silent', detail: reasonOf(error) };
      }
    },
    async reload(signal) {
      try {
        const { status, body } = await ask('POST', '/-/reload', MESSAGE_BYTES, RELOAD_MS, signal);
        const said = Buffer.from(body).toString();
        if (status === 200) return { outcome: 'loaded' };
        return status === 500 ? { outcome: 'refused', said } : { outcome: 'silent', detail: `it answered ${status} to a reload` };
      } catch (error) {
        const detail = reasonOf(error);
        return { outcome: BROKEN.has(detail) ? 'broken' : 'silent', detail };
      }
    },
  };
}
