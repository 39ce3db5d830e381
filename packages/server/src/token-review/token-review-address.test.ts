import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { accessReviewConfiguration, tokenReviewKubeconfig } from '../engines/token-review-access.ts';
import { createTokenReviewAccess, warnOfLoopback } from './token-review-address.ts';

const credentials = { credentialFor: (uid: string) => `${uid}.mac` };
const listensAt = () => ({ address: '0.0.0.0', port: 8080, family: 'IPv4' });

it('leads to the address that is set, else to the port on this machine', () => {
  const access = createTokenReviewAccess({ url: 'https://kupe.example.com/', caPem: 'PEM', credentials, listensAt });
  expect([access.url, access.caPem]).toEqual(['https://kupe.example.com/webhook/token-review', 'PEM']);
  const local = createTokenReviewAccess({ url: undefined, caPem: undefined, credentials, listensAt });
  expect([local.url, 'caPem' in local]).toEqual(['http://127.0.0.1:8080/webhook/token-review', false]);
  expect(JSON.parse(tokenReviewKubeconfig(local, 'uid')).clusters[0].cluster.server).toContain('http://uid:mac@127.0.0.1:8080/');
});

it.each([
  [undefined, ['sandbox', 'cluster-api'], 1],
  [undefined, ['local', 'sandbox'], 0],
  ['https://kupe.example.com', ['cluster-api'], 0],
])('warns where API servers on other machines have no address: %s, %j', (url, engines, count) => {
  const warnings: string[] = [];
  warnOfLoopback(url, engines, { warn: (_fields, message) => void warnings.push(message) });
  expect(warnings).toHaveLength(count);
});

it('is asked about access as the guide says', () => {
  const guide = readFileSync(new URL('../../../../docs/guide/cluster-api.md', import.meta.url), 'utf8');
  const [, inGuide = ''] = /```yaml\n(apiVersion: apiserver[^`]*)```/.exec(guide) ?? [];
  const file = '/etc/kubernetes/openkupe-access.json';
  expect(parse(inGuide)).toEqual(JSON.parse(accessReviewConfiguration(file, ['Node', 'RBAC'])));
});

it('has no address before the control plane listens', () => {
  const early = createTokenReviewAccess({ url: undefined, caPem: undefined, credentials, listensAt: () => null });
  expect(() => early.url).toThrow('does not listen yet');
});
