import { describe, expect, test } from 'vitest';
import { parseHost } from './host.ts';

describe('accepted', () => {
  test.each([
    ['https://api.example.com', 'https://api.example.com'],
    ['https://api.example.com/', 'https://api.example.com'],
    ['https://api.example.com:8443/api/v1/', 'https://api.example.com:8443'],
    ['api.example.com', 'https://api.example.com'],
    ['localhost:8080', 'https://localhost:8080'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://127.9.9.9', 'http://127.9.9.9'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
    ['http://api.localhost', 'http://api.localhost'],
    ['http://2130706433', 'http://127.0.0.1'],
    [' https://API.Example.com ', 'https://api.example.com'],
  ])('%s', (text, origin) => expect(parseHost(text)).toBe(origin));
});

describe('refused with exit code 2', () => {
  test.each([
    ['http for another machine', 'http://api.example.com', /clear text/],
    ['http for a name that only looks local', 'http://localhost.example.com', /clear text/],
    ['http for an address that only looks local', 'http://127.0.0.1.example.com', /clear text/],
    ['http for a private address', 'http://10.0.0.1', /clear text/],
    ['another scheme', 'ftp://api.example.com', /https:\/\//],
    ['a path', 'https://api.example.com/kupe', /end after the host/],
    ['a query', 'https://api.example.com?x=1', /end after the host/],
    ['a password', 'https://user:secret@api.example.com', /user or a password/],
    ['no address', 'https://', /not a server address/],
    ['nonsense', 'a b', /not a server address/],
  ])('%s', (_, text, reason) => {
    expect(() => parseHost(text)).toThrow(reason);
    expect(() => parseHost(text)).toThrow(expect.objectContaining({ details: expect.objectContaining({ exit: 2 }) }));
  });

  test('the password is not repeated', () => {
    expect(() => parseHost('https://user:secret@api.example.com')).not.toThrow(/secret/);
  });
});
