/**
 * What is known of a field of Alertmanager's configuration, after its documented schema
 * (https://prometheus.io/docs/alertmanager/latest/configuration/):
 *
 * * `shown`: a setting or a text that holds no credential. It is shown to every caller, and nothing is called or read by it.
 * * `message`: goes into the message to people, as a link does. Nothing is called by it, but it may hold a credential: masked.
 * * `open`: everything below is shown.
 * * an object: the fields below; `*` is every other one.
 *
 * What is not named here is not known: it is masked, and checked as something that Alertmanager may call or read. Lists are of the shape of
 * their entries.
 */
export type Shape = 'shown' | 'message' | 'open' | { readonly [field: string]: Shape };

const shown = (...fields: string[]): Record<string, Shape> => Object.fromEntries(fields.map((field) => [field, 'shown']));
const message = (...fields: string[]): Record<string, Shape> => Object.fromEntries(fields.map((field) => [field, 'message']));

const TLS = shown('server_name', 'insecure_skip_verify', 'min_version', 'max_version');
const HTTP: Shape = {
  ...shown('follow_redirects', 'enable_http2', 'proxy_from_environment', 'no_proxy'),
  authorization: shown('type'),
  oauth2: { ...shown('scopes', 'proxy_from_environment', 'no_proxy'), tls_config: TLS },
  tls_config: TLS,
};
/** Fields of every kind of receiver. */
const COMMON: Record<string, Shape> = { ...shown('send_resolved'), http_config: HTTP };
const kind = (...parts: Record<string, Shape>[]): Shape => Object.assign({}, COMMON, ...parts);
const ATTACHMENT_LINKS = message('title_link', 'icon_url', 'image_url', 'thumb_url', 'author_link', 'author_icon', 'footer_icon');
const FIELDS: Shape = shown('title', 'value', 'short');

const SLACK = kind(
  shown('channel', 'username', 'color', 'title', 'pretext', 'text', 'message_text', 'short_fields', 'footer', 'fallback', 'callback_id'),
  shown('icon_emoji', 'link_names', 'mrkdwn_in', 'edit_messages', 'update_message', 'timeout'),
  ATTACHMENT_LINKS,
  {
    fields: FIELDS,
    actions: {
      ...shown('type', 'text', 'style', 'name', 'value'),
      ...message('url'),
      confirm: shown('text', 'title', 'ok_text', 'dismiss_text'),
    },
  },
);
const EMAIL = kind(shown('to', 'from', 'hello', 'smarthost', 'html', 'text', 'require_tls', 'force_implicit_tls'), {
  tls_config: TLS,
  threading: shown('enabled', 'thread_by_date'),
  headers: { ...shown('Subject', 'subject', 'From', 'from', 'To', 'to', 'Reply-To', 'reply-to'), '*': 'message' },
});
const TEAMS = kind(shown('title', 'summary', 'text'));

/** A receiver of a known kind. Other kinds are accepted and masked as a whole. */
export const RECEIVER: Shape = {
  name: 'open',
  slack_configs: SLACK,
  email_configs: EMAIL,
  msteams_configs: TEAMS,
  msteamsv2_configs: TEAMS,
  webhook_configs: kind(shown('max_alerts', 'timeout'), message('payload')),
  pagerduty_configs: kind(
    shown('client', 'description', 'source', 'severity', 'class', 'component', 'group', 'timeout'),
    message('client_url', 'details'),
    { images: { ...shown('alt'), ...message('src', 'href') }, links: { ...shown('text'), ...message('href') } },
  ),
  opsgenie_configs: kind(
    shown('message', 'description', 'source', 'entity', 'actions', 'tags', 'note', 'priority', 'update_alerts'),
    message('details'),
    { responders: shown('id', 'name', 'username', 'type') },
  ),
  victorops_configs: kind(shown('message_type', 'state_message', 'entity_display_name', 'monitoring_tool'), message('custom_fields')),
  pushover_configs: kind(
    shown('title', 'message', 'url_title', 'device', 'sound', 'priority', 'retry', 'expire', 'ttl', 'html', 'monospace'),
    message('url'),
  ),
  sns_configs: kind(shown('topic_arn', 'target_arn', 'phone_number', 'subject', 'message'), message('attributes'), {
    sigv4: shown('region'),
  }),
  telegram_configs: kind(shown('chat_id', 'message_thread_id', 'message', 'disable_notifications', 'parse_mode')),
  webex_configs: kind(shown('message', 'room_id')),
  discord_configs: kind(shown('title', 'message', 'content', 'username'), message('avatar_url')),
  jira_configs: kind(
    shown('project', 'summary', 'description', 'labels', 'priority', 'issue_type', 'api_type'),
    shown('reopen_transition', 'resolve_transition', 'wont_fix_resolution', 'reopen_duration'),
    message('fields', 'custom_fields'),
  ),
  wechat_configs: kind(shown('corp_id', 'message', 'message_type', 'to_user', 'to_party', 'to_tag', 'agent_id')),
  rocketchat_configs: kind(shown('channel', 'color', 'title', 'text', 'emoji', 'short_fields', 'link_names'), ATTACHMENT_LINKS, {
    fields: FIELDS,
    actions: { ...shown('type', 'text', 'msg'), ...message('url', 'image_url') },
  }),
  mattermost_configs: kind(shown('channel', 'username', 'text', 'icon_emoji', 'type'), ATTACHMENT_LINKS, message('attachments', 'props')),
  incidentio_configs: kind(shown('max_alerts', 'timeout'), message('metadata')),
};

/** The global section of the configuration. */
export const GLOBAL: Shape = {
  ...shown('resolve_timeout', 'smtp_from', 'smtp_hello', 'smtp_smarthost', 'smtp_require_tls', 'smtp_force_implicit_tls'),
  ...shown('wechat_api_corp_id', 'jira_api_type'),
  smtp_tls_config: TLS,
  http_config: HTTP,
};

/** The whole configuration of a tenant. Routes hold labels and names of receivers, and no credential. */
export const CONFIGURATION: Shape = { global: GLOBAL, receivers: RECEIVER, routes: 'open' };

/** The shape of a field below a value of this shape; `undefined` when nothing is known of it. */
export function shapeBelow(shape: Shape | undefined, field: string): Shape | undefined {
  if (shape === 'open' || shape === 'message') return shape;
  if (shape === undefined || shape === 'shown') return undefined;
  return Object.hasOwn(shape, field) ? shape[field] : shape['*'];
}
