/** Cluster (and secret) names: DNS-safe, 2 to 63 characters. */
export const RESOURCE_NAME_PATTERN = '^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$';
/** Tenant names: as above, but starting with a letter. */
export const TENANT_NAME_PATTERN = '^[a-z][a-z0-9-]{0,61}[a-z0-9]$';
/** API key ids: `ak-` and hexadecimal digits, e.g. `ak-7f3b2c1d`. */
export const API_KEY_ID_PATTERN = '^ak-[0-9a-f]{4,64}$';
/** Plan names. */
export const PLAN_NAME_PATTERN = '^[a-z][a-z0-9-]{0,62}$';

/** E-mail addresses as the HTML standard reads them, at most 254 characters (RFC 5321 §4.5.3.1). Matched in any case, stored in lower case. */
export const EMAIL_PATTERN =
  "^(?=.{3,254}$)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$";

/** A Kubernetes namespace: an RFC 1123 label. */
export const NAMESPACE_PATTERN = '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$';
/** The name of a Kubernetes Secret: an RFC 1123 subdomain. */
export const KUBERNETES_SECRET_NAME_PATTERN = '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$';
/** A path in a secrets backend: segments that begin with a letter, digit or underscore, so that none is `.`, `..` or empty. */
export const SECRET_PATH_PATTERN = '^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$';

/** A receiver of Alertmanager: any text that can be printed. */
export const RECEIVER_NAME_PATTERN = '^[^\\u0000-\\u001f\\u007f]{1,128}$';
/** What names an event in the deliveries of webhooks: its revision, and its place among those of that revision. */
export const DELIVERY_ID_PATTERN = '^[1-9][0-9]{0,14}-(0|[1-9][0-9]{0,4})$';
/** The place of a route in its list. */
export const ROUTE_INDEX_PATTERN = '^(0|[1-9][0-9]{0,2})$';

/** The pattern of every kind of name, and the rule in words, to complete "must …" in a message. */
export const NAME_RULES = {
  tenant: {
    pattern: TENANT_NAME_PATTERN,
    rule: 'be 2 to 63 lower-case letters, digits or hyphens, start with a letter and not end with a hyphen',
  },
  name: {
    pattern: RESOURCE_NAME_PATTERN,
    rule: 'be 2 to 63 lower-case letters, digits or hyphens, and start and end with a letter or digit',
  },
  id: { pattern: API_KEY_ID_PATTERN, rule: 'start with "ak-" followed by hexadecimal digits' },
  email: { pattern: EMAIL_PATTERN, rule: 'be an e-mail address such as "developer@example.com"' },
  receiver: { pattern: RECEIVER_NAME_PATTERN, rule: 'be 1 to 128 characters that can be printed' },
  index: { pattern: ROUTE_INDEX_PATTERN, rule: 'be its place in the list, counted from 0' },
  delivery: { pattern: DELIVERY_ID_PATTERN, rule: 'be the id of a delivery, such as 1234-0' },
  plan: { pattern: PLAN_NAME_PATTERN, rule: 'be lower-case letters, digits or hyphens, and start with a letter' },
} as const;
