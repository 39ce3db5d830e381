import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A small HTTP server that answers as the documentation of the KV engine, version 2, says: the envelope, the statuses, versions, check-and-set,
 * deletion, tokens and their renewal, sealing. https://openbao.org/api-docs/secret/kv/kv-v2/
 */
export interface KvServer {
  readonly address: string;
  readonly token: string;
  /** Writes a new version, at a mount and path. */
  write(mount: string, path: string, data: unknown): void;
  /** Deletes the newest version, as `bao kv delete` does. */
  softDelete(mount: string, path: string): void;
  /** What of the token its policy, its lease and its renewal are. */
  rights: 'read' | 'write' | 'expiring' | 'root';
  /** Whether writes ignore check-and-set, as an engine of another kind may. */
  ignoresCas: boolean;
  /** How many secrets there are. */
  readonly size: number;
  /** What it does instead of answering. */
  mode: 'well' | 'sealed' | 'standby' | 'silent' | 'failing' | 'redirecting' | 'not-json' | 'endless' | 'version-1';
  /** Path and token of every request. */
  readonly seen: { readonly path: string; readonly token: unknown }[];
  stop(): Promise<void>;
}

interface Version {
  readonly data: unknown;
  readonly deletedAt: string;
}

const TOKEN = 's.token-of-the-test';

export async function startKvServer(): Promise<KvServer> {
  const versions = new Map<string, Version[]>();
  const answer = (response: ServerResponse, status: number, body: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

  /** The requests about the token, and those that change something; `undefined` for a read. */
  const change = (method: string, path: string, body: { options?: { cas?: number }; data?: unknown }): [number, unknown] | undefined => {
    const ttl = kv.rights === 'root' ? 0 : 3_600;
    const policies = kv.rights === 'root' ? ['root'] : ['default', 'openkupe'];
    if (path === '/v1/sys/health') return [200, { initialized: true, sealed: false }];
    if (path === '/v1/auth/token/lookup-self') return [200, { data: { policies, ttl, renewable: kv.rights !== 'expiring' } }];
    if (path === '/v1/auth/token/renew-self') return [200, { auth: { lease_duration: 7_200 } }];
    if (method === 'GET') return undefined;
    if (kv.rights === 'read') return [403, { errors: ['permission denied'] }];
    if (method === 'DELETE') return versions.delete(path.replace('/metadata/', '/data/')) ? [204, {}] : [404, { errors: [] }];
    const all = versions.get(path) ?? [];
    if (!kv.ignoresCas && body.options?.cas !== undefined && body.options.cas !== all.length)
      return [400, { errors: ['check-and-set parameter did not match the current version'] }];
    versions.set(path, [...all, { data: body.data, deletedAt: '' }]);
    return [200, { data: { version: all.length + 1 } }];
  };

  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    kv.seen.push({ path, token: request.headers['x-vault-token'] });
    if (kv.mode === 'silent') return;
    if (kv.mode === 'sealed') return answer(response, 503, { errors: ['Vault is sealed'] });
    if (kv.mode === 'standby') return answer(response, 473, { errors: [] });
    if (kv.mode === 'failing') return answer(response, 500, { errors: ['internal error'] });
    if (kv.mode === 'redirecting') return response.writeHead(307, { location: `${kv.address}/elsewhere` }).end();
    if (kv.mode === 'not-json') return response.writeHead(200).end('<html>');
    if (kv.mode === 'endless') return response.writeHead(200).end('x'.repeat(9 * 1024 * 1024));
    if (kv.mode === 'version-1') return answer(response, 200, { data: { username: 'flat' } });
    if (request.headers['x-vault-token'] !== TOKEN) return answer(response, 403, { errors: ['permission denied'] });
    let text = '';
    for await (const piece of request.setEncoding('utf8')) text += piece;
    const changed = change(request.method ?? '', decodeURIComponent(path), text === '' ? {} : JSON.parse(text));
    if (changed) return answer(response, ...changed);
    const all = versions.get(decodeURIComponent(path)) ?? [];
    const newest = all.at(-1);
    if (!newest) return answer(response, 404, { errors: [] });
    const metadata = { version: all.length, created_time: '2026-01-01T00:00:00Z', deletion_time: newest.deletedAt, destroyed: false };
    const isDeleted = newest.deletedAt !== '';
    answer(response, isDeleted ? 404 : 200, { request_id: 'r', data: { data: isDeleted ? null : newest.data, metadata } });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const append = (mount: string, path: string, version: Version) => {
    const place = `/v1/${mount}/data/${path}`;
    versions.set(place, [...(versions.get(place) ?? []), version]);
  };
  const kv: KvServer = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: TOKEN,
    mode: 'well',
    rights: 'read',
    ignoresCas: false,
    get size() {
      return versions.size;
    },
    seen: [],
    write: (mount, path, data) => append(mount, path, { data, deletedAt: '' }),
    softDelete(mount, path) {
      const place = `/v1/${mount}/data/${path}`;
      const all = versions.get(place) ?? [];
      versions.set(place, all.with(-1, { data: null, deletedAt: '2026-01-02T00:00:00Z' }));
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return kv;
}
