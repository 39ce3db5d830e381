import { describe, expect, it } from 'vitest';
import { checkAddresses } from './check-addresses.ts';

const check =
  (url: string, key = 'url') =>
  () =>
    checkAddresses({ webhook_configs: [{ [key]: url }] }, '');

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

  it('finds addresses under every key that holds one, at any depth and in receivers nobody knows', () => {
    for (const key of ['url', 'api_url', 'webhook_url', 'proxy_url', 'token_url', 'webhookUrl', 'endpoint', 'urls']) {
      expect(check('http://10.0.0.1', key)).toThrow('internal');
      expect(() => checkAddresses({ brand_new_configs: [{ a: { b: [{ [key]: ['http://10.0.0.1'] }] } }] }, '')).toThrow('internal');
    }
    expect(check('see http://10.0.0.1/runbook', 'text')).not.toThrow();
  });

  it('allows a template in what only people see', () => expect(check('{{ .Icon }}', 'icon_url')).not.toThrow());

  it.each(['localhost:25', '127.1:25', '10.0.0.1:25', 'mail:25', '[::1]:25', 'mail.example.com:25/x', 'a@127.0.0.1:25'])(
    'refuses the mail server %s',
    (host) => {
      expect(() => checkAddresses({ smtp_smarthost: host }, '')).toThrow('smtp_smarthost');
      expect(() => checkAddresses({ email_configs: [{ smarthost: host }] }, '')).toThrow('smarthost');
    },
  );

  it('takes a mail server on the internet', () =>
    expect(() => checkAddresses({ smtp_smarthost: 'smtp.example.com:587' }, '')).not.toThrow());

  it('refuses files of the server', () => {
    expect(() => checkAddresses({ slack_configs: [{ api_url_file: '/etc/passwd' }] }, '')).toThrow(
      'slack_configs.0.api_url_file names a file',
    );
  });

  it('never repeats the address, which may hold a credential', () => {
    expect(() => checkAddresses({ url: 'http://10.0.0.1/T0KEN' }, '')).toThrow(/^(?!.*T0KEN)/);
  });
});
