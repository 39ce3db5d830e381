import type { Random } from '@openkupe/contract/random';

/** A refusal that is made up at random, and how long it can be read to ask one to wait; `undefined` when nothing can be read. */
export interface RandomRefusal {
  readonly status: 429 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly askedMs: number | undefined;
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const GARBAGE = [
  '',
  ' ',
  '-1',
  '-0',
  '+5',
  '1e3',
  '0x10',
  '1,5',
  '5 s',
  '5;6',
  'NaN',
  'Infinity',
  '9'.repeat(400),
  'Thu, 99 Foo 2026',
  '2026',
];
const LETTERS = 'abcxyzMTW0159;,=:"-+. ()';

/** The three forms of a date that RFC 9110 §5.6.7 has a recipient accept; the last two are obsolete. */
function dateForms(ms: number): readonly [string, string, string] {
  const plain = new Date(ms).toUTCString();
  const [, day = '', month = '', year = '', time = ''] = /, (\d\d) (\w{3}) (\d{4}) (.*) GMT/.exec(plain) ?? [];
  const weekday = DAYS[new Date(ms).getUTCDay()] ?? '';
  return [
    plain,
    `${weekday}, ${day}-${month}-${year.slice(2)} ${time} GMT`,
    `${weekday.slice(0, 3)} ${month} ${day.replace(/^0/, ' ')} ${time} ${year}`,
  ];
}

/** Makes refusals: whole and broken seconds, dates of a server whose clock is wrong, quotas, and nonsense of every kind. */
export function createRandomRefusals(random: Random): (nowMs: number) => RandomRefusal {
  const upTo = (most: number) => Math.floor(random.unit() * (most + 1));
  const pick = <T>(choices: readonly T[]) => choices[upTo(choices.length - 1)] as T;
  const noise = () =>
    random.unit() < 0.5 ? pick(GARBAGE) : Array.from({ length: upTo(40) }, () => LETTERS[upTo(LETTERS.length - 1)]).join('');

  const quota = (): Record<string, string> => {
    const kind = upTo(3);
    if (kind === 0) return {};
    if (kind === 1) return { ratelimit: noise(), 'ratelimit-policy': noise() };
    const huge = kind === 2 ? 10 ** upTo(12) : 1;
    const name = pick(['"address"', '"a"', 'key', '""']);
    return {
      ratelimit: `${name};r=${upTo(3)};t=${upTo(90) * huge}`,
      'ratelimit-policy': `${name};q=${upTo(100) * huge};w=${upTo(60) * huge}`,
    };
  };
  const seconds = (): Pick<RandomRefusal, 'headers' | 'askedMs'> => {
    const text = pick([
      () => String(upTo(30)),
      () => String(upTo(200)),
      () => (30 * random.unit()).toFixed(1 + upTo(2)),
      () => String(10 ** upTo(9)),
    ])();
    return { headers: { 'retry-after': text }, askedMs: Math.round(Number(text) * 1_000) };
  };
  const date = (nowMs: number): Pick<RandomRefusal, 'headers' | 'askedMs'> => {
    const skewMs = pick([0, 0, 3_600_000, -86_400_000, 7_777]);
    const served = Math.floor((nowMs + skewMs) / 1_000) * 1_000;
    const at = served + (upTo(120) - 20) * 1_000;
    const announced = { 'retry-after': pick(dateForms(at)) };
    const kind = upTo(2);
    if (kind === 0) return { headers: { ...announced, date: new Date(served).toUTCString() }, askedMs: Math.max(0, at - served) };
    if (kind === 1) return { headers: announced, askedMs: Math.max(0, at - nowMs) };
    const clock = noise();
    // NOTE: what a lenient parser makes of nonsense is anybody's guess, so nothing is demanded then.
    return { headers: { ...announced, date: clock }, askedMs: Number.isNaN(Date.parse(clock)) ? Math.max(0, at - nowMs) : undefined };
  };
  const nothing = (): Pick<RandomRefusal, 'headers' | 'askedMs'> => (upTo(2) === 0 ? { headers: {}, askedMs: undefined } : broken());
  const broken = () => ({ headers: { 'retry-after': noise() }, askedMs: undefined });

  return (nowMs) => {
    const announced = pick([seconds, seconds, () => date(nowMs), () => date(nowMs), nothing])();
    return { status: random.unit() < 0.8 ? 429 : 503, askedMs: announced.askedMs, headers: { ...quota(), ...announced.headers } };
  };
}
