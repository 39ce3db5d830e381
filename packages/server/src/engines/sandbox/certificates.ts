// NOTE: stays first. The certificate library asks for this when it is loaded.
import 'reflect-metadata';
import { isIP } from 'node:net';
import type { Random } from '@openkupe/contract';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A certificate authority of one cluster. */
export interface Authority {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** What a TLS server presents. `endsAt` is epoch milliseconds. */
export interface ServerCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly endsAt: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const AUTHORITY_DAYS = 10 * 365;
const SERVER_DAYS = 365;
/** Certificates begin this long in the past: the clock of a client may be behind, and ours may be set back after it was ahead. */
const BACKDATED_MS = 366 * DAY_MS;
const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** Sixteen random bytes, positive and without leading zeros (RFC 5280 §4.1.2.2: at most twenty octets, positive). */
function serialNumber(random: Random): string {
  const bytes = random.bytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

function validity(nowMs: number, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(nowMs - BACKDATED_MS), notAfter: new Date(nowMs + days * DAY_MS) };
}

const generateKeys = () => crypto.subtle.generateKey(KEY, true, ['sign', 'verify']);

async function privateKeyPem(keys: CryptoKeyPair): Promise<string> {
  return `${PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')}\n`;
}

function importPrivateKey(pem: string): Promise<CryptoKey> {
  const [der] = PemConverter.decode(pem);
  if (!der)
    throw new Error('Cannot read the private key of a sandbox cluster: it holds no PEM block; delete the cluster and create it again');
  return crypto.subtle.importKey('pkcs8', der, KEY, false, ['sign']);
}

/** Makes a certificate authority (ECDSA P-256) that may sign server certificates and no further authority. */
export async function createAuthority(name: string, nowMs: number, random: Random): Promise<Authority> {
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(random),
    name: [{ O: ['openkupe sandbox'] }, { CN: [name] }],
    ...validity(nowMs, AUTHORITY_DAYS),
    signingAlgorithm: SIGNATURE,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificatePem: `${certificate.toString('pem')}\n`, privateKeyPem: await privateKeyPem(keys) };
}

/** Issues a server certificate with a fresh key for `hosts`: DNS names and IP addresses. */
export async function issueServerCertificate(
  authority: Authority,
  hosts: readonly string[],
  nowMs: number,
  random: Random,
): Promise<ServerCertificate> {
  const issuer = new X509Certificate(authority.certificatePem);
  const keys = await generateKeys();
  const dates = validity(nowMs, SERVER_DAYS);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(random),
    subject: 'CN=kube-apiserver',
    issuer: issuer.subjectName,
    ...dates,
    signingAlgorithm: SIGNATURE,
    publicKey: keys.publicKey,
    signingKey: await importPrivateKey(authority.privateKeyPem),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        [...new Set(hosts)].map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
      ),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    privateKeyPem: await privateKeyPem(keys),
    endsAt: dates.notAfter.getTime(),
  };
}
