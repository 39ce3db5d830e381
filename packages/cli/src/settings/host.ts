import { withoutTrailing } from '@openkupe/contract/without-trailing';
import { misuse } from '../failure/failure.ts';

/** Whether a host name means this machine: `localhost` and its subdomains, 127.0.0.0/8 and ::1. */
export function isLoopback(hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]') return true;
  return /^127(\.\d{1,3}){3}$/.test(hostname);
}

function parse(text: string): URL | undefined {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  return URL.canParse(withScheme) ? new URL(withScheme) : undefined;
}

/**
 * Reads a server address. Any https host is fine; http only for this machine, because the key travels with every request. Without a
 * scheme it is https. A trailing `/` or `/api/v1` is dropped. Fails with exit code 2 otherwise.
 */
export function parseHost(text: string): string {
  const url = parse(text.trim());
  if (!url || url.hostname === '') throw misuse(`"${text}" is not a server address; write it like https://api.example.com.`);
  if (url.username !== '' || url.password !== '') throw misuse('The server address must not contain a user or a password.');
  const path = withoutTrailing(url.pathname, '/').replace(/\/api\/v1$/, '');
  if (path !== '' || url.search !== '' || url.hash !== '') {
    throw misuse(`The server address "${text}" must end after the host; write ${url.origin}.`);
  }
  if (url.protocol === 'https:') return url.origin;
  if (url.protocol !== 'http:') throw misuse(`The server address "${text}" must start with https://.`);
  if (!isLoopback(url.hostname)) {
    throw misuse(`The server address "${text}" would send the key in clear text; use https://${url.host} (http is for this machine only).`);
  }
  return url.origin;
}
