import { request } from 'node:https';

export interface TlsAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** GETs `path` of an endpoint, trusting `caPem` and nothing else. Rejects when the connection or its certificate is no good. */
export function getOverTls(endpoint: string, caPem: string, path: string, headers: Record<string, string> = {}): Promise<TlsAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, endpoint), { ca: caPem, agent: false, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const contentType = response.headers['content-type'] ?? '';
        resolve({ status: response.statusCode ?? 0, contentType, body: Buffer.concat(chunks).toString() });
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}
