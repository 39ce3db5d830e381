import { MASKED } from '@openkupe/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCredentialKey, mask, restore } from './mask.ts';

const key = fc.constantFrom('name', 'url', 'api_url', 'password', 'channel', 'http_config', 'routing_key', 'secrets', 'title', 'x');
const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)).filter((value) => value !== MASKED);
const { json } = fc.letrec((tie) => ({
  json: fc.oneof({ maxDepth: 5 }, leaf, fc.array(tie('json'), { maxLength: 4 }), fc.dictionary(key, tie('json'), { maxKeys: 5 })),
}));

/** Every leaf with the keys that lead to it. */
function leaves(value: unknown, path: string[] = []): [string[], unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, Array.isArray(value) ? path : [...path, name]));
}

describe('the sentinel', () => {
  it('D27: restoring what was masked gives back exactly what was stored, whatever it is', () => {
    fc.assert(
      fc.property(json, (stored) => {
        expect(restore(mask(stored), stored)).toEqual(stored);
      }),
      { numRuns: 1_000 },
    );
  });

  it('leaves no text or number under a credential’s key, and hides nothing else', () => {
    fc.assert(
      fc.property(json, (stored) => {
        for (const [path, value] of leaves(mask(stored))) {
          const isHidden = path.some(isCredentialKey) && path.at(-1) !== 'name';
          if (isHidden && !path.includes('name')) expect(['string', 'number']).not.toContain(value === MASKED ? 'masked' : typeof value);
          if (!path.some(isCredentialKey)) expect(value).not.toBe(MASKED);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('is dropped where nothing is stored: no sentinel ever gets stored as a credential', () => {
    fc.assert(
      fc.property(json, (stored) => {
        for (const [, value] of leaves(restore(mask(stored), undefined))) expect(value).not.toBe(MASKED);
      }),
    );
    expect(restore({ api_url: MASKED, channel: '#a', secrets: [MASKED, 'x'] }, {})).toEqual({ channel: '#a', secrets: ['x'] });
  });

  it('takes the stored value of the same position, and what is sent anew as it is', () => {
    const stored = { slack_configs: [{ api_url: 'https://one' }, { api_url: 'https://two', channel: '#b' }] };
    const sent = { slack_configs: [{ api_url: 'https://new' }, { api_url: MASKED, channel: MASKED }] };
    expect(restore(sent, stored)).toEqual({ slack_configs: [{ api_url: 'https://new' }, { api_url: 'https://two', channel: MASKED }] });
  });

  it('cannot be used to read what a name brings along', () => {
    const sent = JSON.parse(`{"__proto__":{"password":"${MASKED}"},"constructor":{"token":"${MASKED}"}}`);
    const result = restore(sent, {}) as Record<string, unknown>;
    expect(Object.keys(result)).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>).password).toBeUndefined();
    expect(JSON.stringify(result)).toBe('{"__proto__":{},"constructor":{}}');
  });

  it.each([
    ['url', true],
    ['api_url', true],
    ['API_URL', true],
    ['smtp_auth_password', true],
    ['bearer_token', true],
    ['client_secret', true],
    ['credentials', true],
    ['api_key', true],
    ['apikey', true],
    ['routing_key', true],
    ['service_key', true],
    ['user_key', true],
    ['name', false],
    ['channel', false],
    ['keyboard', false],
    ['username', false],
  ])('%s is a credential: %s', (name, expected) => expect(isCredentialKey(name)).toBe(expected));
});
