import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A small HTTP server that answers reads as the documentation of the KV engine, version 2, says: the envelope, the statuses, versions,
 * soft deletion, tokens, sealing. https://openbao.org/api-docs/secret/kv/kv-v2/
 */
export interface KvServer {
  readonly address: string;
  readonly token: string;
  /** Writes a new version, at a mount and path. */
  write(mount: string, path: string, data: unknown): void;
  /** Deletes the newest version, as `bao kv delete` does. */
  softDelete(mount: string, path: string): void;
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

  const server = createServer((request, response) => {
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
