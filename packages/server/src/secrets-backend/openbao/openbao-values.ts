import { type Clock, checkJson, type JsonBounds, JsonError } from '@openkupe/contract';
import { boundedFetch, jsonOf, reasonOf } from '../../outgoing/bounded-fetch.ts';
import { problemWith, type Reading, type SecretValues, type Values } from '../secret-values.ts';

/** The address of an OpenBao server, and how to read from it. */
export interface OpenBaoOptions {
  /** `https://…`, without a path. */
  readonly address: string;
  /** May read the paths of every tenant. */
  readonly token: string;
  /**
   * The mount of a KV engine of version 2. With `{tenant}` in it every tenant has a mount of its own, and a path is looked up as it is;
   * without, all share the mount and a path is looked up under `tenants/<tenant>/`.
   */
  readonly mount: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** 1 MiB of values can take up to six times as much as JSON. */
const ANSWER_BYTES = 8 * 1024 * 1024;
/** Far above what an answer of a KV engine holds. */
const ANSWER_BOUNDS: JsonBounds = { depth: 64, values: 100_000, nameLength: 4_096 };

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const encoded = (path: string) => path.split('/').map(encodeURIComponent).join('/');
const unavailable = (message: string): Reading => ({ outcome: 'unavailable', message });
const refused = (message: string): Reading => ({ outcome: 'refused', message });
// NOTE: what exactly is wrong would show the value.
const NOT_KEPT = refused(
  'The secrets backend answered a value that cannot be kept exactly, such as a number of more than 15 digits or a key that is there twice; write it as text, once',
);

/** Where the values of a path are, or with `metadata` all its versions. */
export function pathUrl(
  { address, mount }: Pick<OpenBaoOptions, 'address' | 'mount'>,
  tenant: string,
  path: string,
  what: 'data' | 'metadata' = 'data',
): URL {
  const isOwnMount = mount.includes('{tenant}');
  const place = isOwnMount ? path : `tenants/${tenant}/${path}`;
  return new URL(`/v1/${encoded(mount.replaceAll('{tenant}', tenant))}/${what}/${encoded(place)}`, address);
}

/**
 * Values from OpenBao (or a server with the same API): the KV engine, version 2, over HTTP. `GET /v1/<mount>/data/<path>`, see
 * https://openbao.org/api-docs/secret/kv/kv-v2/#read-secret-version and https://openbao.org/api-docs/#http-status-codes
 */
export function createOpenBaoValues(options: OpenBaoOptions): SecretValues {
  const { token, timeoutMs, clock } = options;
  async function ask(tenant: string, path: string, signal: AbortSignal): Promise<Reading> {
    const headers = { 'x-vault-token': token, 'x-vault-request': 'true', accept: 'application/json' };
    const answer = await boundedFetch(pathUrl(options, tenant, path), { headers, signal, mostBytes: ANSWER_BYTES });
    const body = jsonOf(answer);
    if (body !== undefined) checkJson(Buffer.from(answer.body).toString(), ANSWER_BOUNDS);
    return readingOf(answer.status, body);
  }

  return {
    async read(tenant, path) {
      const ended = new AbortController();
      const tooLong = clock.sleep(timeoutMs, ended.signal).then(
        () => ended.abort(new Error(`it did not answer within ${timeoutMs} ms`)),
        () => {},
      );
      try {
        return await ask(tenant, path, ended.signal);
      } catch (error) {
        if (error instanceof JsonError) return NOT_KEPT;
        return unavailable(`The secrets backend could not be asked: ${reasonOf(ended.signal.aborted ? ended.signal.reason : error)}`);
      } finally {
        ended.abort();
        await tooLong;
      }
    },
    // NOTE: what is in OpenBao belongs to the people who wrote it there; the token may only read.
    forget: async () => {},
  };
}

/** What a status and body mean. A soft-deleted version is 404 with metadata and without data. */
function readingOf(status: number, body: unknown): Reading {
  if (status === 200) return found(body);
  if (status === 404) return { outcome: 'missing' };
  if (status === 403)
    return refused('The secrets backend denies access to this path; give the token of the control plane a policy that allows it to read');
  if (status === 503) return unavailable('The secrets backend is sealed or in maintenance');
  if (status === 429 || status === 472 || status === 473) return unavailable('The secrets backend is a standby or limits its callers');
  if (status >= 500) return unavailable(`The secrets backend failed with status ${status}`);
  return refused(`The secrets backend answered ${status}; check its address and mount`);
}

function found(body: unknown): Reading {
  const outer = isRecord(body) && isRecord(body.data) ? body.data : {};
  const { data, metadata } = outer;
  if (!isRecord(metadata) || typeof metadata.version !== 'number') {
    return refused('The secrets backend answered something that is not a secret of a KV engine of version 2; check the mount');
  }
  if (data === null) return { outcome: 'missing' };
  if (!isRecord(data)) return refused('The secrets backend answered a secret without keys; write key=value pairs to it');
  const values: Values = Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
  const problem = problemWith(values);
  return problem === undefined ? { outcome: 'found', version: String(metadata.version), values } : refused(problem);
}
