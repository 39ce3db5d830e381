import { isRecord } from '../sentinels.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Which field of an integration is taken from which global setting where it is not given, after Alertmanager's `config/config.go`. */
const INHERITED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  email_configs: {
    from: 'smtp_from',
    hello: 'smtp_hello',
    smarthost: 'smtp_smarthost',
    auth_username: 'smtp_auth_username',
    auth_password: 'smtp_auth_password',
    auth_secret: 'smtp_auth_secret',
    auth_identity: 'smtp_auth_identity',
    require_tls: 'smtp_require_tls',
    tls_config: 'smtp_tls_config',
    force_implicit_tls: 'smtp_force_implicit_tls',
  },
  slack_configs: { api_url: 'slack_api_url' },
  pagerduty_configs: { url: 'pagerduty_url' },
  opsgenie_configs: { api_url: 'opsgenie_api_url', api_key: 'opsgenie_api_key' },
  wechat_configs: { api_url: 'wechat_api_url', api_secret: 'wechat_api_secret', corp_id: 'wechat_api_corp_id' },
  victorops_configs: { api_url: 'victorops_api_url', api_key: 'victorops_api_key' },
  telegram_configs: { api_url: 'telegram_api_url', bot_token: 'telegram_bot_token' },
  webex_configs: { api_url: 'webex_api_url' },
  jira_configs: { api_url: 'jira_api_url' },
  rocketchat_configs: { api_url: 'rocketchat_api_url', token_id: 'rocketchat_token_id', token: 'rocketchat_token' },
  mattermost_configs: { webhook_url: 'mattermost_webhook_url' },
};
/** Of every integration but mail. */
const HTTP_CONFIG = 'http_config';
/** Has no counterpart in integrations. It is about alerts without an end, and Prometheus sends none. */
const RESOLVE_TIMEOUT = 'resolve_timeout';

const KNOWN: ReadonlySet<string> = new Set([...Object.values(INHERITED).flatMap(Object.values), HTTP_CONFIG, RESOLVE_TIMEOUT]);

const isGiven = (value: unknown) => value !== undefined && value !== null && value !== '';

/** The first global setting that cannot be kept to one tenant, because no field of an integration takes its place. */
export function unknownSetting(global: Fields): string | undefined {
  return Object.keys(global).find((name) => isGiven(global[name]) && !KNOWN.has(name));
}

/** An integration of the kind `kind` with what it would take from the global settings of its tenant written into it. */
export function withInherited(kind: string, integration: Fields, global: Fields): Fields {
  const own = Object.hasOwn(INHERITED, kind) ? (INHERITED[kind] ?? {}) : {};
  const inherited = kind === 'email_configs' ? own : { ...own, [HTTP_CONFIG]: HTTP_CONFIG };
  const added = Object.entries(inherited)
    .filter(([field, setting]) => !isGiven(integration[field]) && isGiven(global[setting]))
    .map(([field, setting]) => [field, global[setting]] as const);
  return { ...integration, ...Object.fromEntries(added) };
}

/** A receiver with what its integrations would take from the global settings of its tenant. */
export function receiverWithInherited(receiver: Fields, global: Fields): Fields {
  return Object.fromEntries(
    Object.entries(receiver).map(([kind, list]) => [
      kind,
      Array.isArray(list) ? list.map((one) => (isRecord(one) ? withInherited(kind, one, global) : one)) : list,
    ]),
  );
}
