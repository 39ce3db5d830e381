import { MASKED } from '@openkupe/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mask } from './mask.ts';
import { restore } from './restore.ts';
import { RECEIVER } from './shapes.ts';

const key = fc.constantFrom(
  'name',
  'url',
  'api_url',
  'slack_configs',
  'channel',
  'http_config',
  'tls_config',
  'x_configs',
  'title',
  'actions',
  'a',
);
const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)).filter((value) => value !== MASKED);
const { json } = fc.letrec((tie) => ({
  json: fc.oneof({ maxDepth: 5 }, leaf, fc.array(tie('json'), { maxLength: 4 }), fc.dictionary(key, tie('json'), { maxKeys: 5 })),
}));

describe('the sentinel', () => {
  it('D27: restoring what was masked gives back exactly what was stored, whatever it is', () => {
    fc.assert(
      fc.property(fc.dictionary(key, json), (stored) => {
        expect(restore(mask(stored, RECEIVER), stored, RECEIVER)).toEqual(stored);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is never stored: whatever is sent against whatever is there, there is none in the result, or a 400', () => {
    const withSentinels = fc.letrec((tie) => ({
      json: fc.oneof({ maxDepth: 4 }, leaf, fc.constant(MASKED), fc.array(tie('json'), { maxLength: 3 }), fc.dictionary(key, tie('json'))),
    })).json;
    fc.assert(
      fc.property(fc.dictionary(key, withSentinels), fc.dictionary(key, json), (sent, stored) => {
        let result: unknown;
        try {
          result = restore(sent, stored, RECEIVER);
        } catch (error) {
          expect(error).toMatchObject({ status: 400 });
        }
        expect(JSON.stringify(result) ?? '').not.toContain(MASKED);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each<[string, unknown, unknown, unknown]>([
    ['where nothing is stored', { slack_configs: [{ api_url: MASKED, channel: '#a' }] }, {}, { slack_configs: [{ channel: '#a' }] }],
    ['where a list is stored', { x_configs: [{ a: MASKED }] }, { x_configs: [{ a: ['x'] }] }, { x_configs: [{}] }],
    ['where null is stored', { x_configs: [{ a: MASKED }] }, { x_configs: [{ a: null }] }, { x_configs: [{}] }],
    ['under another name', { x_configs: [{ b: MASKED, c: 1 }] }, { x_configs: [{ a: 'x' }] }, { x_configs: [{ c: 1 }] }],
    ['in another kind', { y_configs: [{ a: MASKED }] }, { x_configs: [{ a: 'x' }] }, { y_configs: [{}] }],
    [
      'under a name that every object has',
      JSON.parse(`{"__proto__":{"a":"${MASKED}"},"constructor":"${MASKED}","toString":1}`),
      {},
      JSON.parse('{"__proto__":{},"toString":1}'),
    ],
    [
      'as an element of a list',
      { x_configs: [{ keys: [MASKED, 'new', MASKED] }] },
      { x_configs: [{ keys: ['x'] }] },
      { x_configs: [{ keys: ['x', 'new'] }] },
    ],
    [
      'in a new entry after the others',
      {
        x_configs: [
          { a: MASKED, on: 1 },
          { a: MASKED, on: 2 },
        ],
      },
      { x_configs: [{ a: 'x', on: 1 }] },
      { x_configs: [{ a: 'x', on: 1 }, { on: 2 }] },
    ],
    [
      'in a new entry before the others',
      {
        slack_configs: [
          { api_url: MASKED, channel: '#n' },
          { api_url: MASKED, channel: '#a' },
        ],
      },
      { slack_configs: [{ api_url: 'x', channel: '#a' }] },
      { slack_configs: [{ channel: '#n' }, { api_url: 'x', channel: '#a' }] },
    ],
    [
      'in a new entry beside those sent in clear',
      {
        slack_configs: [
          { api_url: MASKED, channel: '#n' },
          { api_url: 'x', channel: '#a' },
        ],
      },
      { slack_configs: [{ api_url: 'x', channel: '#a' }] },
      { slack_configs: [{ channel: '#n' }, { api_url: 'x', channel: '#a' }] },
    ],
    [
      'in a new entry after a changed one',
      {
        slack_configs: [
          { api_url: MASKED, channel: '#a', text: 't' },
          { api_url: MASKED, channel: '#n' },
        ],
      },
      { slack_configs: [{ api_url: 'x', channel: '#a' }] },
      { slack_configs: [{ api_url: 'x', channel: '#a', text: 't' }, { channel: '#n' }] },
    ],
    [
      'in a new field of a changed entry',
      { slack_configs: [{ api_url: MASKED, app_token: MASKED, channel: '#b' }] },
      { slack_configs: [{ api_url: 'x', channel: '#a' }] },
      { slack_configs: [{ api_url: 'x', channel: '#b' }] },
    ],
  ])('is dropped %s', (_what, sent, stored, expected) => {
    const result = restore(sent, stored, RECEIVER);
    expect([result, JSON.stringify(result)]).toEqual([expected, JSON.stringify(expected)]);
  });

  const [A, B, C] = ['a', 'b', 'c'].map((channel) => ({ api_url: channel, channel: `#${channel}` }));
  const masked = (entry: object | undefined, more: object = {}) => ({ ...entry, api_url: MASKED, ...more });
  it.each<[string, unknown, unknown]>([
    [
      'in a list that became shorter, of entries that are shown alike',
      { x_configs: [{ keys: [MASKED] }] },
      { x_configs: [{ keys: ['x', 'y'] }] },
    ],
    [
      'in a moved entry, where another one that is shown alike was changed',
      { x_configs: [{ on: 1 }, { a: MASKED, on: 2 }, { a: MASKED }] },
      { x_configs: [{ a: 'x' }, { a: 'y' }] },
    ],
    [
      'in a changed entry of a list that became shorter',
      { x_configs: [{ a: MASKED, on: true }] },
      { x_configs: [{ a: 'x' }, { a: 'y', off: 1 }] },
    ],
    [
      'in two changed entries that could be the same one',
      {
        x_configs: [
          { a: MASKED, on: 1 },
          { a: MASKED, on: 2 },
        ],
      },
      { x_configs: [{ a: 'x' }, { b: 1 }, { c: 1 }] },
    ],
    [
      'in two entries that were changed and changed places',
      { slack_configs: [masked(B, { text: 't' }), masked(A, { text: 't' })] },
      { slack_configs: [A, B] },
    ],
    [
      'in changed entries after a new one',
      { slack_configs: [C, masked(A, { text: 't' }), masked(B, { text: 't' })] },
      { slack_configs: [A, B] },
    ],
    [
      'in a new entry after those that moved up',
      { slack_configs: [masked(B), { api_url: MASKED, channel: '#n' }] },
      { slack_configs: [A, B] },
    ],
    [
      'in a new entry before others, of which one is gone',
      { slack_configs: [{ api_url: MASKED, channel: '#n', send_resolved: true }, masked(A), masked(C)] },
      { slack_configs: [A, { ...B, send_resolved: true }, C] },
    ],
    ['in a new entry before a changed one', { slack_configs: [masked(C), masked(A, { text: 't' })] }, { slack_configs: [A] }],
  ])('is refused %s', (_what, sent, stored) => {
    expect(() => restore(sent, stored, RECEIVER)).toThrow(/^[a-z_.0-9]+ holds "<secret>", and it is not clear which stored entry/);
  });

  const [ONE, TWO, THREE] = ['a', 'b', 'c'].map((channel) => ({ channel, api_url: `https://${channel}.example` }));
  const stored = { slack_configs: [ONE, TWO, THREE] };
  const [one, two, three] = (mask(stored, RECEIVER) as { slack_configs: object[] }).slack_configs;
  it.each<[string, unknown[], unknown[]]>([
    ['as they are', [one, two, three], [ONE, TWO, THREE]],
    ['in another order', [three, one, two], [THREE, ONE, TWO]],
    ['without the first', [two, three], [TWO, THREE]],
    ['with a new one before them', [{ api_url: 'n' }, one, two, three], [{ api_url: 'n' }, ONE, TWO, THREE]],
    ['with the second changed', [one, { ...two, text: 'x' }, three], [ONE, { ...TWO, text: 'x' }, THREE]],
    ['with its fields in another order', [Object.fromEntries(Object.entries(one as object).reverse())], [ONE]],
    ['with the second changed and moved', [{ ...two, text: 'x' }, one, three], [{ ...TWO, text: 'x' }, ONE, THREE]],
    ['replaced', [{ api_url: 'n' }], [{ api_url: 'n' }]],
    ['with two changed', [{ ...one, text: 'x' }, { ...two, text: 'y' }, three], [{ ...ONE, text: 'x' }, { ...TWO, text: 'y' }, THREE]],
    ['with one in clear and moved', [TWO, { ...one, text: 'x' }, three], [TWO, { ...ONE, text: 'x' }, THREE]],
    [
      'with two changed and one more',
      [{ ...one, text: 'x' }, { ...two, text: 'y' }, three, { channel: 'n' }],
      [{ ...ONE, text: 'x' }, { ...TWO, text: 'y' }, THREE, { channel: 'n' }],
    ],
  ])('follows entries of a list %s', (_what, sent, expected) => {
    expect(restore({ slack_configs: sent }, stored, RECEIVER)).toEqual({ slack_configs: expected });
  });

  it('keeps texts of lists and maps at their place, and takes what is new', () => {
    const before = { x_configs: [{ http_headers: { A: { values: ['1', '2'] }, B: { values: ['3'] } } }] };
    const sent = { x_configs: [{ http_headers: { B: { values: [MASKED] }, A: { values: [MASKED, MASKED, 'new'] } } }] };
    expect(restore(sent, before, RECEIVER)).toEqual({
      x_configs: [{ http_headers: { B: { values: ['3'] }, A: { values: ['1', '2', 'new'] } } }],
    });
  });

  it('restores numbers as numbers, and what is shown elsewhere too', () => {
    const before = { x_configs: [{ pin: 7 }], slack_configs: [{ channel: '#a' }] };
    expect(restore({ x_configs: [{ pin: MASKED }], slack_configs: [{ channel: MASKED }] }, before, RECEIVER)).toEqual(before);
  });

  it.each<[string, (shown: readonly object[]) => unknown[]]>([
    ['as it is', (shown) => [...shown]],
    ['in another order', (shown) => shown.toReversed()],
    ['without one', (shown) => shown.slice(1)],
    ['all changed, without one', (shown) => shown.slice(1).map((entry) => ({ ...entry, on: 1 }))],
  ])('a list as long as a configuration can be, %s, takes bounded time', (_what, change) => {
    const x_configs = Array.from({ length: 20_000 }, (_, at) => ({ a: at % 2 === 0 ? 'x' : 'y', on: at % 3 === 0 }));
    const shown = mask({ x_configs }, RECEIVER) as { x_configs: object[] };
    const startedAt = performance.now();
    try {
      restore({ x_configs: change(shown.x_configs) }, { x_configs }, RECEIVER);
    } catch (error) {
      expect(error).toMatchObject({ status: 400 });
    }
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
