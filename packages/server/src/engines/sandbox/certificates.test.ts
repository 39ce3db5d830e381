import { X509Certificate } from 'node:crypto';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, it } from 'vitest';
import { createAuthority, issueServerCertificate } from './certificates.ts';

const NOW = Date.UTC(2026, 5, 1);
const HOSTS = ['127.0.0.1', '::1', 'localhost', 'production.acme.localhost', 'localhost'];
const DAY_MS = 24 * 60 * 60 * 1000;

describe('the certificates of a sandbox cluster', async () => {
  const random = createSeededRandom(1);
  const authority = await createAuthority('cluster u', NOW, random);
  const issued = await issueServerCertificate(authority, HOSTS, NOW, random);
  const root = new X509Certificate(authority.certificatePem);
  const leaf = new X509Certificate(issued.certificatePem);

  it('come from an authority that the cluster has for itself', () => {
    expect(root.ca).toBe(true);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.verify(root.publicKey)).toBe(true);
    expect(leaf.checkIssued(root)).toBe(true);
    expect(leaf.issuer).toBe(root.subject);
  });

  it('use P-256', () => {
    for (const { publicKey } of [root, leaf]) expect(publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  });

  it('name every way to reach the server, and nothing else', () => {
    expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(leaf.checkIP('::1')).toBe('::1');
    expect(leaf.checkHost('production.acme.localhost')).toBe('production.acme.localhost');
    expect(leaf.checkHost('staging.acme.localhost')).toBeUndefined();
    expect(leaf.subjectAltName?.match(/DNS:localhost/g)).toHaveLength(1);
  });

  it('may sign only what they have to', () => {
    // Node shows extended usages only: this one is serverAuth.
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });

  it('begin a year ago, so that no clock is too early for them, and end in a year, the authority in ten', () => {
    expect(leaf.validFromDate.getTime()).toBe(NOW - 366 * DAY_MS);
    expect(leaf.validToDate.getTime()).toBe(NOW + 365 * DAY_MS);
    expect(issued.endsAt).toBe(NOW + 365 * DAY_MS);
    expect(root.validToDate.getTime()).toBe(NOW + 3650 * DAY_MS);
  });

  it('have positive serial numbers of sixteen bytes that differ', () => {
    const serials = [root, leaf].map(({ serialNumber }) => serialNumber);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
    expect(new Set(serials).size).toBe(2);
  });

  it('cannot be issued by an authority whose key is missing', async () => {
    const broken = { ...authority, privateKeyPem: '' };
    await expect(issueServerCertificate(broken, HOSTS, NOW, random)).rejects.toThrow(/no PEM block/);
  });
});
