import { MASKED } from '@openkupe/contract';
import { expect, it } from 'vitest';
import { mask } from './mask.ts';
import { CONFIGURATION, GLOBAL, RECEIVER } from './shapes.ts';

/** Every text below a value. */
const textsOf = (value: unknown): string[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : typeof value === 'string' ? [value] : [];

let planted = 0;
/** A credential that is found again. */
const plant = () => {
  planted += 1;
  return `planted-${planted}`;
};
const credential = (text: string) => /planted-\d+/.test(text);

const HTTP = {
  authorization: { type: 'Bearer', credentials: plant() },
  basic_auth: { username: plant(), password: plant() },
  bearer_token: plant(),
  oauth2: {
    client_id: plant(),
    client_secret: plant(),
    client_certificate_key: plant(),
    scopes: ['alerts'],
    token_url: `https://id.example/${plant()}`,
    endpoint_params: { assertion: plant(), audience: plant() },
    claims: { iss: plant() },
    tls_config: { key: plant(), cert: plant(), ca: plant(), server_name: 'id.example' },
    proxy_connect_header: { 'Proxy-Authorization': [plant()] },
  },
  tls_config: { ca: plant(), cert: plant(), key: plant(), server_name: 'hooks.example', insecure_skip_verify: false },
  proxy_url: `http://proxy.example/${plant()}`,
  proxy_connect_header: { 'Proxy-Authorization': [plant(), plant()] },
  http_headers: { 'X-Api-Key': { secrets: [plant()], values: [plant()] }, Cookie: { values: [plant()] } },
  follow_redirects: true,
};
const RECEIVERS: readonly Record<string, unknown>[] = [
  {
    name: 'team',
    slack_configs: [
      {
        api_url: `https://hooks.example/${plant()}`,
        app_token: plant(),
        channel: '#ops',
        http_config: HTTP,
        text: 'on fire',
        thread_key: plant(),
      },
      {
        icon_url: `https://img.example/${plant()}`,
        title_link: `https://x.example/?sig=${plant()}`,
        actions: [{ text: 'Open', url: plant() }],
      },
    ],
    email_configs: [
      {
        to: 'a@example.com',
        auth_username: plant(),
        auth_password: plant(),
        auth_secret: plant(),
        auth_identity: plant(),
        headers: { Subject: 'Alert', 'X-Key': plant() },
        tls_config: { key: plant() },
      },
    ],
    pagerduty_configs: [
      {
        routing_key: plant(),
        service_key: plant(),
        url: plant(),
        severity: 'critical',
        details: { token: plant() },
        links: [{ href: plant(), text: 'Open' }],
      },
    ],
    opsgenie_configs: [{ api_key: plant(), api_url: plant(), details: { url: plant() }, priority: 'P1' }],
    victorops_configs: [{ api_key: plant(), routing_key: plant(), custom_fields: { a: plant() } }],
    pushover_configs: [{ user_key: plant(), token: plant(), url: plant(), sound: 'siren' }],
    sns_configs: [
      { sigv4: { region: 'eu-west-1', access_key: plant(), secret_key: plant(), role_arn: plant() }, attributes: { a: plant() } },
    ],
    telegram_configs: [{ bot_token: plant(), chat_id: -100123 }],
    discord_configs: [{ webhook_url: plant(), avatar_url: plant() }],
    jira_configs: [{ api_url: plant(), project: 'OPS', fields: { a: plant() } }],
    wechat_configs: [{ api_secret: plant(), corp_id: 'corp' }],
    rocketchat_configs: [{ token: plant(), token_id: plant(), channel: '#ops' }],
    msteams_configs: [{ webhook_url: plant(), text: `see https://user:${plant()}@x.example/` }],
    webhook_configs: [{ url: plant(), payload: { a: plant() }, max_alerts: 3 }],
    brand_new_configs: [
      {
        webhookUrl: plant(),
        accessKey: plant(),
        passphrase: plant(),
        nested: [{ pin: 12345678, name: plant(), channel: plant() }],
        on: true,
      },
    ],
  },
];
const GLOBALS = {
  resolve_timeout: '5m',
  smtp_from: 'a@example.com',
  smtp_auth_username: plant(),
  smtp_auth_password: plant(),
  smtp_auth_secret: plant(),
  smtp_auth_identity: plant(),
  smtp_tls_config: { key: plant(), server_name: 'mail.example' },
  slack_api_url: plant(),
  slack_app_token: plant(),
  opsgenie_api_key: plant(),
  telegram_bot_token: plant(),
  rocketchat_token: plant(),
  http_config: HTTP,
  brand_new_key: plant(),
};

it('shows none of the credentials of a configuration, wherever they are and whatever they are called', () => {
  const configuration = { global: GLOBALS, receivers: RECEIVERS, routes: [{ receiver: 'team', matchers: ['a="b"'] }] };
  expect(textsOf(configuration).filter(credential).length).toBeGreaterThan(75);
  expect(textsOf(mask(configuration, CONFIGURATION)).filter(credential)).toEqual([]);
  expect(JSON.stringify(mask(configuration, CONFIGURATION))).not.toContain('12345678');
});

it('shows what is known to be harmless, and the names of all fields', () => {
  const shown = textsOf(
    mask({ global: GLOBALS, receivers: RECEIVERS, routes: [{ receiver: 'team', matchers: ['a="b"'] }] }, CONFIGURATION),
  );
  for (const text of [
    'team',
    '#ops',
    'on fire',
    'Open',
    'a@example.com',
    'Alert',
    'critical',
    'P1',
    'siren',
    'eu-west-1',
    'OPS',
    'corp',
    '5m',
    'a="b"',
    'Bearer',
  ]) {
    expect(shown).toContain(text);
  }
  const [receiver] = RECEIVERS as [Record<string, unknown>];
  expect(mask(receiver, RECEIVER)).toMatchObject({
    telegram_configs: [{ bot_token: MASKED, chat_id: -100123 }],
    webhook_configs: [{ url: MASKED, payload: { a: MASKED }, max_alerts: 3 }],
    brand_new_configs: [{ webhookUrl: MASKED, nested: [{ pin: MASKED, name: MASKED, channel: MASKED }], on: true }],
  });
});

it.each([
  ['https://wiki.example/runbooks/1', true],
  ['see https://wiki.example/ and call', true],
  ['{{ template "slack.default.text" . }}', true],
  ['a@b.example', true],
  ['what? a=b', true],
  ['Basic authentication fails for the bearer of the token', true],
  ['token: {{ .Labels.token }}', true],
  ['Bearer abc123def456', false],
  ['curl -H "Authorization: Basic dXNlcjpwYXNz"', false],
  ['password=hunter2', false],
  ['{"api_key": "x"}', false],
  ['use xoxb-1-2-abc', false],
  ['eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.x', false],
  ['-----BEGIN PRIVATE KEY-----', false],
  ['post to https://hooks.slack.com/services/T0/B0/x', false],
  ['post to https://discord.com/api/webhooks/1/x', false],
  ['https://api.telegram.org/bot123:ABC/sendMessage', false],
  ['https://user@wiki.example/', false],
  ['see ftp://user:pass@files.example/ there', false],
  ['https://wiki.example/?token=x', false],
  ['https://wiki.example/#access_token=x', false],
  ['https://wiki.example/?a&token=x', false],
])('a text that is otherwise shown, %j, is shown: %s', (text, isShown) => {
  expect(mask({ slack_configs: [{ text }] }, RECEIVER)).toEqual({ slack_configs: [{ text: isShown ? text : MASKED }] });
});

it('a name of a field that every object has is a field like another one', () => {
  const value = JSON.parse('{"constructor":"x","__proto__":{"name":"y"},"slack_configs":[{"toString":"z"}]}');
  expect(JSON.stringify(mask(value, RECEIVER))).toBe(
    `{"constructor":"${MASKED}","__proto__":{"name":"${MASKED}"},"slack_configs":[{"toString":"${MASKED}"}]}`,
  );
  expect(mask({ resolve_timeout: { a: 'x' } }, GLOBAL)).toEqual({ resolve_timeout: { a: MASKED } });
});
