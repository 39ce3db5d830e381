import { expect, it } from 'vitest';
import { type TokenReviewAccess, tokenReviewKubeconfig } from '../engines/token-review-access.ts';
import { createClusterCredentials } from './cluster-credentials.ts';

const UID = '5f0c6f0e-6f8e-4a4c-9d4a-0c1f2a3b4c5d';
const PEPPER = new Uint8Array(32).fill(7);

it('recognises the credential of a cluster, also after a restart, and no other', () => {
  const credential = createClusterCredentials(PEPPER).credentialFor(UID);
  const restarted = createClusterCredentials(PEPPER);
  expect(restarted.credentialFor(UID)).toBe(credential);
  expect(restarted.clusterOf(credential)).toBe(UID);
  const [, mac = ''] = credential.split('.');
  const another = `${UID.slice(0, -1)}e`;
  expect(restarted.credentialFor(another).endsWith(mac)).toBe(false);
  const wrong = [`${another}.${mac}`, `${UID}.`, UID, `${UID}.${mac}x`, `${UID}.${mac}.${mac}`, '', '.', `.${mac}`, 'x'.repeat(100_000)];
  for (const one of wrong) expect(restarted.clusterOf(one), one.slice(0, 80)).toBeUndefined();
  expect(createClusterCredentials(new Uint8Array(32).fill(8)).clusterOf(credential)).toBeUndefined();
});

it('puts the credential where the client of Kubernetes sends it from', () => {
  const { credentialFor } = createClusterCredentials(PEPPER);
  const read = (access: TokenReviewAccess) => {
    const { clusters, users } = JSON.parse(tokenReviewKubeconfig(access, UID));
    return { ...clusters[0].cluster, ...users[0].user };
  };
  const url = 'https://kupe.example.com/webhook/token-review';
  expect(read({ url, caPem: 'PEM', credentialFor })).toEqual({
    server: url,
    'certificate-authority-data': Buffer.from('PEM').toString('base64'),
    token: credentialFor(UID),
  });
  const plain = read({ url: 'http://127.0.0.1:8080/webhook/token-review', credentialFor });
  const { username, password, pathname } = new URL(plain.server);
  expect([`${username}.${password}`, pathname, plain.token]).toEqual([credentialFor(UID), '/webhook/token-review', undefined]);
});
