import { promises as fs } from 'node:fs';
import { codeOf } from '@openkupe/files/error-code';
import type { Transport } from '@openkupe/sdk';
import { misuse } from '../failure/failure.ts';
import type { Environment } from '../io.ts';

/** How this run reaches servers and issuers: through which proxy, and trusting which certificates. */
export interface Network {
  /** A transport to the host of that address. Fails with exit code 2 for a proxy or a CA file that cannot be used. */
  transportTo(address: string): Promise<Transport>;
}

/** What the runtime trusts by itself; before Node 22.15 that is without NODE_EXTRA_CA_CERTS. */
async function usualCas(): Promise<readonly string[]> {
  const { getCACertificates, rootCertificates } = await import('node:tls');
  return getCACertificates?.('default') ?? rootCertificates;
}

async function readCa(path: string): Promise<string> {
  let text: string;
  try {
    text = await fs.readFile(path, 'utf8');
  } catch (error) {
    throw misuse(`The CA file "${path}" cannot be read (${codeOf(error)}).`);
  }
  if (/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.test(text)) return [...(await usualCas()), text].join('\n');
  throw misuse(`The CA file "${path}" holds no certificate in PEM; it must contain -----BEGIN CERTIFICATE-----.`);
}

/** The network as the environment and `--ca-file` (else KUPE_CA_FILE) describe it. The CAs of the file are trusted besides the usual ones. */
export function createNetwork(env: Environment, caFileFlag: string | undefined): Network {
  const caFile = caFileFlag || env.KUPE_CA_FILE;
  let ca: Promise<string> | undefined;
  return {
    async transportTo(address) {
      // NOTE: loaded when used; help, version and misuse must not pay for it.
      const { createTransport } = await import('@openkupe/sdk');
      const { proxyFor } = await import('./proxy-for.ts');
      const proxy = proxyFor(address, env);
      if (caFile) ca ??= readCa(caFile);
      const trusted = await ca;
      return createTransport({ ...(proxy === undefined ? {} : { proxy }), ...(trusted === undefined ? {} : { ca: trusted }) });
    },
  };
}
