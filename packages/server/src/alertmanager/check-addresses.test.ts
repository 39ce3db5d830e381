import { describe, expect, it } from 'vitest';
import { checkAddresses as checkShaped } from './check-addresses.ts';
import { GLOBAL, RECEIVER } from './shapes.ts';

const checkAddresses = (receiver: unknown) => checkShaped(receiver, '', RECEIVER);

const check =
  (url: string, key = 'url') =>
  () =>
    checkAddresses({ webhook_configs: [{ [key]: url }] });

describe('addresses that alerts are sent to', () => {
  it.each([
    'https://hooks.example.com/services/T0/B0/x',
    'http://8.8.8.8/alert',
    'https://hooks.example.com:8443/?a=b#c',
    'https://[2606:4700:4700::1111]/x',
    'https://172.32.0.1',
    'https://10.example.com',
    'https://bücher.example',
    '',
  ])('%s is fine', (url) => expect(check(url)).not.toThrow());

  it.each([
    ['loopback', 'http://127.0.0.1/'],
    ['loopback, further on', 'http://127.255.0.9:9093'],
    ['loopback by name', 'http://localhost:9093/'],
    ['loopback by name, fully qualified', 'http://LOCALHOST./'],
    ['a name below localhost', 'http://a.localhost/'],
    ['decimal IPv4', 'http://2130706433/'],
    ['hexadecimal IPv4', 'http://0x7f000001/'],
    ['hexadecimal octets', 'http://0x7f.0.0.1/'],
    ['octal IPv4', 'http://0177.0.0.01/'],
    ['short IPv4', 'http://127.1/'],
    ['zero', 'http://0/'],
    ['private 10', 'https://10.1.2.3'],
    ['private 172', 'https://172.16.0.1'],
    ['private 192', 'https://192.168.1.1'],
    ['carrier-grade NAT', 'https://100.64.0.1'],
    ['metadata by address', 'http://169.254.169.254/latest/meta-data'],
    ['metadata as one number', 'http://2852039166/'],
    ['metadata by name', 'http://metadata.google.internal/'],
    ['metadata by short name', 'http://metadata/'],
    ['a service of the cluster', 'http://alertmanager.monitoring.svc.cluster.local'],
    ['a service by namespace', 'http://kube-dns.kube-system.svc'],
    ['Azure’s platform', 'http://168.63.129.16/machine?comp=goalstate'],
    ['Azure’s platform as one number', 'http://2822734096/'],
    ['Azure’s platform in hexadecimal', 'http://0xa83f8110/'],
    ['Azure’s platform, mapped', 'http://[::ffff:a83f:8110]/'],
    ['Alibaba’s metadata', 'http://100.100.100.200/latest'],
    ['Oracle’s metadata', 'http://192.0.0.192/'],
    ['metadata of AWS by IPv6', 'http://[fd00:ec2::254]/'],
    ['Google’s metadata by another name', 'http://metadata.goog/'],
    ['an address in a name', 'http://169.254.169.254.nip.io/'],
    ['an address in a name, with dashes', 'http://app-10-0-0-1.sslip.io/'],
    ['an address in a name, in hexadecimal', 'http://a9fea9fe.nip.io/'],
    ['an address of IPv6 in a name', 'http://fd00-ec2--254.sslip.io/'],
    ['a name that resolves to two addresses in turn', 'http://7f000001.a9fea9fe.rbndr.us/'],
    ['a name of Consul', 'http://vault.service.consul/'],
    ['a public name of the machine itself', 'http://a.localtest.me/'],
    ['multicast', 'http://224.0.0.1'],
    ['broadcast', 'http://255.255.255.255'],
    ['IPv6 loopback', 'http://[::1]/'],
    ['IPv6 unspecified', 'http://[::]/'],
    ['IPv4 mapped into IPv6', 'http://[::ffff:127.0.0.1]/'],
    ['IPv4 mapped, in hexadecimal', 'http://[::ffff:a9fe:a9fe]/'],
    ['IPv6 unique local', 'http://[fd00::1]/'],
    ['IPv6 link-local', 'http://[fe80::1]/'],
    ['NAT64', 'http://[64:ff9b::7f00:1]/'],
    ['6to4', 'http://[2002:7f00:1::]/'],
    ['full-width letters', 'http://ｌｏｃａｌｈｏｓｔ/'],
    ['circled digits', 'http://①②⑦.⓪.⓪.①/'],
    ['an encoded dot', 'http://127%2e0.0.1/'],
    ['tabs in between', 'http://127.0\t.0.1/'],
  ])('%s is internal: %s', (_what, url) => expect(check(url)).toThrow('webhook_configs.0.url leads to an internal address'));

  it.each([
    ['a user name', 'https://hooks.example.com@127.0.0.1/', 'user name or password'],
    ['a user name before a good host', 'https://127.0.0.1@hooks.example.com/', 'user name or password'],
    ['a backslash', 'https://hooks.example.com\\@127.0.0.1/', 'not thrown'],
    ['a file', 'file:///etc/passwd', 'http or https'],
    ['gopher', 'gopher://hooks.example.com', 'http or https'],
    ['no address', 'hooks', 'http or https'],
    ['a template', 'http://{{ .Labels.host }}/', 'template'],
  ])('%s is refused', (_what, url, message) => {
    // NOTE: for http a backslash is a slash, so what follows is the path of a good host: nothing to refuse.
    if (message === 'not thrown') expect(check(url)).not.toThrow();
    else expect(check(url)).toThrow(message);
  });

  it('finds addresses under every key that holds one, at any depth and in unknown receivers', () => {
    for (const key of ['url', 'api_url', 'webhook_url', 'proxy_url', 'token_url', 'webhookUrl', 'endpoint', 'urls']) {
      expect(check('http://10.0.0.1', key)).toThrow('internal');
      expect(() => checkAddresses({ brand_new_configs: [{ a: { b: [{ [key]: ['http://10.0.0.1'] }] } }] })).toThrow('internal');
    }
    expect(check('see http://10.0.0.1/runbook', 'text')).not.toThrow();
  });

  it('allows a template in what only people see', () => expect(check('{{ .Icon }}', 'icon_url')).not.toThrow());

  it.each(['localhost:25', '127.1:25', '10.0.0.1:25', 'mail:25', '[::1]:25', 'mail.example.com:25/x', 'a@127.0.0.1:25'])(
    'refuses the mail server %s',
    (host) => {
      expect(() => checkShaped({ smtp_smarthost: host }, '', GLOBAL)).toThrow('smtp_smarthost');
      expect(() => checkAddresses({ email_configs: [{ smarthost: host }] })).toThrow('smarthost');
    },
  );

  it('takes a mail server on the internet', () =>
    expect(() => checkShaped({ smtp_smarthost: 'smtp.example.com:587' }, '', GLOBAL)).not.toThrow());

  it('refuses files of the server', () => {
    expect(() => checkAddresses({ slack_configs: [{ api_url_file: '/etc/passwd' }] })).toThrow('slack_configs.0.api_url_file names a file');
  });

  it('never repeats the address, which may hold a credential', () => {
    expect(() => checkAddresses({ url: 'http://10.0.0.1/T0KEN' })).toThrow(/^(?!.*T0KEN)/);
  });

  it('finds addresses by what they look like, too, where nothing is known of the field', () => {
    for (const value of ['http://10.0.0.1', ' HTTPS://[::1]/', 'gopher://x.example', '//169.254.169.254/', 'https://{{ .Labels.host }}/']) {
      expect(() => checkAddresses({ x_configs: [{ hook: value }] })).toThrow('x_configs.0.hook');
    }
    for (const key of ['host', 'serverAddress', 'smtp_server', 'broker']) {
      for (const value of ['169.254.169.254', '10.0.0.1:9092', 'localhost:25', '[::1]:80']) {
        expect(() => checkAddresses({ x_configs: [{ [key]: value }] })).toThrow('internal');
      }
      expect(() => checkAddresses({ x_configs: [{ [key]: 'mail.example.com:25' }] })).not.toThrow();
    }
    for (const key of ['target', 'destinations_ip', 'callbackUri', 'dsn', 'upstream']) {
      for (const value of [
        '169.254.169.254:80',
        '2852039166',
        '0xa9fea9fe',
        2_852_039_166,
        '[::ffff:a9fe:a9fe]:80',
        'metadata.google.internal',
      ]) {
        expect(() => checkAddresses({ x_configs: [{ [key]: value }] })).toThrow('internal');
      }
      for (const value of [7, '7', 16_777_215, 'ops@corp.internal', 'team-a', 'hooks.example.com:443'])
        expect(() => checkAddresses({ x_configs: [{ [key]: value }] })).not.toThrow();
    }
    for (const value of ['ht\ttp://169.254.169.254', '\u0001http://10.0.0.1', 'amqp://user@10.0.0.1:5672', 'redis://2852039166'])
      expect(() => checkAddresses({ x_configs: [{ hook: value }] })).toThrow('x_configs.0.hook');
    expect(() => checkAddresses({ x_configs: [{ hook: 'app://alerts' }] })).not.toThrow();
    expect(() => checkAddresses({ x_configs: [{ version: '10.0.0.1', room: 'localhost', note: 'a//b' }] })).not.toThrow();
  });

  const LINK = 'https://wiki.example/{{ .CommonLabels.alertname }}';
  it.each([
    [
      'slack_configs',
      { title_link: LINK, image_url: LINK, thumb_url: LINK, icon_url: LINK, actions: [{ type: 'button', text: 'Runbook', url: LINK }] },
    ],
    ['pushover_configs', { url: LINK, url_title: 'Runbook' }],
    ['opsgenie_configs', { details: { url: LINK, log_file: '/var/log/app' }, source: LINK }],
    ['pagerduty_configs', { client_url: LINK, details: { url: LINK }, images: [{ src: LINK, href: LINK }], links: [{ href: LINK }] }],
    ['discord_configs', { avatar_url: LINK }],
    ['victorops_configs', { custom_fields: { url: LINK } }],
    ['jira_configs', { fields: { customfield_1: LINK } }],
    ['sns_configs', { attributes: { url: LINK } }],
    ['email_configs', { headers: { 'X-Runbook-Url': LINK }, html: `<a href="${LINK}">` }],
    ['rocketchat_configs', { title_link: LINK, actions: [{ url: LINK }] }],
    ['msteams_configs', { text: LINK }],
  ])('takes links of messages in %s, which nothing calls: %j', (kind, fields) => {
    expect(() => checkAddresses({ [kind]: [fields] })).not.toThrow();
    expect(() => checkAddresses(JSON.parse(JSON.stringify({ [kind]: [fields] }).replaceAll(LINK, 'http://10.0.0.1/wiki')))).not.toThrow();
  });

  it.each([
    ['slack_configs', 'api_url'],
    ['webhook_configs', 'url'],
    ['pagerduty_configs', 'url'],
    ['opsgenie_configs', 'api_url'],
    ['discord_configs', 'webhook_url'],
    ['jira_configs', 'api_url'],
  ])('refuses a template in %s.%s, which is called', (kind, key) => {
    expect(() => checkAddresses({ [kind]: [{ [key]: LINK }] })).toThrow('must not be a template');
  });

  it.each([
    { http_headers: { 'X-Token': { files: ['/etc/shadow'] } } },
    { authorization: { credentials_file: '/etc/shadow' } },
    { authorization: { credentials_ref: 'other' } },
    { basic_auth: { password_file: '/etc/shadow' } },
    { bearer_token_file: '/etc/shadow' },
    { oauth2: { client_secret_file: '/etc/shadow' } },
    { tls_config: { ca_file: '/etc/shadow' } },
    { tls_config: { keyFile: 'relative' } },
    { tls_config: { key: '/run/secrets/key' } },
  ])('refuses files of the server in http_config, wherever they are named: %j', (http) => {
    for (const kind of ['slack_configs', 'webhook_configs', 'brand_new_configs']) {
      expect(() => checkAddresses({ [kind]: [{ http_config: http }] })).toThrow('names a file of the server');
      expect(() => checkShaped({ http_config: http }, '', GLOBAL)).toThrow('names a file of the server');
    }
  });

  it.each([
    { secretFile: 'x' },
    { 'token-file': 'x' },
    { tokenfile: 'x' },
    { apiurlfile: 'x' },
    { file2: 'x' },
    { pass_ﬁle: 'x' },
    { ｆｉｌｅ: 'x' },
    { 'fi​le': 'x' },
    { keyFILES: ['x'] },
    { secretRef: 'x' },
    { PASSWORD_REF: 'x' },
    { 'ca.ref': 'x' },
    { ca_path: 'x' },
    { tokenPath: 'x' },
    { path: '../../etc/shadow' },
    { path: '/./etc//shadow' },
    { path: '///etc/shadow' },
    { path: '~root/.ssh/id' },
    { path: 'C:/secrets' },
    { path: '\\\\host\\share' },
    { a: { FILES: ['x'] } },
    { path: '/proc/self/environ' },
    { a: ['file:///etc/x'] },
    { key: '~/.ssh/id' },
  ])('refuses them in kinds of receivers that are not known: %j', (fields) => {
    expect(() => checkAddresses({ x_configs: [fields] })).toThrow('names a file of the server');
  });

  it.each([
    { url_file: '' },
    { files: [] },
    { profile: 'on-call' },
    { aws_profile: 'x' },
    { ref: 'x' },
    { href_text: 'x' },
    { path: '/hooks/1' },
    { text: '/etc is full' },
  ])('takes %j', (fields) => {
    expect(() => checkAddresses({ slack_configs: [fields] })).not.toThrow();
  });
});
