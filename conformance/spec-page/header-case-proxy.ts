import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export type HeaderCase = 'lower' | 'upper' | 'canonical';

const RENAMED: Record<HeaderCase, (name: string) => string> = {
  lower: (name) => name.toLowerCase(),
  upper: (name) => name.toUpperCase(),
  canonical: (name) => name.toLowerCase().replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()),
};

/** A proxy that passes everything on and only spells the names of the answer's headers in another case, as proxies on the way do. */
export async function startHeaderCaseProxy(target: string, spelling: HeaderCase): Promise<{ host: string; stop(): Promise<void> }> {
  const server = createServer((incoming, outgoing) => {
    const { hostname, port } = new URL(target);
    const onward = request(
      { host: hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers, agent: false },
      (answer) => {
        outgoing.writeHead(
          answer.statusCode ?? 502,
          answer.rawHeaders.map((text, index) => (index % 2 === 0 ? RENAMED[spelling](text) : text)),
        );
        answer.pipe(outgoing);
      },
    );
    onward.on('error', (error) => outgoing.destroy(error));
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
