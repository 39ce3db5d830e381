import { X509Certificate } from 'node:crypto';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, it } from 'vitest';
import { createAuthority, issueServerCertificate } from './certificates.ts';

const NOW = Date.UTC(2026, 5, 1);
const NAMES = ['localhost', 'production.acme.localhost'];
const DAY_MS = 24 * 60 * 60 * 1000;

/** Its organisation is a PrintableString. */
const EARLIER = {
  certificatePem: `-----BEGIN CERTIFICATE-----
MIIByTCCAXCgAwIBAgIQX9/GIrhdp/O6k7QLjwvurDAKBggqhkjOPQQDAjAzMRkw
FwYDVQQKExBvcGVua3VwZSBzYW5kYm94MRYwFAYDVQQDDA1jbHVzdGVyIG9sZF8x
MB4XDTI1MDUzMTAwMDAwMFoXDTM2MDUyOTAwMDAwMFowMzEZMBcGA1UEChMQb3Bl
bmt1cGUgc2FuZGJveDEWMBQGA1UEAwwNY2x1c3RlciBvbGRfMTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABMITI0Sr/jy3pg3cnaweUU7eRqnsnqzrzWfB6eBW0TMf
ACIMWcfBScGTE/HOJZOeL9/oYyQkjm1nhGZsfweX7SCjZjBkMBIGA1UdEwEB/wQI
MAYBAf8CAQAwDgYDVR0PAQH/BAQDAgEGMB0GA1UdDgQWBBQtF8ylvCIHHWJHrkG/
Fo63APPLUDAfBgNVHSMEGDAWgBQtF8ylvCIHHWJHrkG/Fo63APPLUDAKBggqhkjO
PQQDAgNHADBEAiAMHlcdRNJJPj6yJqNukmgUYKJykbdvbwGHy67Ppy1ydwIgIBdz
WJfXPY+3WNV7o71+0qhSS+F4m5ieZmeD2Pu6KFc=
-----END CERTIFICATE-----
`,
  privateKeyPem: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg9rbRl9/1VqxpmJSE
746NqHNcI4RHOEPU7y+5ZAKDJWehRANCAATCEyNEq/48t6YN3J2sHlFO3kap7J6s
681nwengVtEzHwAiDFnHwUnBkxPxziWTni/f6GMkJI5tZ4RmbH8Hl+0g
-----END PRIVATE KEY-----
`,
};

describe('the certificates of a cluster', () => {
  const random = createSeededRandom(1);
  const authority = createAuthority('cluster u', NOW, random);
  const issued = issueServerCertificate(authority, NAMES, NOW, random);
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
    expect(leaf.subjectAltName?.split(', ')).toHaveLength(4);
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

  it('cannot be issued by an authority whose key is missing', () => {
    expect(() => issueServerCertificate({ ...authority, privateKeyPem: '' }, NAMES, NOW, random)).toThrow();
  });

  it('end at the right moment though it is after 2049, from which on DER writes years with four digits', () => {
    const late = new X509Certificate(createAuthority('cluster u', Date.UTC(2045, 0, 1), random).certificatePem);
    expect(late.validFromDate.getUTCFullYear()).toBe(2044);
    expect(late.validToDate.getTime()).toBe(Date.UTC(2045, 0, 1) + 3650 * DAY_MS);
  });

  it('can be issued by an authority of an earlier release, which encoded its name otherwise', () => {
    const earlier = new X509Certificate(EARLIER.certificatePem);
    const issued = new X509Certificate(issueServerCertificate(EARLIER, NAMES, NOW, random).certificatePem);
    expect(issued.verify(earlier.publicKey)).toBe(true);
    expect(issued.checkIssued(earlier)).toBe(true);
    const subject = earlier.raw.subarray(43, 96);
    expect(subject.toString()).toMatch(/openkupe sandbox.*cluster old_1$/s);
    expect(issued.raw.includes(subject)).toBe(true);
  });
});
