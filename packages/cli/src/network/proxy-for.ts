import { BlockList, isIP } from 'node:net';
import { misuse } from '../failure/failure.ts';
import type { Environment } from '../io.ts';

/** Both spellings are in use; the lower-case one wins, as with curl. */
function either(env: Environment, name: string): { name: string; value: string } | undefined {
  for (const spelling of [name.toLowerCase(), name]) {
    const value = env[spelling]?.trim();
    if (value) return { name: spelling, value };
  }
  return undefined;
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

function bare(hostname: string): string {
  return hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

function isInNetwork(host: string, entry: string): boolean {
  const [network = '', bits = ''] = entry.split('/');
  const [family, hostFamily] = [isIP(network), isIP(host)];
  const prefix = Number(bits);
  if (family === 0 || hostFamily === 0 || !/^\d{1,3}$/.test(bits) || prefix > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, prefix, family === 4 ? 'ipv4' : 'ipv6');
  return list.check(host, hostFamily === 4 ? 'ipv4' : 'ipv6');
}

/** `example.com`, `.example.com`, `*.example.com`, each with or without `:8443`; addresses, `[::1]:8443`, and networks like 10.0.0.0/8. */
function isExempt(url: URL, entry: string): boolean {
  if (entry === '*') return true;
  const host = bare(url.hostname);
  if (entry.includes('/')) return isInNetwork(host, entry);
  const withPort = isIP(entry) === 6 ? null : /^(.+):(\d+)$/.exec(entry);
  if (withPort && withPort[2] !== (url.port || DEFAULT_PORTS[url.protocol])) return false;
  const name = bare(withPort?.[1] ?? entry).replace(/^\*?\./, '');
  return host === name || (isIP(host) === 0 && host.endsWith(`.${name}`));
}

/**
 * The proxy for an address, as curl and most tools read it from the environment: HTTPS_PROXY for https, HTTP_PROXY for http, neither where
 * NO_PROXY names the host (by name, with what is below it, by port, address or network; `*` names all). A proxy without a scheme is
 * http. Fails with exit code 2 for one that cannot be used; never repeats its user or password.
 */
export function proxyFor(address: string, env: Environment): string | undefined {
  const url = new URL(address);
  const found = either(env, url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (!found) return undefined;
  const exempt = (either(env, 'NO_PROXY')?.value ?? '').split(/[\s,]+/).filter((entry) => entry !== '');
  if (exempt.some((entry) => isExempt(url, entry))) return undefined;
  const proxy = /^[a-z][a-z0-9+.-]*:\/\//i.test(found.value) ? found.value : `http://${found.value}`;
  if (!URL.canParse(proxy)) throw misuse(`${found.name} is not the address of a proxy; write it like http://proxy.example.com:3128.`);
  const { protocol } = new URL(proxy);
  if (protocol === 'http:' || protocol === 'https:') return proxy;
  throw misuse(`${found.name} names a proxy of the kind ${protocol.slice(0, -1)}, which is not supported; use an http or https proxy.`);
}
