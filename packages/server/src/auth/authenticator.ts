import type { Identity } from './principal.ts';

/** The outcome of verifying a bearer token. */
export type Authentication =
  | { readonly outcome: 'identified'; readonly identity: Identity }
  /**
   * Not valid; the answer is the same for every reason, unless the token is genuine and lacks something.
   * `isNoGuess`: it was not made up (the issuer signed it) or could not have been valid, so that it does not slow its address down.
   */
  | { readonly outcome: 'invalid'; readonly lacks?: 'groups'; readonly isNoGuess?: boolean }
  /** It cannot be decided now, for example because the issuer of the token cannot be reached. */
  | { readonly outcome: 'unavailable'; readonly message: string };

/** Turns a bearer token that came from a client `address` into an identity. Never throws for a bad token. */
export interface Authenticator {
  authenticate(token: string, address: string): Promise<Authentication>;
}

/** The address of a client that the server does not know: it is in no range. */
export const UNKNOWN_ADDRESS = '';

/** A credential that is not valid, and might have been guessed. */
export const INVALID: Authentication = { outcome: 'invalid' };
