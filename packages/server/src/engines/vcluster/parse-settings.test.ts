import { describe, expect, it } from 'vitest';
import { parseVclusterSettings } from './parse-settings.ts';

const parse = (endpoint: string, versions = ['v1.36.3', 'v1.35.4']) => parseVclusterSettings({ versions, endpoint, storageClass: '' });

describe('the settings of the engine vcluster', () => {
  it.each([
    ['load-balancer', { by: 'load-balancer' }],
    ['node-port:nodes.example', { by: 'node-port', host: 'nodes.example' }],
    ['ingress:k8s.example', { by: 'ingress', domain: 'k8s.example' }],
    ['ingress:k8s.example:nginx', { by: 'ingress', domain: 'k8s.example', className: 'nginx' }],
    ['tls-route:k8s.example:infra/public', { by: 'tls-route', domain: 'k8s.example', gateway: { namespace: 'infra', name: 'public' } }],
  ])('reads the endpoint %s', (text, exposure) => {
    expect(parse(text)).toEqual({
      versions: [
        { minor: '1.36', full: 'v1.36.3' },
        { minor: '1.35', full: 'v1.35.4' },
      ],
      exposure,
    });
  });

  it.each(['', 'node-port', 'ingress:', 'tls-route:k8s.example', 'tls-route:k8s.example:infra', 'cluster-ip'])(
    'refuses the endpoint "%s"',
    (text) => {
      expect(() => parse(text)).toThrow(/^OPENKUPE_VCLUSTER_ENDPOINT must be /);
    },
  );

  it.each([[['1.36']], [['v1.36']], [['v1.35.4', 'v1.36.3']], [['v1.36.3', 'v1.36.1']], [['v1.32.1', 'v1.31.9']]])(
    'refuses the versions %s',
    (versions) => {
      expect(() => parse('load-balancer', versions)).toThrow(/^OPENKUPE_VCLUSTER_VERSIONS must list /);
    },
  );

  it('passes the storage class and the token webhook on', () => {
    const tokenReview = { url: 'https://openkupe.example/webhook/token-review', credentialFor: () => 'x' };
    const given = { versions: ['v1.36.3'], endpoint: 'load-balancer', storageClass: 'fast' };
    expect(parseVclusterSettings(given, tokenReview)).toMatchObject({ storageClass: 'fast', tokenReview });
  });
});
