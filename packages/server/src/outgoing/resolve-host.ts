import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';

/** Finds the addresses of a host name. Rejects where there are none. */
export type ResolveHost = (hostname: string, signal: AbortSignal) => Promise<readonly string[]>;

/** Each question to a name server may take this long, and is asked twice. */
const QUESTION_MS = 2_000;

/**
 * By DNS alone, without the hosts file and search domains, and without the thread pool that `dns.lookup` shares with the file system, so
 * that a name server that does not answer delays no one else.
 */
export const resolveHost: ResolveHost = async (hostname, signal) => {
  const resolver = new Resolver({ timeout: QUESTION_MS, tries: 2 });
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel);
  try {
    const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (addresses.length > 0) return addresses.filter((address) => isIP(address) !== 0);
    throw answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []))[0] ?? new Error('it has no address');
  } finally {
    signal.removeEventListener('abort', cancel);
  }
};
