import { isDeepStrictEqual } from 'node:util';
import type { Random } from '@openkupe/contract';
import { boundedFetch, jsonOf, reasonOf } from '../../outgoing/bounded-fetch.ts';
import { createOpenBaoValues, type OpenBaoOptions, pathUrl } from './openbao-values.ts';

/** One finding: `ok`, `failed` (the control plane cannot work like this), or `not-checked` with the reason. */
export interface Finding {
  readonly state: 'ok' | 'failed' | 'not-checked';
  readonly what: string;
  readonly detail: string;
}

/** The tenant under whose prefix, or in whose mount, the probe is written. */
export const PROBE_TENANT = 'openkupe-check';
const ANSWER_BYTES = 1024 * 1024;

interface Asked {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const fieldOf = ({ body }: Asked, name: string): unknown => (isRecord(body.data) ? body.data[name] : undefined);
const ok = (what: string, detail: string): Finding => ({ state: 'ok', what, detail });
const failed = (what: string, detail: string): Finding => ({ state: 'failed', what, detail });
const notChecked = (what: string, detail: string): Finding => ({ state: 'not-checked', what, detail });

/** Sends one request. Rejects without an answer, within the time that the settings give. */
function createAsk({ address, token, timeoutMs }: OpenBaoOptions) {
  return async (method: string, url: URL | string, body?: object): Promise<Asked> => {
    const signal = AbortSignal.timeout(timeoutMs);
    const headers = { 'x-vault-token': token, 'x-vault-request': 'true', 'content-type': 'application/json' };
    const request = { method, headers, signal, mostBytes: ANSWER_BYTES, ...(body && { body: JSON.stringify(body) }) };
    const answer = await boundedFetch(new URL(url, address), request);
    const parsed = jsonOf(answer);
    return { status: answer.status, body: isRecord(parsed) ? parsed : {} };
  };
}
type Ask = ReturnType<typeof createAsk>;

/** https://openbao.org/api-docs/system/health/ */
async function checkHealth(ask: Ask): Promise<Finding> {
  const { status } = await ask('GET', '/v1/sys/health');
  const problems: Readonly<Record<number, string>> = { 501: 'it is not initialised', 503: 'it is sealed' };
  if (status === 200) return ok('server', 'it is initialised, unsealed and active');
  if ([429, 472, 473].includes(status)) return ok('server', 'it is a standby, which passes requests on');
  return failed('server', problems[status] ?? `its health is answered with status ${status}`);
}

/** https://openbao.org/api-docs/auth/token/#lookup-a-token-self and #renew-a-token-self */
async function checkToken(ask: Ask): Promise<Finding[]> {
  const found = await ask('GET', '/v1/auth/token/lookup-self');
  if (found.status !== 200) return [failed('token', `it is not accepted (status ${found.status}); make another one`)];
  const policies = fieldOf(found, 'policies');
  const ttl = Number(fieldOf(found, 'ttl') ?? 0);
  const names = Array.isArray(policies) ? policies.join(', ') : 'unknown';
  const isRoot = Array.isArray(policies) && policies.includes('root');
  const token = ok('token', isRoot ? 'it is a root token; one whose policy only reads the values is enough' : `policies: ${names}`);
  if (ttl === 0) return [token, ok('renewal', 'the token does not expire')];
  if (fieldOf(found, 'renewable') !== true) return [token, failed('renewal', `the token ends in ${ttl} s and cannot be renewed`)];
  const renewed = await ask('POST', '/v1/auth/token/renew-self', {});
  if (renewed.status !== 200) return [token, failed('renewal', `the token cannot be renewed (status ${renewed.status})`)];
  const lease = isRecord(renewed.body.auth) ? Number(renewed.body.auth.lease_duration) : ttl;
  return [token, ok('renewal', `it was renewed for ${lease} s; the control plane does not renew it, so an agent has to`)];
}

/** Writes twice with check-and-set, reads back as the control plane does, deletes, and reads again. */
async function checkValues(options: OpenBaoOptions, tenant: string, path: string, ask: Ask): Promise<Finding[]> {
  const values = createOpenBaoValues(options);
  const before = await values.read(tenant, path);
  if (before.outcome !== 'missing') return [failed('read', 'message' in before ? before.message : 'the path of the probe is taken')];
  const read = ok('read', 'a path without values is answered as such');
  const url = pathUrl(options, tenant, path);
  const probe = { probe: 'one', '.dotted-key': 'zwei\nlines "quoted" ☃' };
  const write = (data: object, cas: number) => ask('POST', url, { options: { cas }, data });
  const written = await write(probe, 0);
  if (written.status === 403)
    return [
      read,
      notChecked('write', 'the token may only read, which is all that the control plane needs; a token that may write checks the rest'),
    ];
  if (written.status !== 200) return [read, failed('write', `it is answered with status ${written.status}`)];
  try {
    const first = await values.read(tenant, path);
    const again = await write({ probe: 'lost' }, 0);
    const second = await write({ probe: 'two' }, 1);
    const last = await values.read(tenant, path);
    return [
      read,
      ok('write', 'a value was written'),
      isDeepStrictEqual(first, { outcome: 'found', version: '1', values: probe })
        ? ok('read back', 'it is read as it was written')
        : failed('read back', 'what is read is not what was written'),
      again.status === 400 && second.status === 200 && isDeepStrictEqual(last, { outcome: 'found', version: '2', values: { probe: 'two' } })
        ? ok('check-and-set', 'a write that missed another one is refused, the next one is the second version')
        : failed(
            'check-and-set',
            `a write that missed another one is answered with status ${again.status}, the next one with ${second.status}`,
          ),
    ];
  } finally {
    await ask('DELETE', pathUrl(options, tenant, path, 'metadata'));
  }
}

async function checkDeletion(options: OpenBaoOptions, tenant: string, path: string): Promise<Finding> {
  const left = await createOpenBaoValues(options).read(tenant, path);
  return left.outcome === 'missing'
    ? ok('delete', 'nothing is left of the probe')
    : failed('delete', `the probe at ${path} of ${tenant} is still there; delete it`);
}

/**
 * Proves that the control plane can work with an OpenBao server: health, token and its renewal, and values at a path of its own, which is deleted
 * again. What the server says is in no finding, except statuses and names of policies. Stops at what makes the rest pointless.
 */
export async function checkOpenBao(options: OpenBaoOptions, random: Pick<Random, 'bytes'>, tenant = PROBE_TENANT): Promise<Finding[]> {
  const ask = createAsk(options);
  const path = `probe-${Buffer.from(random.bytes(6)).toString('hex')}`;
  const findings: Finding[] = [];
  try {
    findings.push(await checkHealth(ask));
    if (findings.at(-1)?.state === 'failed') return findings;
    findings.push(...(await checkToken(ask)));
    if (findings.some(({ what, state }) => what === 'token' && state === 'failed')) return findings;
    findings.push(...(await checkValues(options, tenant, path, ask)));
    if (findings.some(({ what, state }) => what === 'write' && state === 'ok')) findings.push(await checkDeletion(options, tenant, path));
  } catch (error) {
    findings.push(failed('connection', `${options.address} could not be asked: ${reasonOf(error)}`));
  }
  return findings;
}
