import { describe, expect, test } from 'vitest';
import { configFolder } from './config-folder.ts';
import { givenIssuer } from './issuer.ts';

describe('the issuer: flag, then its address, then the base', () => {
  const base = { KUPE_OIDC_BASE_URL: 'https://auth.example' };
  test.each([
    ['https://a.example/', { KUPE_OIDC_ISSUER: 'https://b.example', ...base }, 'https://a.example/', 'kupe-cli'],
    [undefined, { KUPE_OIDC_ISSUER: 'https://b.example', ...base }, 'https://b.example', 'kupe-cli'],
    [undefined, base, 'https://auth.example/application/o/kupe-cli/', 'kupe-cli'],
    [undefined, { ...base, KUPE_OIDC_CLIENT_ID: 'own' }, 'https://auth.example/application/o/own/', 'own'],
    [undefined, { KUPE_OIDC_BASE_URL: 'https://auth.example/' }, 'https://auth.example/application/o/kupe-cli/', 'kupe-cli'],
    ['http://127.0.0.1:9', {}, 'http://127.0.0.1:9', 'kupe-cli'],
    [undefined, {}, undefined, undefined],
  ])('%s and %j', (flag, env, issuer, clientId) =>
    expect(givenIssuer(flag, env)).toEqual(issuer === undefined ? undefined : { issuer, clientId }),
  );

  test.each([
    ['auth.example', /not the address of an issuer/],
    ['http://auth.example', /must start with https/],
    ['ftp://auth.example', /must start with https/],
    ['https://user:secret@auth.example', /must not contain a user/],
    ['https://auth.example/?a=b', /must end after its path/],
  ])('%s is refused with exit code 2', (flag, sentence) => {
    expect(() => givenIssuer(flag, {})).toThrow(sentence);
    expect(() => givenIssuer(flag, {})).toThrow(expect.objectContaining({ details: expect.objectContaining({ exit: 2 }) }));
  });
});

test.each([
  [{ KUPE_CONFIG: '/own', XDG_CONFIG_HOME: '/xdg' }, '/own'],
  [{ XDG_CONFIG_HOME: '/xdg' }, '/xdg/openkupe'],
  [{ XDG_CONFIG_HOME: 'relative' }, '/home/ada/.config/openkupe'],
  [{}, '/home/ada/.config/openkupe'],
])('the folder for %j is %s', (env, folder) => expect(configFolder(env, '/home/ada')).toBe(folder));
