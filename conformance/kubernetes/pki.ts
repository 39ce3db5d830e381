import 'reflect-metadata';
import { generateKeyPairSync } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

/** A certificate with its key, both as PEM. */
export interface Issued {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** A certificate authority of a test. */
export interface TestAuthority {
  readonly caPem: string;
  readonly caKeyPem: string;
  /** A client certificate of this subject, such as `O=system:masters,CN=admin`; `validMs` may be in the past. */
  issueClient(subject: string, validMs?: { readonly from: number; readonly to: number }): Promise<Issued>;
  /** A server certificate for the loopback address and the names of a Kubernetes API server. */
  issueServer(validMs?: { readonly from: number; readonly to: number }): Promise<Issued>;
}

const pem = async (key: CryptoKey) => PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
const generate = () => crypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
const LONG = () => ({ from: Date.now() - DAY_MS, to: Date.now() + 30 * DAY_MS });

/** Makes an authority. */
export async function createTestAuthority(): Promise<TestAuthority> {
  const keys = await generate();
  const { from, to } = LONG();
  const authority = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=host-of-tests',
    keys,
    signingAlgorithm,
    notBefore: new Date(from),
    notAfter: new Date(to),
    extensions: [new BasicConstraintsExtension(true, 0, true)],
  });
  const issue = async (
    subject: string,
    usage: ExtendedKeyUsage,
    names: SubjectAlternativeNameExtension[],
    valid: { from: number; to: number },
  ) => {
    const own = await generate();
    const certificate = await X509CertificateGenerator.create({
      subject,
      issuer: authority.subjectName,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm,
      notBefore: new Date(valid.from),
      notAfter: new Date(valid.to),
      extensions: [new ExtendedKeyUsageExtension([usage]), ...names],
    });
    return { certificatePem: certificate.toString('pem'), keyPem: await pem(own.privateKey) };
  };
  const names = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'].map(
    (value) => ({ type: 'dns', value }) as const,
  );
  const addresses = ['127.0.0.1', '10.96.0.1'].map((value) => ({ type: 'ip', value }) as const);
  return {
    caPem: authority.toString('pem'),
    caKeyPem: await pem(keys.privateKey),
    issueClient: (subject, valid = LONG()) => issue(subject, ExtendedKeyUsage.clientAuth, [], valid),
    issueServer: (valid = LONG()) =>
      issue('CN=kube-apiserver', ExtendedKeyUsage.serverAuth, [new SubjectAlternativeNameExtension([...names, ...addresses])], valid),
  };
}

/** The key pair that signs tokens of ServiceAccounts. */
export function createTokenKeys(): { readonly privatePem: string; readonly publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return { privatePem: privateKey, publicPem: publicKey };
}
