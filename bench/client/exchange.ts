/** What the clients under test send and get, whatever their own types are. */
export interface SimRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SimResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The network and the server behind it. Rejects with an error that has a `code` when there is no answer. */
export type Send = (request: SimRequest) => Promise<SimResponse>;

/** One client under test: calls until it succeeds or gives up. */
export type SimClient = (request: {
  method: string;
  path: string;
  ifMatch?: string;
  body?: unknown;
  signal?: AbortSignal;
}) => Promise<unknown>;

export interface Contestant {
  readonly name: string;
  readonly version: string;
  /** A client of its own, with nothing shared with others. */
  create(send: Send, seed: number, limit?: { readonly perSecond: number; readonly burst: number; readonly sharers?: number }): SimClient;
}
