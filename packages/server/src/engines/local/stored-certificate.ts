import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock, Random } from '@openkupe/contract';
import { replaceStoredFile } from '../../store/replace-stored-file.ts';
import { type Authority, type CertificateRequest, issueCertificate } from '../x509/certificates.ts';

/** Certificates are renewed this long before they end. */
const RENEWED_BEFORE_MS = 30 * 24 * 60 * 60 * 1000;

async function isGood(path: string, authority: Authority, nowMs: number): Promise<boolean> {
  try {
    const certificate = new X509Certificate(await readFile(path));
    const isOurs = certificate.verify(new X509Certificate(authority.certificatePem).publicKey);
    const hasBegun = certificate.validFromDate.getTime() <= nowMs;
    return isOurs && hasBegun && certificate.validToDate.getTime() - nowMs > RENEWED_BEFORE_MS;
  } catch {
    return false;
  }
}

/**
 * Keeps a file with a certificate and its key, mode 0600: issues it where there is none, and again before it ends, or where
 * a clock that was ahead let it begin later than now. Both are in one file, so that
 * no reader sees one of them without the other; Kubernetes and etcd read the file again when it changes.
 */
export async function keepCertificate(
  path: string,
  authority: Authority,
  request: CertificateRequest,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<void> {
  if (await isGood(path, authority, clock.now())) return;
  const { certificatePem, privateKeyPem } = issueCertificate(authority, request, clock.now(), random);
  await replaceStoredFile(path, certificatePem + privateKeyPem);
}
