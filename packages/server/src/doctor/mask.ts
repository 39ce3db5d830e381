import { readFile } from 'node:fs/promises';
import type { Config } from '../config/config.ts';
import type { GivenSettings } from '../config/given-settings.ts';
import { SETTINGS, type Setting } from '../config/settings.ts';
import { secretFilesOf } from './check-files.ts';

const MASK = '[masked]';
/** Shorter ones would mask words; the schema of no secret permits them. */
const SHORTEST = 6;

/** The password in a URL, also in one with several hosts; `undefined` where there is none. */
function passwordOf(url: string): string | undefined {
  const begin = url.indexOf('://') + 3;
  if (begin < 3) return undefined;
  const length = url.slice(begin).search(/[/?#]/);
  const authority = length < 0 ? url.slice(begin) : url.slice(begin, begin + length);
  const credentials = authority.slice(0, Math.max(0, authority.lastIndexOf('@')));
  return credentials.includes(':') ? credentials.slice(credentials.indexOf(':') + 1) : undefined;
}

/** The texts in a value: itself, those of its members where it is JSON, and the password of a URL, as written and decoded. */
function partsOf(value: string): string[] {
  const password = passwordOf(value);
  const members: string[] = [];
  try {
    const parsed: unknown = JSON.parse(value, (_key, one: unknown) => {
      if (typeof one === 'string') members.push(one);
      return one;
    });
    if (typeof parsed !== 'object') members.length = 0;
  } catch {
    // It is no JSON, and a secret as a whole.
  }
  const decoded = password && /%(?![0-9a-f]{2})/i.test(password) === false ? [decodeURIComponent(password)] : [];
  return [...(password === undefined ? [value] : [password]), ...decoded, ...members];
}

async function textsOf(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return [...partsOf(text.trim()), ...text.split('\n').map((line) => line.trim())];
}

/** What removes every secret of the installation from a text: those of settings, of files that settings name, and passwords in any URL. */
export async function createMask(config: Config | undefined, given: GivenSettings): Promise<(text: string) => string> {
  const ofSettings = [...given].flatMap(([name, { text }]) => ((SETTINGS[name] as Setting).isSecret ? partsOf(text) : []));
  const ofFiles = config ? (await Promise.all(secretFilesOf(config).map(textsOf))).flat() : [];
  const secrets = [...new Set([...ofSettings, ...ofFiles])]
    .filter((one) => one.length >= SHORTEST)
    .sort((one, other) => other.length - one.length);
  return (text) => {
    const withoutPasswords = text.replace(/(\b[a-z][a-z+.-]*:\/\/)[^\s/@?#"']*@/gi, `$1${MASK}@`);
    return secrets.reduce((masked, secret) => masked.replaceAll(secret, MASK), withoutPasswords);
  };
}
