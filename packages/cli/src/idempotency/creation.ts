import { type Random, systemRandom } from '@openkupe/contract/random';
import { type Context, text } from '../command.ts';
import { Failure, type NextStep } from '../failure/failure.ts';
import { toFailure } from '../failure/from-error.ts';

/** The flag of every command that creates something over the API. */
export const IDEMPOTENCY_FLAG = {
  idempotencyKey: text('key', 'Repeat the create that was sent with this key instead of making another one; one is chosen if not given.'),
} as const;

/** A create in progress, which can be sent again without making a second resource. */
export interface Creation<Body> {
  readonly idempotencyKey: string;
  readonly body: Body;
  /** Call when the response is on stdout: deletes the record. */
  end(): Promise<void>;
  /** The error of a failed create, with how to get the response of one that may have happened. */
  failed(error: unknown): Promise<unknown>;
  /** The command that replays it. */
  readonly again: NextStep;
}

interface Wanted<Body> {
  /** The arguments that a repeated command has in common with this one: a duration, not the time at which it ends. */
  readonly intent: unknown;
  readonly body: Body;
  readonly idempotencyKey: string | undefined;
  /** Flags that have another value the next time, like a duration from now. */
  readonly fixedFlags?: Readonly<Record<string, string>>;
}

function newKey(random: Random): string {
  return Buffer.from(random.bytes(16)).toString('hex');
}

/**
 * Begins a create: its idempotency key is recorded before it is sent, for 23 hours, so that the next run of the same command gets the
 * response that this run may lose. Where it cannot be recorded (no folder, a full disk), the failure names the key.
 */
export async function beginCreate<Body>(
  context: Context,
  { intent, body, idempotencyKey, fixedFlags }: Wanted<Body>,
): Promise<Creation<Body>> {
  if (context.script) {
    // NOTE: a script chooses a key of its own whenever it runs.
    const again = { run: context.commandLine(), why: '' };
    const key = idempotencyKey ?? newKey(systemRandom);
    return { idempotencyKey: key, body, again, end: async () => {}, failed: async (error) => error };
  }
  // NOTE: loaded when used; commands that create nothing must not pay for it.
  const { claimCreate, fingerprintOf, forgetCreate } = await import('./pending-creates.ts');
  const { loginDependencies, note } = context;
  const { host, tenant, apiKey, signIn } = await context.credentials();
  const caller = signIn ? [signIn.issuer, signIn.email ?? signIn.name] : [apiKey];
  const fingerprint = fingerprintOf([host, tenant, caller, intent]);
  const claim = idempotencyKey === undefined ? await claimCreate(fingerprint, body, loginDependencies).catch(() => undefined) : undefined;
  const key = idempotencyKey ?? claim?.idempotencyKey ?? newKey(systemRandom);
  if (claim?.isRepeat) note('An earlier run of this command ended without its answer; asking for that one again.');
  const again = claim
    ? { run: context.commandLine(), why: 'the same again, within 23 hours: brings its answer, makes no second one' }
    : {
        run: context.commandLine({ ...fixedFlags, idempotencyKey: key }),
        why: 'the same again, within 24 hours: brings its answer, makes no second one',
      };
  const end = async () => {
    if (claim) await forgetCreate(key, loginDependencies).catch(() => undefined);
  };
  return {
    idempotencyKey: key,
    body: (claim ? claim.body : body) as Body,
    again,
    end,
    async failed(error) {
      if (context.signal.aborted) return error;
      const failure = toFailure(error);
      const { outcome, next = [] } = failure.details;
      // NOTE: without idempotency records on the server, sending it again could make a second resource.
      if (outcome === undefined) return error;
      if (outcome === 'not-applied' || context.supportsIdempotencyKeys() === false) {
        await end();
        return error;
      }
      const why = context.supportsIdempotencyKeys() ? again.why : `${again.why}, if the server supports idempotency keys`;
      return new Failure(failure.message, { ...failure.details, next: [{ ...again, why }, ...next] });
    },
  };
}
