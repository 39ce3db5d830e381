import { describe, expect, it } from 'vitest';
import type { Document } from '../stored-document.ts';
import { printConfiguration, revisionIn } from './print-configuration.ts';
import { type TenantPart, tenantPart } from './tenant-part.ts';

const KEY = new Uint8Array(32);
const documentOf = (parts: object): Document => ({ global: {}, receivers: [], routes: [], ...parts });
function partOf(parts: object, tenant = 'acme'): TenantPart {
  const made = tenantPart(tenant, documentOf(parts));
  if ('problem' in made) throw new Error(made.problem);
  return made.part;
}
const problemOf = (parts: object) => {
  const made = tenantPart('acme', documentOf(parts));
  return 'problem' in made ? made.problem : undefined;
};

describe('the part of a tenant', () => {
  it('has its routes below one that only its alerts pass, and that no alert leaves', () => {
    const routes = [
      { matchers: ['openkupe_tenant="beta"'], continue: true },
      { match: { openkupe_tenant: 'beta' }, match_re: { openkupe_tenant: '.*' }, group_by: ['...'] },
    ];
    expect(partOf({ routes }).route).toEqual({ matchers: ['openkupe_tenant="acme"'], continue: false, routes });
  });

  it('has no route without routes, so that its alerts go to the receiver that sends nothing', () => {
    expect(partOf({ receivers: [{ name: 'team' }] })).toEqual({ receivers: [{ name: 'acme/team' }] });
  });

  it('names its own receivers alone, at every depth, whatever they are called', () => {
    const receivers = ['team', 'beta/team', '../beta/team', 'openkupe-1'].map((name) => ({ name }));
    const routes = [{ receiver: 'beta/team', routes: [{ receiver: '../beta/team', routes: [{ receiver: '' }] }] }];
    const part = partOf({ receivers, routes });
    expect(part.receivers.map(({ name }) => name)).toEqual(['acme/team', 'acme/beta/team', 'acme/../beta/team', 'acme/openkupe-1']);
    expect(part.route?.routes).toEqual([{ receiver: 'acme/beta/team', routes: [{ receiver: 'acme/../beta/team', routes: [{}] }] }]);
  });

  it('has its global settings in its integrations, where they have none of their own', () => {
    const global = {
      resolve_timeout: '5m',
      smtp_smarthost: 'smtp.example.com:587',
      smtp_from: 'a@example.com',
      smtp_require_tls: false,
      smtp_hello: '',
      slack_api_url: 'https://hooks.example.com/global',
      http_config: { proxy_url: 'https://proxy.example.com' },
    };
    const receivers = [
      {
        name: 'team',
        email_configs: [{ to: 'b@example.com' }, { to: 'c@example.com', from: 'own@example.com', require_tls: true }],
        slack_configs: [{ channel: '#a' }, { channel: '#b', api_url: 'https://hooks.example.com/own', http_config: {} }],
        brand_new_configs: [{ x: 1 }],
      },
    ];
    const http_config = { proxy_url: 'https://proxy.example.com' };
    expect(partOf({ global, receivers }).receivers).toEqual([
      {
        name: 'acme/team',
        email_configs: [
          { to: 'b@example.com', from: 'a@example.com', smarthost: 'smtp.example.com:587', require_tls: false },
          { to: 'c@example.com', from: 'own@example.com', smarthost: 'smtp.example.com:587', require_tls: true },
        ],
        slack_configs: [
          { channel: '#a', api_url: 'https://hooks.example.com/global', http_config },
          { channel: '#b', api_url: 'https://hooks.example.com/own', http_config: {} },
        ],
        brand_new_configs: [{ x: 1, http_config }],
      },
    ]);
  });

  it('is without null, by which Alertmanager ends', () => {
    const receivers = [{ name: 'team', webhook_configs: [{ url: 'https://x.example', http_config: null }] }];
    expect(partOf({ receivers, routes: [{ matchers: null }] })).toMatchObject({
      receivers: [{ name: 'acme/team', webhook_configs: [{ url: 'https://x.example' }] }],
      route: { routes: [{}] },
    });
  });

  it.each([
    ['null in a list', { receivers: [{ name: 'team', webhook_configs: [null] }] }, /holds null/],
    ['null in a list further down', { receivers: [{ name: 'team', slack_configs: [{ fields: [[null]] }] }] }, /holds null/],
    ['a long name', { receivers: [{ name: 'team', opsgenie_configs: [{ details: { ['é'.repeat(200)]: 'x' } }] }] }, /a name of more than/],
    ['an unknown global setting', { global: { slack_api_url_file: '/etc/shadow' } }, /"slack_api_url_file" is not known/],
    ['templates', { global: { templates: ['/etc/*'] } }, /"templates" is not known/],
    ['a name that every object has', { global: { constructor: 'x' } }, /"constructor" is not known/],
    ['a time interval', { routes: [{ routes: [{ mute_time_intervals: ['beta/night'] }] }] }, /the time interval "beta\/night"/],
    ['patterns that take gigabytes', { routes: [{ match_re: { a: 'a{1000}'.repeat(101) } }] }, /patterns of the routes are too large/],
    ['such a pattern in a matcher', { routes: [{ routes: [{ matchers: [`a=~"${String.raw`\\pL`.repeat(1_001)}"`] }] }] }, /too large/],
    ['a group that is repeated', { routes: [{ match_re: { a: `(${String.raw`a\(`.repeat(50)}b){1000}` } }] }, /too large/],
    ['notifications without a pause', { routes: [{ routes: [{ group_interval: '1ms' }] }] }, /a group_interval of less than a second/],
    ['repetitions without a pause', { routes: [{ repeat_interval: '999ms' }] }, /a repeat_interval of less than a second/],
    [
      'global settings that are large in each integration',
      {
        global: { http_config: { x: 'x'.repeat(20_000) } },
        receivers: [{ name: 'team', slack_configs: Array(50).fill({ channel: 'a' }) }],
      },
      /integrations are too many, or too large with the global settings/,
    ],
    [
      'credentials of the machine',
      { receivers: [{ name: 'team', sns_configs: [{ sigv4: { region: 'eu-west-1' } }] }] },
      /needs sigv4.access_key/,
    ],
    [
      'a profile of the machine',
      { receivers: [{ name: 'team', sns_configs: [{ sigv4: { access_key: 'a', secret_key: 'b', profile: 'prod' } }] }] },
      /can have no profile/,
    ],
    [
      'a role that the machine may take',
      { receivers: [{ name: 'team', sns_configs: [{ sigv4: { access_key: 'a', secret_key: 'b', role_arn: 'arn:aws:iam::1:role/x' } }] }] },
      /no profile or role_arn/,
    ],
    ['another one', { routes: [{ active_time_intervals: ['office'] }] }, /the time interval "office"/],
  ])('cannot be made of a document with %s', (_what, parts, problem) => {
    expect(problemOf(parts)).toMatch(problem);
  });

  it('can be made of a document with patterns, pauses and keys as people use them', () => {
    const match_re = { instance: String.raw`(10\.)?\d{1,3}\.\d{1,3}\.\d{1,3}`, team: '(dev|ops)-[a-z]{1,63}', name: String.raw`\p{L}+` };
    const routes = Array.from({ length: 100 }, () => ({ match_re, group_interval: '1000ms', repeat_interval: '1m500ms' }));
    const receivers = [{ name: 'team', sns_configs: [{ sigv4: { region: 'eu-west-1', access_key: 'a', secret_key: 'b' } }] }];
    expect(problemOf({ routes, receivers })).toBeUndefined();
  });
});

describe('the file', () => {
  const textOf = (parts: object) => printConfiguration(new Map([['acme', partOf(parts)]]), KEY).text;

  it('has every tenant in the order of names, and names its revision in the receiver of all other alerts', () => {
    const parts = [['beta', partOf({ routes: [{}] }, 'beta')] as const, ['acme', partOf({ routes: [{}] })] as const];
    const { text, revision } = printConfiguration(new Map(parts), KEY);
    expect(JSON.parse(text.replace(/^#.*\n/, ''))).toEqual({
      route: { receiver: revision, routes: [partOf({ routes: [{}] }).route, partOf({ routes: [{}] }, 'beta').route] },
      receivers: [{ name: revision }],
    });
    expect(printConfiguration(new Map(parts.toReversed()), KEY)).toEqual({ text, revision });
    expect(printConfiguration(new Map(parts), new Uint8Array(32).fill(1)).revision).not.toBe(revision);
  });

  it('is of characters that YAML takes, whatever a tenant writes', () => {
    const text = textOf({
      receivers: [{ name: 'é\u0000\u0085\u2028\ufeff\u{1f600}\ud800', slack_configs: [{ title: '\n- "x": &a *b # {{' }] }],
    });
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
    expect(text).toContain(String.raw`"acme/\u00e9\u0000\u0085\u2028\ufeff\U0001f600\ufffd"`);
  });

  it('is recognised by what Alertmanager shows first, not by a text of a tenant', () => {
    const fake = `openkupe-${'0'.repeat(32)}`;
    expect(revisionIn(`global: {}\nroute:\n  receiver: ${fake}\n  routes: []\n`)).toBe(fake);
    expect(revisionIn(`receivers:\n- name: |\n    route:\n      receiver: ${fake}\n`)).toBeUndefined();
    expect(revisionIn('route:\n  receiver: acme/team\n')).toBeUndefined();
  });
});
