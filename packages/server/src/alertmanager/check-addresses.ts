import { MASKED } from '@openkupe/contract';
import { invalidRequest } from '../errors/refusal.ts';
import { isInternalHost, isInternalLiteral } from '../outgoing/internal-host.ts';
import { isFileKey, isFilePath, wordsOf } from './file-names.ts';
import { isRecord } from './sentinels.ts';
import { type Shape, shapeBelow } from './shapes.ts';

/** Fields of unknown receivers whose addresses only appear in messages for people, where a template makes sense. */
const SHOWN_ONLY = /^(icon|image|thumb|client|footer_icon|author)_url$|^title_?url$/i;
const ADDRESS_WORDS = new Set(['url', 'urls', 'endpoint', 'endpoints']);
const HOST_WORDS = new Set(
  (
    'host hosts hostname hostport smarthost server servers addr addrs address addresses broker brokers proxy ip ips node nodes peer peers ' +
    'target targets destination remote upstream gateway relay socket dsn uri uris href link domain callback webhook api base'
  ).split(' '),
);
const hasWord = (key: string, words: ReadonlySet<string>) => wordsOf(key).some((word) => words.has(word));
/** `webhookURL` and `url_title`: the word says that it is an address where the name ends in it. */
const isAddressKey = (key: string) => ADDRESS_WORDS.has(wordsOf(key).at(-1) ?? '');
const isMailServerKey = (key: string) => /(^|_)smarthost$/.test(key);

function refuse(path: string, why: string): never {
  throw invalidRequest(`${path} ${why}`);
}

const isEmpty = (value: unknown) => value === null || value === '' || (Array.isArray(value) && value.length === 0);

const parse = (text: string): URL | undefined => URL.parse(text) ?? undefined;

function checkAddress(path: string, key: string, text: string): void {
  if (text === '' || text === MASKED) return;
  if (text.includes('{{')) {
    if (SHOWN_ONLY.test(key)) return;
    refuse(path, 'must not be a template, because it could lead anywhere; write the address out');
  }
  const url = parse(text);
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') refuse(path, 'must be an http or https address');
  if (url.username !== '' || url.password !== '') refuse(path, 'must not hold a user name or password; use http_config.basic_auth');
  if (isInternalHost(url.hostname)) refuse(path, 'leads to an internal address; use one that is on the internet');
}

/** `host:port` of a mail server. */
function checkMailServer(path: string, text: string): void {
  if (text === '' || text === MASKED) return;
  const url = /[/?#@\\{\s]/.test(text) ? undefined : parse(`http://${text}`);
  if (!url) refuse(path, 'must be host:port, such as smtp.example.com:587');
  if (isInternalHost(url.hostname)) refuse(path, 'leads to an internal address; use a mail server that is on the internet');
}

/** Whether a text or number is an internal address literal, or a name below an internal suffix, with or without a port. */
function isInternalAddress(text: string, hasScheme: boolean): boolean {
  // NOTE: a small number is an address of the network 0.0.0.0/8, and far more often a number.
  if (/^[1-9]\d{0,7}$/.test(text) && Number(text) < 2 ** 24) return false;
  const url = parse(`http://${text}`);
  if (!url) return false;
  const isMailAddress = !hasScheme && url.username !== '' && url.password === '' && url.port === '';
  return isInternalLiteral(url.hostname) || (!isMailAddress && url.hostname.includes('.') && isInternalHost(url.hostname));
}

/** Checks a text of unknown meaning: an address or file path is also recognised by its form. */
function checkUnknown(path: string, key: string, sent: string): void {
  // The parser of addresses leaves these out as well (WHATWG URL §4.4).
  const text = sent.replace(/[\t\n\r]/g, '').replace(/^[\p{Cc}\s]+/u, '');
  if (isAddressKey(key)) checkAddress(path, key, sent);
  else if (/^((https?|ftp|gopher|ldaps?|tcp|udp|unix|smtps?):|\/\/[^\s/])/i.test(text)) checkAddress(path, key, text);
  else if (isFilePath(text)) refuse(path, 'names a file of the server, which is not possible; send the value itself');
  else {
    const rest = /^[a-z][a-z0-9+.-]{0,30}:\/\/(.*)$/is.exec(text)?.[1];
    if ((rest !== undefined || hasWord(key, HOST_WORDS)) && isInternalAddress(rest ?? text, rest !== undefined))
      refuse(path, 'leads to an internal address; use one that is on the internet');
  }
}

/**
 * Refuses with 400 what would make Alertmanager, which runs inside the operator's network, call an internal address or read a file of its
 * machine (SSRF): at any depth, in known and unknown types of receivers. Texts and links of messages (`shapes.ts`) are exempt. This server
 * connects to none of the addresses, so it judges them as written, in every notation; the connecting side has to check what a public name
 * resolves to. No message repeats an address, because it may hold a credential.
 */
export function checkAddresses(value: unknown, path: string, shape: Shape | undefined, key = ''): void {
  if (shape === 'message' || shape === 'open') return;
  if (Array.isArray(value)) for (const [at, inner] of value.entries()) checkAddresses(inner, `${path}.${at}`, shape, key);
  if (isRecord(value)) {
    for (const [name, inner] of Object.entries(value)) {
      const here = path === '' ? name.slice(0, 60) : `${path}.${name.slice(0, 60)}`;
      const below = shapeBelow(shape, name);
      if (below === undefined && isFileKey(name) && !isEmpty(inner))
        refuse(here, 'names a file of the server, which is not possible; send the value itself');
      checkAddresses(inner, here, below, name);
    }
  }
  if (typeof value === 'number' && shape === undefined) checkUnknown(path, key, String(value));
  if (typeof value !== 'string') return;
  if (isMailServerKey(key)) checkMailServer(path, value);
  else if (shape === undefined) checkUnknown(path, key, value);
}
