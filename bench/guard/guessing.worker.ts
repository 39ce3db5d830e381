/** Wrong keys for a day of virtual time, every wait obeyed, and who suffers beside the guesser. Prints JSON. */
import { createSeededRandom } from '../../packages/contract/src/testing/seeded-random.ts';
import { createGuard } from '../../packages/server/src/rate-limit/create-guard.ts';

const DAY_MS = 86_400_000;

function virtualGuard() {
  let nowMs = 0;
  const guard = createGuard({ clock: { monotonic: () => nowMs }, random: createSeededRandom(1) });
  const at = (ms: number) => {
    nowMs = ms;
  };
  /** One request with a wrong key: answered 401, or refused for some time. */
  const guess = (address: string, credential: string): { isLookedUp: boolean; waitMs: number } => {
    const admission = guard.admit({ address, credential });
    if (!admission.isAdmitted) return { isLookedUp: false, waitMs: admission.retryAfterMs };
    const refusal = guard.reportAuthentication({ address, credential, isValid: false });
    return { isLookedUp: !refusal, waitMs: refusal?.retryAfterMs ?? 0 };
  };
  return { guard, at, guess };
}

/** Guessers, each at an address of its own and each trying a key once, for a day. */
function guessesPerDay(addresses: readonly string[]): number {
  const { at, guess } = virtualGuard();
  // Whoever is due next, by the second; waits are whole seconds.
  const due = new Map<number, number[]>([[0, addresses.map((_, guesser) => guesser)]]);
  let looked = 0;
  let keys = 0;
  for (let second = 0; second < DAY_MS / 1000; second += 1) {
    const guessers = due.get(second);
    if (!guessers) continue;
    due.delete(second);
    at(second * 1000);
    for (const guesser of guessers) {
      let waitSeconds = 0;
      while (waitSeconds === 0) {
        keys += 1;
        const { isLookedUp, waitMs } = guess(addresses[guesser] as string, `kupe_${keys.toString(16).padStart(8, '0')}_x`);
        if (isLookedUp) looked += 1;
        waitSeconds = Math.ceil(waitMs / 1000);
      }
      const back = due.get(second + waitSeconds);
      if (back) back.push(guesser);
      else due.set(second + waitSeconds, [guesser]);
    }
  }
  return looked;
}

/** A quiet caller (5 a second) behind the address of one that sends a thousand a second and guesses keys as well; ten minutes. */
function neighbour() {
  const { guard, at, guess } = virtualGuard();
  const address = '192.0.2.1';
  const prove = (credential: string) => guard.reportAuthentication({ address, credential, isValid: true });
  prove('kupe_quiet');
  prove('kupe_noisy');
  let asked = 0;
  let served = 0;
  let atOnce = 0;
  let returnsAtMs = -1;
  for (let nowMs = 0; nowMs < 600_000; nowMs += 1) {
    at(nowMs);
    guard.admit({ address, credential: 'kupe_noisy' });
    if (nowMs % 1000 === 500) guess(address, `kupe_${nowMs}_wrong`);
    // Whoever was refused comes back when told.
    if (nowMs === returnsAtMs && guard.admit({ address, credential: 'kupe_quiet' }).isAdmitted) served += 1;
    if (nowMs % 200 !== 0) continue;
    asked += 1;
    const admission = guard.admit({ address, credential: 'kupe_quiet' });
    if (admission.isAdmitted) {
      served += 1;
      atOnce += 1;
    } else returnsAtMs = nowMs + Number(admission.headers['retry-after']) * 1000;
  }
  return { asked, served, atOnce };
}

const v4 = (count: number) => Array.from({ length: count }, (_, at) => `198.${18 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`);
/** Addresses of one /48, each in a /64 of its own. */
const v6 = (count: number) => Array.from({ length: count }, (_, at) => `2001:db8:7:${at.toString(16)}::1`);

const guessers = [
  { who: 'one address', addresses: 1, perDay: guessesPerDay(v4(1)) },
  { who: 'one /64, however many addresses it uses', addresses: 1, perDay: guessesPerDay(v6(1)) },
  { who: '1 000 /64s of one /48', addresses: 1000, perDay: guessesPerDay(v6(1000)) },
  { who: 'a botnet of 1 000 IPv4 addresses', addresses: 1000, perDay: guessesPerDay(v4(1000)) },
];
console.log(JSON.stringify({ guessers, neighbour: neighbour() }));
