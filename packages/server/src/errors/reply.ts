/** Where the text of an endless answer goes. */
export interface TextSink {
  /** Bytes that the client has not taken yet. */
  unreadBytes(): number;
  /** Resolves with whether the client took what was written, within its time; at the earliest in the next turn of the event loop. */
  taken(): Promise<boolean>;
  write(text: Uint8Array): void;
  end(): void;
  /** Closes the connection at once. */
  cutOff(): void;
}

/** An answer that is written as it comes to be. `close` is called once, when the connection is over, whether it was started or not. */
export interface TextStream {
  /** Whether it goes on until its client has gone, so that a client that ends its side of the connection has gone. */
  readonly isEndless: boolean;
  start(sink: TextSink): void;
  close(): void;
}

/** What goes out for a request, whatever the HTTP library. */
export interface Reply {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The body of a long list, in place of `body`. */
  readonly bytes?: Uint8Array;
  /** In place of `body`, what is written for as long as the client reads. */
  readonly stream?: TextStream;
}
