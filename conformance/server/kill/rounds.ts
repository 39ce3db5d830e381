/** Rounds of each kill test: `npm run test:kill` asks for more. */
export const ROUNDS = Number(process.env.OPENKUPE_KILL_ROUNDS ?? 2);

/** How long a round may take. */
export const ROUND_MS = 120_000;

const middleOf = (values: readonly number[]) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

/** Prints what the rounds of a test found, where more were asked for than a run of all tests makes. */
export function reportRounds(
  what: string,
  found: { readonly acknowledged: number; readonly unavailable: number; readonly recoveryMs: readonly number[] },
) {
  if (process.env.OPENKUPE_KILL_ROUNDS === undefined) return;
  const { acknowledged, unavailable, recoveryMs } = found;
  console.log(
    `${what}: ${recoveryMs.length} rounds, ${acknowledged} writes acknowledged, 0 lost, 0 lost updates, ${unavailable} answers 503, no other error; ` +
      `recovery ${Math.round(middleOf(recoveryMs))} ms in the middle, ${Math.round(Math.max(...recoveryMs))} ms at most`,
  );
}
