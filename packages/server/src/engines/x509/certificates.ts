import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';
import type { Random } from '@openkupe/contract';
import { derChildren, derHex, derSequence, derTime, derValue } from './der.ts';

/** A certificate authority of one cluster. */
export interface Authority {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** A certificate with its key. `endsAt` is epoch milliseconds. */
export interface IssuedCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly endsAt: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const AUTHORITY_DAYS = 10 * 365;
const LEAF_DAYS = 365;
/** Certificates begin this long in the past: the clock of a client may be behind, and ours may be set back after it was ahead. */
const BACKDATED_MS = 366 * DAY_MS;

/** ecdsa-with-SHA256 (RFC 5758 §3.2). */
const SIGNATURE_ALGORITHM = derSequence(derHex('06 08 2a8648ce3d040302'));
const VERSION_3 = derHex('a0 03 02 01 02');
const TRUE = derHex('01 01 ff');
/** 127.0.0.1 and ::1 as names of a subject (RFC 5280 §4.2.1.6: iPAddress). */
const LOOPBACK = [derHex('87 04 7f000001'), derHex('87 10 00000000000000000000000000000001')];

/** An O for each organization, and a CN, as UTF8String: no character of them has a meaning. */
function nameOf(commonName: string, organizations: readonly string[]): Buffer {
  const attribute = (type: string, value: string) => derValue(0x31, derSequence(derHex(type), derValue(0x0c, Buffer.from(value))));
  return derSequence(...organizations.map((one) => attribute('06 03 55040a', one)), attribute('06 03 550403', commonName));
}

/** An extension of the arc id-ce (RFC 5280 §4.2.1) with its value. */
const extension = (number: number, isCritical: boolean, value: Uint8Array) =>
  derSequence(derValue(0x06, Buffer.of(0x55, 0x1d, number)), ...(isCritical ? [TRUE] : []), derValue(0x04, value));
const basicConstraints = (value: Buffer) => extension(19, true, value);
const keyUsage = (bits: string) => extension(15, true, derHex(bits));

/** SHA-1 of the public key's bits (RFC 5280 §4.2.1.2, method 1): the last 65 bytes of a P-256 key, an uncompressed point. */
const keyIdentifier = (publicKey: Buffer): Buffer => createHash('sha1').update(publicKey.subarray(-65)).digest();

/** Subject and authority key identifier. */
const keyIdentifiers = (subject: Buffer, issuer: Buffer) => [
  extension(14, false, derValue(0x04, keyIdentifier(subject))),
  extension(35, false, derSequence(derValue(0x80, keyIdentifier(issuer)))),
];

/** Sixteen random bytes, positive and without leading zeros (RFC 5280 §4.1.2.2: at most twenty octets, positive). */
function serialNumber(random: Random): Buffer {
  const bytes = random.bytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return derValue(0x02, bytes);
}

/** SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) of a public key. */
const keyInfo = (publicKey: KeyObject): Buffer => publicKey.export({ type: 'spki', format: 'der' });

function generateKeys(): { readonly publicKey: Buffer; readonly privateKey: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { publicKey: keyInfo(publicKey), privateKey };
}

const privatePem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }) as string;

/** A signed certificate (RFC 5280 §4.1) as PEM. */
function certificatePem(content: {
  readonly random: Random;
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly publicKey: Buffer;
  readonly signingKey: KeyObject;
  readonly extensions: readonly Buffer[];
}): string {
  const { random, issuer, subject, startsAt, endsAt, publicKey, signingKey, extensions } = content;
  const validity = derSequence(derTime(startsAt), derTime(endsAt));
  const names = [issuer, validity, subject, publicKey];
  const toSign = derSequence(VERSION_3, serialNumber(random), SIGNATURE_ALGORITHM, ...names, derValue(0xa3, derSequence(...extensions)));
  const signature = derValue(0x03, Buffer.of(0), sign('sha256', toSign, signingKey));
  const lines =
    derSequence(toSign, SIGNATURE_ALGORITHM, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/** Makes a certificate authority (ECDSA P-256) that may sign certificates and no further authority. */
export function createAuthority(name: string, nowMs: number, random: Random, organization = 'openkupe sandbox'): Authority {
  const { publicKey, privateKey } = generateKeys();
  const subject = nameOf(name, [organization]);
  const pem = certificatePem({
    random,
    issuer: subject,
    subject,
    startsAt: nowMs - BACKDATED_MS,
    endsAt: nowMs + AUTHORITY_DAYS * DAY_MS,
    publicKey,
    signingKey: privateKey,
    // An authority (path length 0) that signs certificates and revocation lists.
    extensions: [basicConstraints(derHex('30 06 0101ff 020100')), keyUsage('03 02 0106'), ...keyIdentifiers(publicKey, publicKey)],
  });
  return { certificatePem: pem, privateKeyPem: privatePem(privateKey) };
}

/** Extended key usages (RFC 5280 §4.2.1.12). */
const USAGES = { server: derHex('06 08 2b06010505070301'), client: derHex('06 08 2b06010505070302') } as const;

/** Whose certificate it is, and for what. */
export interface CertificateRequest {
  readonly commonName: string;
  /** In Kubernetes, the groups of the user that `commonName` is. */
  readonly organizations?: readonly string[];
  /** `server`: for a TLS server on the loopback addresses and `dnsNames`. */
  readonly usages: readonly (keyof typeof USAGES)[];
  readonly dnsNames?: readonly string[];
  /** When it ends, in epoch milliseconds; after a year where nothing is said. */
  readonly endsAt?: number;
}

/** Issues a certificate with a fresh key. */
export function issueCertificate(authority: Authority, wanted: CertificateRequest, nowMs: number, random: Random): IssuedCertificate {
  const { commonName, organizations = [], usages, dnsNames = [], endsAt = nowMs + LEAF_DAYS * DAY_MS } = wanted;
  const issuer = new X509Certificate(authority.certificatePem);
  const { publicKey, privateKey } = generateKeys();
  const alternativeNames = derSequence(...LOOPBACK, ...dnsNames.map((name) => derValue(0x82, Buffer.from(name))));
  const pem = certificatePem({
    random,
    issuer: subjectOf(issuer),
    subject: nameOf(commonName, organizations),
    startsAt: nowMs - BACKDATED_MS,
    endsAt,
    publicKey,
    signingKey: createPrivateKey(authority.privateKeyPem),
    extensions: [
      basicConstraints(derSequence()),
      // digitalSignature
      keyUsage('03 02 0780'),
      extension(37, false, derSequence(...usages.map((usage) => USAGES[usage]))),
      ...(usages.includes('server') ? [extension(17, false, alternativeNames)] : []),
      ...keyIdentifiers(publicKey, keyInfo(issuer.publicKey)),
    ],
  });
  return { certificatePem: pem, privateKeyPem: privatePem(privateKey), endsAt };
}

/** Issues the certificate of an API server for the loopback addresses and `dnsNames`. */
export function issueServerCertificate(
  authority: Authority,
  dnsNames: readonly string[],
  nowMs: number,
  random: Random,
): IssuedCertificate {
  return issueCertificate(authority, { commonName: 'kube-apiserver', usages: ['server'], dnsNames }, nowMs, random);
}

/** The subject as it is encoded: clients compare the bytes of a chain's names, and earlier releases encoded them otherwise. */
function subjectOf({ raw }: X509Certificate): Buffer {
  const [toSign = Buffer.of()] = derChildren(raw);
  return derChildren(toSign)[5] ?? Buffer.of();
}
