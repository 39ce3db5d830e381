import { request } from 'node:https';

/** Asks a cluster's own API server, trusting this CA and no other. Rejects when the TLS handshake fails. */
export function askCluster(endpoint: string, ca: string, path: string): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(path, endpoint), { ca, agent: false, timeout: 10_000 }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: JSON.parse(text) }));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${endpoint} did not answer`)));
    outgoing.on('error', reject);
    outgoing.end();
  });
}
