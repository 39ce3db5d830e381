// NOTE: stays first. The certificate library asks for this when it is loaded.
import 'reflect-metadata';
import { BasicConstraintsExtension, PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';

const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** A certificate for 127.0.0.1 from an authority of its own, all as PEM. */
export async function issueCertificate(): Promise<{ ca: string; cert: string; key: string }> {
  const authorityKeys = await crypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const keys = await crypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const authority = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=openkupe SDK test authority',
    keys: authorityKeys,
    signingAlgorithm,
    extensions: [new BasicConstraintsExtension(true, 0, true)],
  });
  const certificate = await X509CertificateGenerator.create({
    subject: 'CN=openkupe SDK test',
    issuer: authority.subjectName,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  });
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { ca: authority.toString('pem'), cert: certificate.toString('pem'), key: PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}
