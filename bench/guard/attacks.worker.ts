/**
 * An hour of attack in virtual time against the guard as it comes, a thousand requests a second unless told otherwise. Beside it: callers
 * with a good key, elsewhere and, where that can be, behind the attacker's own address or in its /48, there also one without a key, each 5
 * a second; and 25 addresses that always ask twice their limit, none of which may be forgotten. Given: addresses in the flood, minutes. Prints JSON.
 */
import { ADDRESS_RATE_LIMIT } from '../../packages/contract/src/index.ts';
import { createSeededRandom } from '../../packages/contract/src/testing/seeded-random.ts';
import { createKeyedHash, randomHashKey } from '../../packages/server/src/crypto/keyed-hash.ts';
import { clientAddress } from '../../packages/server/src/http/client-address/client-address.ts';
import { createTrustedProxies } from '../../packages/server/src/http/client-address/trusted-proxies.ts';
import { createGuard } from '../../packages/server/src/rate-limit/create-guard.ts';
import { WAYS } from '../../packages/server/src/rate-limit/limit-table.ts';

const [floodText = '10000000', minutesText = '60'] = process.argv.slice(2);
const FLOOD = Number(floodText);
const SECONDS = Number(minutesText) * 60;
const PER_SECOND = 1000;
const HONEST_PER_SECOND = 5;
const KNOWN = 25;
const KNOWN_PER_SECOND = 40;
const { perSecond, burst } = ADDRESS_RATE_LIMIT;
const chance = createSeededRandom(7);
const whole = (below: number) => Math.floor(chance.unit() * below);

interface Attack {
  readonly name: string;
  readonly perSecond?: number;
  address(n: number): string;
  /** A caller who is caught beside the attacker, if somebody is. */
  readonly near?: string;
}

const v4 = (n: number) => `${11 + (n >>> 24)}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`;
const hex = (below: number) => whole(below).toString(16);
const host = () => `${hex(65_536)}:${hex(65_536)}:${hex(65_536)}:${hex(65_536)}`;
const proxies = createTrustedProxies(['10.0.0.0/8']);
const through = (socketAddress: string, forwarded: string) =>
  clientAddress({ socketAddress, headers: { 'x-forwarded-for': forwarded }, trustedProxies: proxies, forwardingHeader: 'x-forwarded-for' });

const ATTACKS: readonly Attack[] = [
  { name: 'one address', near: '192.0.2.66', address: () => '192.0.2.66' },
  { name: `${FLOOD / 1e6} M distinct IPv4 addresses`, perSecond: Math.ceil(FLOOD / SECONDS), address: v4 },
  { name: 'IPv6, random addresses of one /64', address: () => `2001:db8:7:0:${host()}`, near: '2001:db8:7:ff00::1' },
  { name: 'IPv6, random addresses of one /56', address: () => `2001:db8:7:${hex(256)}:${host()}`, near: '2001:db8:7:ff00::1' },
  { name: 'IPv6, random addresses of one /48', address: () => `2001:db8:7:${hex(65_000)}:${host()}`, near: '2001:db8:7:ff00::1' },
  { name: 'IPv6, random addresses of one /40', address: () => `2001:db8:${hex(256)}:${hex(65_536)}:${host()}` },
  { name: 'forged X-Forwarded-For, straight to the server', address: () => through('192.0.2.66', v4(whole(2 ** 31))) },
  { name: 'forged X-Forwarded-For, through a trusted proxy', address: () => through('10.0.0.1', `${v4(whole(2 ** 31))}, 192.0.2.66`) },
];

function hourOf(attack: Attack) {
  let nowMs = 0;
  const guard = createGuard({ clock: { monotonic: () => nowMs }, random: createSeededRandom(1) });
  const passes = (address: string) => guard.admit({ address }).isAdmitted;
  const honestPasses = (address: string) => guard.admit({ address, credential: 'kupe_honest' }).isAdmitted;
  for (const address of ['198.51.100.1', attack.near ?? '198.51.100.1'])
    guard.reportAuthentication({ address, credential: 'kupe_honest', isValid: true });
  const known = Array.from({ length: KNOWN }, (_, at) => ({ address: `203.0.113.${at}`, admitted: 0 }));
  const rate = attack.perSecond ?? PER_SECOND;
  let [sent, accepted, elsewhere, near, nearWithoutKey] = [0, 0, 0, 0, 0];
  // One step is 5 ms; every stream sends its part of each.
  const steps = SECONDS * 200;
  for (let step = 0; step < steps; step += 1) {
    nowMs = step * 5;
    for (const due = Math.floor(((step + 1) * rate) / 200); sent < due; sent += 1) if (passes(attack.address(sent))) accepted += 1;
    if (step % (200 / KNOWN_PER_SECOND) === 0) for (const one of known) if (passes(one.address)) one.admitted += 1;
    if (step % (200 / HONEST_PER_SECOND) !== 3) continue;
    if (honestPasses('198.51.100.1')) elsewhere += 1;
    if (attack.near && honestPasses(attack.near)) near += 1;
    if (attack.near && passes(attack.near)) nearWithoutKey += 1;
  }
  const honest = SECONDS * HONEST_PER_SECOND;
  const bound = burst + perSecond * SECONDS + 1;
  return {
    attack: attack.name,
    sentPerHour: (sent * 3600) / SECONDS,
    acceptedPerHour: (accepted * 3600) / SECONDS,
    honestElsewhere: elsewhere / honest,
    ...(attack.near ? { honestNear: near / honest, honestNearWithoutKey: nearWithoutKey / honest } : {}),
    forgotten: known.filter(({ admitted }) => admitted > bound).length,
    overflows: guard.metrics.overflows.address + guard.metrics.overflows.network,
  };
}

/** A thousand keys over their limit, then the flood; time stands still, so that nothing recovers. */
function forgottenStandingStill() {
  const guard = createGuard({ clock: { monotonic: () => 1000 }, random: createSeededRandom(1) });
  const over = Array.from({ length: 1000 }, (_, at) => `203.0.${at >> 8}.${at & 255}`);
  for (const address of over) for (let request = 0; request <= burst; request += 1) guard.admit({ address });
  for (let at = 0; at < FLOOD; at += 1) guard.admit({ address: v4(at) });
  const forgotten = over.filter((address) => guard.admit({ address }).isAdmitted).length;
  return { forgotten, ofKeys: over.length, newcomers: FLOOD, bytes: guard.bytes, evictions: guard.metrics.evictions.address };
}

/** Addresses that meet in the table's first set under the attacker's key, each spending its burst and then asking twice its limit for a minute. */
function collision(isKeyKnown: boolean) {
  const addresses = 2 ** 20;
  const hash = createKeyedHash(randomHashKey(createSeededRandom(1)));
  const isFirstSet = (n: number) => {
    hash.words((0x0b000000 + n) | 0, 0, 4);
    return (hash.result[0] as number) >>> 0 < (2 ** 32 * WAYS) / addresses;
  };
  const meeting: string[] = [];
  for (let n = 0; meeting.length < 101; n += 1) if (isFirstSet(n)) meeting.push(v4(n));
  let nowMs = 0;
  const random = createSeededRandom(isKeyKnown ? 1 : 2);
  const guard = createGuard({ clock: { monotonic: () => nowMs }, random, limits: { addresses } });
  const [victim = '', ...attackers] = meeting;
  let served = 0;
  for (const address of attackers) for (let request = 0; request <= burst; request += 1) guard.admit({ address });
  for (let step = 0; step < 60 * 40; step += 1) {
    nowMs = step * 25;
    for (const address of attackers) guard.admit({ address });
    if (step % 8 === 0 && guard.admit({ address: victim }).isAdmitted) served += 1;
  }
  return {
    isKeyKnown,
    addresses: attackers.length,
    honestInSet: served / (60 * 5),
    overflows: guard.metrics.overflows.address + guard.metrics.overflows.network,
  };
}

const result = { hours: ATTACKS.map(hourOf), standingStill: forgottenStandingStill(), collisions: [false, true].map(collision) };
console.log(JSON.stringify(result));
