import { MASKED } from '@openkupe/contract';
import { invalidRequest } from '../refusal.ts';
import { isInternalHost } from './internal-host.ts';

/** Addresses that only go into a message for people, where a template makes sense. */
const SHOWN_ONLY = /^(icon|image|thumb|client|footer_icon|author)_url$|^title_?url$/i;
const isAddressKey = (key: string) => /^urls?$|_url$|[a-z]Url$|_endpoint$|^endpoint$/.test(key);

function refuse(path: string, why: string): never {
  throw invalidRequest(`${path} ${why}`);
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function checkAddress(path: string, key: string, text: string): void {
  if (text === '' || text === MASKED) return;
  if (text.includes('{{')) {
    if (SHOWN_ONLY.test(key)) return;
    refuse(path, 'must not be a template, because nobody can tell where it leads; write the address out');
  }
  const url = parse(text);
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') refuse(path, 'must be an http or https address');
  if (url.username !== '' || url.password !== '') refuse(path, 'must not hold a user name or password; use http_config.basic_auth');
  if (isInternalHost(url.hostname)) refuse(path, 'leads to an internal address; use one that is on the internet');
}

/** `host:port` of a mail server. */
function checkMailServer(path: string, text: string): void {
  if (text === '') return;
  const url = /[/?#@\\{\s]/.test(text) ? undefined : parse(`http://${text}`);
  if (!url) refuse(path, 'must be host:port, such as smtp.example.com:587');
  if (isInternalHost(url.hostname)) refuse(path, 'leads to an internal address; use a mail server that is on the internet');
}

/**
 * Refuses with 400 whatever would make Alertmanager, which stands inside our network, call an internal address or read a file of its
 * machine: at any depth, whatever the type of the receiver. No message repeats an address, because it may hold a credential.
 */
export function checkAddresses(value: unknown, path: string, key = ''): void {
  if (Array.isArray(value)) {
    for (const [at, inner] of value.entries()) checkAddresses(inner, `${path}.${at}`, key);
    return;
  }
  if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) {
      const shown = name.slice(0, 60);
      if (/_files?$/.test(name)) refuse(`${path}.${shown}`, 'names a file of the server, which is not possible; send the value itself');
      checkAddresses(inner, path === '' ? shown : `${path}.${shown}`, name);
    }
    return;
  }
  if (typeof value !== 'string') return;
  if (/(^|_)smarthost$/.test(key)) checkMailServer(path, value);
  else if (isAddressKey(key)) checkAddress(path, key, value);
}
