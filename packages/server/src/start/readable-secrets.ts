import { stat } from 'node:fs/promises';
import type { Config } from '../config/config.ts';
import type { GivenSettings } from '../config/given-settings.ts';
import { SETTINGS, type Setting } from '../config/settings.ts';
import type { Log } from '../log/log.ts';

const READABLE_BY_ALL = 0o004;

/** The configuration file, if it holds a secret: a URL without a password is none. */
function fileWithSecret(given: GivenSettings): string | undefined {
  const hasPassword = (url: string) => url.slice(url.indexOf('//'), Math.max(0, url.lastIndexOf('@'))).includes(':');
  const holdsSecret = ({ isSecret }: Setting, text: string) => isSecret && (!/^[a-z]+:\/\//.test(text) || hasPassword(text));
  const isOfFile = ({ variable, flag }: Setting, source: string) => source !== variable && source !== `--${flag}`;
  const found = [...given].find(([name, { text, source }]) => holdsSecret(SETTINGS[name], text) && isOfFile(SETTINGS[name], source));
  return found?.[1].source;
}

/** Warns of files with secrets that every account of the machine can read. Windows has no such permission. */
export async function warnOfReadableSecrets(
  { tlsFiles, database, valkey, secrets }: Pick<Config, 'tlsFiles' | 'database' | 'valkey' | 'secrets'>,
  given: GivenSettings,
  log: Pick<Log, 'warn'>,
): Promise<void> {
  if (process.platform === 'win32') return;
  const files = [tlsFiles?.keyFile, database?.passwordFile, valkey?.passwordFile, secrets.file, fileWithSecret(given)];
  for (const file of files.filter((one) => one !== undefined)) {
    const found = await stat(file).catch(() => undefined);
    if (found && (found.mode & READABLE_BY_ALL) !== 0)
      log.warn({ file }, 'a file with a secret can be read by every account of this machine; take that permission away (chmod o-r)');
  }
}
