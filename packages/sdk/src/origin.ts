/** What an address may end in: nothing is to be dropped in silence. */
const PATHS: readonly string[] = ['/', '/api/v1', '/api/v1/'];

/**
 * The origin of the API, from an address or a bare host name, which means https. Throws a TypeError for anything that is not the address
 * of an API, and never shows a password that is in it.
 */
export function originOf(host: string): string {
  if (host.includes('@'))
    throw new TypeError('The host has a user name or a password in it; leave them out: the API key is given by itself');
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(host) ? host : `https://${host}`;
  if (!URL.canParse(text)) throw new TypeError(`The host "${host}" is not an address; give one like https://api.kupe.cloud`);
  const { protocol, origin, pathname, search, hash } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:')
    throw new TypeError(`The host "${host}" is not one of HTTP; give an address that begins with https:// or http://`);
  if (!PATHS.includes(pathname) || search || hash)
    throw new TypeError(`The host "${host}" has more than a host in it; give an address without "${pathname}${search}${hash}"`);
  return origin;
}
