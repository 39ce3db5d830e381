import { describe, expect, test } from 'vitest';
import { proxyFor } from './proxy-for.ts';

const PROXY = 'http://proxy.example:3128';
const API = 'https://api.example.com';

test.each([
  [API, { HTTPS_PROXY: PROXY }, PROXY],
  [API, { https_proxy: PROXY, HTTPS_PROXY: 'http://other' }, PROXY],
  [API, { HTTP_PROXY: PROXY }, undefined],
  ['http://127.0.0.1:8080', { HTTP_PROXY: PROXY }, PROXY],
  ['http://127.0.0.1:8080', { http_proxy: PROXY }, PROXY],
  ['http://127.0.0.1:8080', { HTTPS_PROXY: PROXY }, undefined],
  [API, { HTTPS_PROXY: 'proxy.example:3128' }, PROXY],
  [API, { HTTPS_PROXY: '' }, undefined],
  [API, {}, undefined],
])('to %s with %j it is %s', (address, env, expected) => expect(proxyFor(address, env)).toBe(expected));

describe('NO_PROXY', () => {
  test.each([
    ['*', API],
    ['api.example.com', API],
    ['example.com', API],
    ['.example.com', API],
    ['*.example.com', API],
    ['EXAMPLE.com.', API],
    ['one, api.example.com two', API],
    ['api.example.com:443', API],
    ['api.example.com:8443', `${API}:8443`],
    ['10.1.2.3', 'https://10.1.2.3'],
    ['10.0.0.0/8', 'https://10.1.2.3:6443'],
    ['fd00::/8', 'https://[fd12::1]'],
    ['::1', 'https://[::1]:8443'],
    ['[::1]:8443', 'https://[::1]:8443'],
  ])('%s exempts %s', (NO_PROXY, address) => {
    expect(proxyFor(address, { HTTPS_PROXY: PROXY, NO_PROXY })).toBeUndefined();
    expect(proxyFor(address, { https_proxy: PROXY, no_proxy: NO_PROXY })).toBeUndefined();
  });

  test.each([
    ['ample.com', API],
    ['example.org', API],
    ['api.example.com:8443', API],
    ['11.0.0.0/8', 'https://10.1.2.3'],
    ['10.0.0.0/99', 'https://10.1.2.3'],
    ['10.0.0.0/x', 'https://10.1.2.3'],
    ['0.0.0.0/0', 'https://[fd12::1]'],
    ['3', 'https://10.1.2.3'],
    ['::2', 'https://[::1]'],
    [',', API],
  ])('%s does not exempt %s', (NO_PROXY, address) => expect(proxyFor(address, { HTTPS_PROXY: PROXY, NO_PROXY })).toBe(PROXY));
});

test.each([
  ['socks5://user:secret@proxy.example', /HTTPS_PROXY names a proxy of the kind socks5/],
  ['http://user:secret@:99999', /HTTPS_PROXY is not the address of a proxy/],
])('%s is misuse, and its password is not repeated', (HTTPS_PROXY, sentence) => {
  const failing = () => proxyFor(API, { HTTPS_PROXY });
  expect(failing).toThrow(sentence);
  expect(failing).not.toThrow(/secret/);
});
