import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@openkupe/contract';
import { codeOf } from '@openkupe/files/error-code';
import type { Config } from '../config/config.ts';
import { loadCertificate } from '../start/certificate.ts';
import { type Finding, fail, ok, sentenceOf, warn } from './finding.ts';

const OTHERS = 0o077;
const READABLE_BY_ALL = 0o004;
const SOON_DAYS = 14;
const DAY_MS = 86_400_000;

/** The files that hold a secret, by the settings. */
export function secretFilesOf({ dataFolder, tlsFiles, database, valkey, secrets, hostKubeconfig }: Config): string[] {
  const named = [tlsFiles?.keyFile, database?.passwordFile, valkey?.passwordFile, secrets.file, hostKubeconfig];
  return [...named.filter((file) => file !== undefined), join(dataFolder, 'secrets.json')];
}

const modeOf = ({ mode }: Stats) => (mode & 0o777).toString(8).padStart(3, '0');

async function checkFolder(folder: string): Promise<Finding[]> {
  const found = await stat(folder).catch(() => undefined);
  if (!found) return [];
  const uid = process.getuid?.();
  if (uid !== undefined && uid !== 0 && found.uid !== uid)
    return [
      fail(
        'permissions',
        `The data folder ${folder} belongs to another user`,
        'let the user that runs the server own it, and run the doctor as that user',
      ),
    ];
  return (found.mode & OTHERS) === 0
    ? [ok('permissions', `The data folder ${folder} is accessible to its owner alone`)]
    : [warn('permissions', `The data folder ${folder} has mode ${modeOf(found)}: other accounts can look into it`, `chmod 700 ${folder}`)];
}

async function checkSecretFile(file: string): Promise<Finding[]> {
  try {
    const found = await stat(file);
    return (found.mode & READABLE_BY_ALL) === 0
      ? []
      : [warn('permissions', `The file ${file} with a secret can be read by every account of this machine`, `chmod o-r ${file}`)];
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && file.endsWith('/secrets.json')) return [];
    return [fail('permissions', `The file ${file} cannot be read (${codeOf(error)})`, 'let the user that runs the server read it')];
  }
}

/** Who may read the data folder and the files with secrets. Windows has no such permissions. */
export async function checkPermissions(config: Config): Promise<Finding[]> {
  if (process.platform === 'win32') return [];
  const files = await Promise.all(secretFilesOf(config).map(checkSecretFile));
  return [...(await checkFolder(config.dataFolder)), ...files.flat()];
}

/** Whether the certificate of the server can be used, and for how long. */
export async function checkCertificate(
  { tlsFiles }: Pick<Config, 'tlsFiles'>,
  { clock }: { readonly clock: Pick<Clock, 'now'> },
): Promise<Finding[]> {
  if (!tlsFiles) return [];
  try {
    const { endsAtMs } = await loadCertificate(tlsFiles);
    const days = Math.floor((endsAtMs - clock.now()) / DAY_MS);
    const remedy = 'renew it: the server takes on new files within seconds';
    if (days < 0) return [fail('certificate', `The certificate in ${tlsFiles.certFile} has expired`, remedy)];
    const text = `The certificate in ${tlsFiles.certFile} is valid for ${days} more days`;
    return [days < SOON_DAYS ? warn('certificate', text, remedy) : ok('certificate', text)];
  } catch (error) {
    return [fail('certificate', sentenceOf(error), 'correct --tls-cert and --tls-key')];
  }
}
