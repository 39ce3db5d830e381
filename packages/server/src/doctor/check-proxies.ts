import type { Config } from '../config/config.ts';
import { boundedFetch } from '../outgoing/bounded-fetch.ts';
import { type Finding, ok, warn } from './finding.ts';

const TIMEOUT_MS = 5_000;
const PAGE_BYTES = 8 * 1024 * 1024;

/** The page of metrics of a server that runs with these settings; `undefined` where none answers. */
export async function readMetrics({ metrics }: Pick<Config, 'metrics'>): Promise<string | undefined> {
  if (!metrics || metrics.port === 0) return undefined;
  const host = metrics.host === '0.0.0.0' || metrics.host === '::' ? '127.0.0.1' : metrics.host;
  const address = new URL(`http://${host.includes(':') ? `[${host}]` : host}:${metrics.port}/metrics`);
  try {
    const { status, body } = await boundedFetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS), mostBytes: PAGE_BYTES });
    return status === 200 ? Buffer.from(body).toString() : undefined;
  } catch {
    return undefined;
  }
}

/** How many requests said a word about the client, by the metric that counts them. */
function counted(page: string, word: string): number {
  const sample = `openkupe_http_forwarded_total{word="${word}"} `;
  const line = page.split('\n').find((one) => one.startsWith(sample));
  return Number(line?.slice(sample.length) ?? 0);
}

/** What arrives in forwarding headers against what the settings expect. */
export function judgeForwarding(
  page: string,
  { trustedProxies, forwardingHeader }: Pick<Config, 'trustedProxies' | 'forwardingHeader'>,
): Finding {
  const [trusted, missing, untrusted] = ['trusted', 'missing', 'untrusted'].map((word) => counted(page, word)) as [number, number, number];
  if (untrusted > 0)
    return warn(
      'proxies',
      `${untrusted} requests came with a forwarding header from peers that are no trusted proxies`,
      'if they are proxies, name them in OPENKUPE_TRUSTED_PROXIES: until then all their clients share one limit. The log names them',
    );
  if (missing > trusted)
    return warn(
      'proxies',
      `${missing} requests came from trusted proxies without the header ${forwardingHeader}, ${trusted} with it`,
      'let the proxy write that header, or set OPENKUPE_FORWARDING_HEADER to the one that it writes (docs/guide/proxies-and-limits.md)',
    );
  if (trustedProxies.isEmpty) return ok('proxies', 'No proxies are trusted, and none seems to be there');
  return ok('proxies', `${trusted} requests came through trusted proxies, with the address of their clients`);
}

/** Whether clients are reported apart, by what a running server has counted. */
export async function checkProxies(config: Config): Promise<Finding[]> {
  const page = await readMetrics(config);
  if (page !== undefined) return [judgeForwarding(page, config)];
  if (config.trustedProxies.isEmpty)
    return [ok('proxies', 'No proxies are trusted; what arrives could not be seen, because no metrics are served')];
  return [
    warn(
      'proxies',
      'Whether the trusted proxies name their clients could not be seen, because no metrics are served',
      'set OPENKUPE_METRICS_PORT, start the server, send a request through the proxy, and run the doctor again',
    ),
  ];
}
