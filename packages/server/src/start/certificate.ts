import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Clock } from '@openkupe/contract';
import { codeOf } from '@openkupe/files/error-code';
import type { Config } from '../config/config.ts';
import type { TlsMaterial } from '../http/tls.ts';
import type { Log } from '../log/log.ts';

type TlsFiles = NonNullable<Config['tlsFiles']>;

/** What is wrong with a certificate or its key: a sentence for the operator. */
class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

async function read(path: string, setting: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new CertificateError(
      `The file "${path}" of ${setting} cannot be read (${codeOf(error)}); let the user that runs the server read it`,
    );
  });
}

function parseCertificate(cert: string, path: string): X509Certificate {
  try {
    return new X509Certificate(cert);
  } catch {
    throw new CertificateError(`The file "${path}" of --tls-cert holds no certificate as PEM`);
  }
}

function parseKey(key: string, path: string): KeyObject {
  try {
    return createPrivateKey(key);
  } catch {
    throw new CertificateError(`The file "${path}" of --tls-key holds no private key as PEM without a passphrase`);
  }
}

/** Reads and checks certificate and key. @throws {CertificateError} with a sentence for the operator. */
export async function loadCertificate({ certFile, keyFile }: TlsFiles): Promise<TlsMaterial> {
  const [cert, key] = await Promise.all([read(certFile, '--tls-cert'), read(keyFile, '--tls-key')]);
  const certificate = parseCertificate(cert, certFile);
  if (!certificate.checkPrivateKey(parseKey(key, keyFile)))
    throw new CertificateError(`The key in "${keyFile}" is not that of the certificate in "${certFile}"; give the files of one pair`);
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new CertificateError(`The certificates in "${certFile}" cannot be used for TLS (${codeOf(error)})`);
  }
  return { cert, key, endsAtMs: certificate.validToDate.getTime() };
}

const DAY_MS = 86_400_000;
/** A certificate that ends within this time should have been renewed. */
const SOON_DAYS = 7;

/** Warns of a certificate that has expired, or soon will. */
export function warnOfExpiry({ endsAtMs }: TlsMaterial, { clock, log }: { readonly clock: Pick<Clock, 'now'>; readonly log: Log }): void {
  const daysLeft = (endsAtMs - clock.now()) / DAY_MS;
  const endsAt = new Date(endsAtMs).toISOString();
  if (daysLeft <= 0) log.warn({ endsAt }, 'the TLS certificate has expired: clients refuse it; renew it');
  else if (daysLeft < SOON_DAYS) log.warn({ endsAt }, 'the TLS certificate expires within a week; renew it');
}

/** How often the files are looked at. */
const CHECK_EVERY_MS = 2_000;

const isSame = (one: TlsMaterial, other: TlsMaterial) => one.cert === other.cert && one.key === other.key;

/**
 * Takes on a certificate that was renewed, until the signal aborts: `renew` is called with it once it is the same at two looks, because a file of
 * which only the first certificates are written yet fits its key, too. Files that are wrong change nothing; the log says so once.
 */
export async function watchCertificate(
  files: TlsFiles,
  started: TlsMaterial,
  { renew, clock, log }: { readonly renew: (next: TlsMaterial) => void; readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<void> {
  let current: TlsMaterial = started;
  let seen = started;
  let complaint: string | undefined;
  while (!signal.aborted) {
    await clock.sleep(CHECK_EVERY_MS, signal).catch(() => {});
    try {
      const before = seen;
      seen = await loadCertificate(files);
      complaint = undefined;
      if (isSame(seen, current) || !isSame(seen, before)) continue;
      const next = seen;
      renew(next);
      current = next;
      log.info({ endsAt: new Date(next.endsAtMs).toISOString() }, 'another TLS certificate is in use');
      warnOfExpiry(next, { clock, log });
    } catch (error) {
      const { message } = error as Error;
      if (message !== complaint) log.error({ err: error }, 'the TLS certificate cannot be renewed; the one before stays in use');
      complaint = message;
    }
  }
}
