import { KupeError } from '@openkupe/sdk';
import type { Contestant, Send, SimResponse } from './exchange.ts';
import type { Trial } from './measure.ts';
import { ourClient } from './ours.ts';
import { elapsedMs, runVirtual, sleep } from './virtual-time.ts';

const BASE = '/api/v1/tenants/acme';
const CALLS = 100;

interface Stored {
  version: number;
  fields: Record<string, unknown>;
  createdAt: string;
}

/** A server whose answers get lost on the way back, after everything was done. It may or may not honour idempotency keys. */
function createForgetfulServer({ lost, hasKeys, random }: { lost: number; hasKeys: boolean; random: { unit(): number } }) {
  const clusters = new Map<string, Stored>();
  const keysMade: string[] = [];
  const kept = new Map<string, SimResponse>();
  const support: Record<string, string> = hasKeys ? { 'idempotency-key-support': 'yes' } : {};
  const reply = (status: number, body: unknown, headers: Record<string, string> = {}): SimResponse => ({
    status,
    headers: { 'content-type': 'application/json', date: new Date(Date.now()).toUTCString(), ...support, ...headers },
    body: status === 204 ? '' : JSON.stringify(body),
  });
  const show = (name: string, { version, fields, createdAt }: Stored) =>
    [{ name, createdAt, status: { phase: 'Running' }, ...fields }, { etag: `"${version}"` }] as const;

  const execute: (request: Parameters<Send>[0]) => SimResponse = ({ method, path, headers, body }) => {
    const given = body ? (JSON.parse(body) as Record<string, unknown>) : {};
    const name = decodeURIComponent(path.split('/')[6] ?? '');
    if (method === 'POST' && path.endsWith('/apikeys')) {
      keysMade.push(String(given.displayName));
      return reply(201, { id: `ak-${keysMade.length}`, key: 'kupe_x', ...given });
    }
    if (method === 'POST') {
      const wanted = String(given.name);
      const present = clusters.get(wanted);
      if (present) return reply(409, { error: `Cluster "${wanted}" already exists` });
      const made = { version: 1, fields: given, createdAt: `${new Date(Date.now()).toISOString().slice(0, 19)}Z` };
      clusters.set(wanted, made);
      const [shown, etag] = show(wanted, made);
      return reply(201, shown, etag);
    }
    const found = clusters.get(name);
    if (!found) return reply(404, { error: `Cluster "${name}" does not exist` });
    if (headers['if-match'] !== undefined && headers['if-match'] !== `"${found.version}"`)
      return reply(412, { error: 'It changed after you read it' }, { etag: `"${found.version}"` });
    if (method === 'DELETE') {
      clusters.delete(name);
      return reply(204, undefined);
    }
    if (method === 'PATCH') Object.assign(found, { version: found.version + 1, fields: { ...found.fields, ...given } });
    const [shown, etag] = show(name, found);
    return reply(200, shown, etag);
  };

  const send: Send = async (request) => {
    await sleep(20 + 10 * random.unit());
    const key = hasKeys ? request.headers['idempotency-key'] : undefined;
    const before = key === undefined ? undefined : kept.get(key);
    const response = before ?? execute(request);
    if (key !== undefined) kept.set(key, response);
    await sleep(20 + 10 * random.unit());
    if (request.method !== 'GET' && random.unit() < lost) throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    return response;
  };
  return { send, clusters, keysMade };
}

interface Counts {
  falseErrors: number;
  unknowns: number;
}

/** Runs one write whose effect is checked afterwards: an error although it happened is a false one, unless it says "unknown". */
async function tried(counts: Counts, work: () => Promise<unknown>, hasHappened: () => boolean): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof KupeError && error.outcome === 'unknown') counts.unknowns += 1;
    else if (hasHappened()) counts.falseErrors += 1;
  }
}

async function once(
  contestant: Contestant,
  isOurs: boolean,
  options: { lost: number; hasKeys: boolean },
  seed: number,
  random: { unit(): number },
) {
  const server = createForgetfulServer({ ...options, random });
  const counts: Counts = { falseErrors: 0, unknowns: 0 };
  const startedAt = elapsedMs();
  await runVirtual(async () => {
    const call = contestant.create(server.send, seed);
    const keys = isOurs ? ourClient(server.send, seed + 500).apiKeys : undefined;
    for (let index = 0; index < CALLS; index++) {
      const name = `c${index}`;
      const path = `${BASE}/clusters/${name}`;
      const create = { name, version: '1.31' };
      await tried(
        counts,
        async () => call({ method: 'POST', path: `${BASE}/clusters`, body: create }),
        () => server.clusters.has(name),
      );
      const key = { displayName: name, role: 'admin' as const };
      const makeKey = keys ? () => keys.create(key) : async () => call({ method: 'POST', path: `${BASE}/apikeys`, body: key });
      await tried(counts, makeKey, () => server.keysMade.includes(name));
      const etag = `"${server.clusters.get(name)?.version ?? 0}"`;
      const hasChanged = () => server.clusters.get(name)?.fields.version === '1.32';
      await tried(counts, async () => call({ method: 'PATCH', path, ifMatch: etag, body: { version: '1.32' } }), hasChanged);
      await tried(
        counts,
        async () => call({ method: 'DELETE', path }),
        () => !server.clusters.has(name),
      );
    }
  }, 36_000_000);
  const duplicates = server.keysMade.length - new Set(server.keysMade).size;
  const { falseErrors, unknowns } = counts;
  return {
    duplicates,
    'false errors': falseErrors,
    'said unknown': unknowns,
    's per call': (elapsedMs() - startedAt) / 1_000 / (4 * CALLS),
  };
}

/** Who runs at other rates of loss than 5 %, too. */
const EVERYWHERE = ['openkupe', 'page rule', 'openai'];
/** They cannot send these writes: one path only, no PATCH; or they repeat nothing. */
const SKIPPED = ['aws standard', 'aws adaptive', 'stripe', 'bottleneck (told the limit)'];

/** G: answers get lost after the change was made. 100 × create, create without a name, guarded patch, delete. */
export function lostAnswerTrials(ours: Contestant, others: readonly Contestant[]): Trial[] {
  return [0.01, 0.05, 0.1].flatMap((lost) =>
    [true, false].flatMap((hasKeys) =>
      [ours, ...others]
        .filter(({ name }) => !SKIPPED.includes(name) && (lost === 0.05 || EVERYWHERE.includes(name)))
        .map((contestant) => ({
          group: 'lost',
          scenario: 'G',
          circumstances: `${lost * 100} % lost, ${hasKeys ? 'keys honoured' : 'no keys'}`,
          client: contestant.name,
          once: (seed, random) => once(contestant, contestant === ours, { lost, hasKeys }, seed, random),
        })),
    ),
  );
}
