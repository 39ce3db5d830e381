import { expect, it } from 'vitest';
import { refusalMessage } from './refusal-message.ts';

const DOCUMENT = {
  global: { smtp_auth_password: 'hunter2' },
  receivers: [
    {
      name: 'team',
      webhook_configs: [{ url: 'https://hooks.example.com/s3cret', max_alerts: 'SECRETSECRET' }],
      slack_configs: [{ channel: '#ops' }],
    },
  ],
  routes: [{ receiver: 'team', match_re: { a: '(' } }],
};

it.each([
  [
    'failed to reload config: yaml: unmarshal errors:\n  line 12: cannot unmarshal !!str `SECRETS...` into uint64\n  line 13: field jira_configs not found in type config.plain\n',
    'cannot unmarshal !!str <secret> into uint64 field jira_configs not found in type config.plain',
  ],
  ['failed to reload config: undefined receiver "acme/team" used in route\n', 'undefined receiver "team" used in route'],
  ['failed to reload config: parse "https://hooks.example.com/s3cret": invalid port', 'parse "<secret>": invalid port'],
  ['failed to reload config: bad value hunter2 here', 'bad value <secret> here'],
  ['failed to reload config: no global SMTP smarthost set', 'no global SMTP smarthost set'],
  ['failed to reload config: bad channel "#ops"', 'bad channel "#ops"'],
  [`failed to reload config: ${'x'.repeat(1_000)}`, 'x'.repeat(300)],
])('of %j its tenant learns %j', (said, message) => {
  expect(refusalMessage(said, 'acme', DOCUMENT)).toBe(message);
});
