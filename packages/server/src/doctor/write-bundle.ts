import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, freemem, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { GivenSettings } from '../config/given-settings.ts';
import { printConfig } from '../config-command/print-config.ts';
import { SERVER_VERSION } from '../http/version.ts';
import { readMetrics } from './check-proxies.ts';
import type { Finding } from './finding.ts';

/** What a bundle is made of. */
export interface BundleParts {
  readonly findings: readonly Finding[];
  readonly given: GivenSettings;
  readonly config: Config | undefined;
  /** Removes secrets. */
  readonly mask: (text: string) => string;
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** The machine and the program, without names of hosts or users, and without the environment. */
const system = () => ({
  openkupe: SERVER_VERSION,
  node: process.version,
  platform: `${process.platform} ${release()} ${process.arch}`,
  processors: availableParallelism(),
  memoryMiB: Math.round(totalmem() / 2 ** 20),
  freeMiB: Math.round(freemem() / 2 ** 20),
});

/** Writes a new folder for those who help: what was found, the settings in force, the machine, and the metrics of the server that runs. No secret is in it. */
export async function writeBundle(folder: string, { findings, given, config, mask }: BundleParts): Promise<readonly string[]> {
  const metrics = config && (await readMetrics(config));
  const files: Readonly<Record<string, string>> = {
    'findings.json': json(findings),
    'settings.yaml': `${printConfig(given, true)}\n`,
    'system.json': json(system()),
    ...(metrics === undefined ? {} : { 'metrics.txt': metrics }),
  };
  await mkdir(folder, { mode: 0o700 });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), mask(text), { mode: 0o600, flag: 'wx' });
  return Object.keys(files);
}
