/** The bounds of everything that a caller can make large, and of every wait. Sizes in bytes, times in milliseconds unless the name says otherwise. */
export const LIMITS = {
  /** Longest request body of a route whose row says nothing else. */
  bodyBytes: 128 * 1024,
  /** Longest body of a cluster: its alert settings take `alertsBytes` as they are stored, and up to four times as much as they are written. */
  clusterBodyBytes: 256 * 1024,
  /** Shortest and longest life of a client certificate of a cluster. */
  certificateLeastSeconds: 600,
  certificateMostSeconds: 86_400,
  certificateSeconds: 3_600,
  /** Longest TokenReview of an API server: a token of an issuer takes up to 16 KiB. */
  tokenReviewBytes: 64 * 1024,
  /** Longest body on the operator's socket: the values of a secret. */
  operatorBodyBytes: 1024 * 1024,
  /** What a body may have besides bytes: levels, values together, characters in the name of a field. */
  bodyDepth: 64,
  bodyValues: 3_000,
  fieldNameLength: 1_024,
  /** Bytes of bodies on their way that are kept for one address, and for all together. */
  bodyBytesPerAddress: 16 * 1024 * 1024,
  bodyBytesTogether: 128 * 1024 * 1024,
  /** Longest request line plus headers. */
  headerBytes: 16 * 1024,
  /** A request must have arrived completely within this time. */
  requestTimeoutMs: 30_000,
  /** And its request line and headers within this one, counted from the moment the connection is opened if it is the first. */
  headersTimeoutMs: 10_000,
  /** A connection on which nothing moves, such as one whose client does not read its answer, is closed after this time, or twice of it. */
  stalledConnectionMs: 60_000,
  /** An `Idempotency-Key` may have this many characters, and its record is replayed for this long. */
  idempotencyKeyLength: 255,
  idempotencyRecordMs: 24 * 60 * 60 * 1000,
  /** A tenant that fills its quota of idempotency records keeps each this long at least; until then further requests with a key are 429. */
  idempotencyRecordLeastMs: 60 * 60 * 1000,
  /** A longer body is not stored in its idempotency record: a replay reads the resource again. */
  idempotencyBodyBytes: 4 * 1024,
  /** Findings named in one 400 message. */
  findingsShown: 3,
  /** Findings in the fuller body of a 400. */
  findingsCarried: 100,
  /** Of one audit row: bytes of a value, of all values, and fields; what is longer is withheld. */
  auditValueBytes: 1024,
  auditBytes: 8 * 1024,
  auditFields: 64,
  /** Rows of a page of the audit where nothing is said. */
  auditRows: 100,
  /** Audit rows that are searched for what a 412 missed, and changes that its fuller body names. */
  changesSearched: 100,
  changesCarried: 20,
  /** Of a body with more values than this only the first finding is named, so that the caller cannot decide what validation costs. */
  searchedValues: 1_000,
  displayNameLength: 128,
  /** Labels of a cluster, and their bytes together, as JSON: with the most of them the list of the clusters of any default plan stays below `listBytes`. */
  labelsPerCluster: 64,
  labelsBytes: 8 * 1024,
  alertsBytes: 64 * 1024,
  /** Alert settings of all clusters of a tenant together, as JSON. */
  alertsBytesPerTenant: 2 * 1024 * 1024,
  /** Longest list that is answered, as JSON. Clients in the field read at most 10 MiB. */
  listBytes: 8 * 1024 * 1024,
  /** Event streams that one caller, one tenant, and all together may have open; of all, a share of the permitted connections. */
  streamsPerCaller: 100,
  streamsPerTenant: 1_000,
  streamsShare: 0.8,
  /** A stream whose client has this many bytes to read is cut off. */
  streamUnreadBytes: 256 * 1024,
  /** And the slowest are where the clients of all streams together have this many. */
  streamUnreadBytesTogether: 64 * 1024 * 1024,
  /** How often a stream shows that it is alive, and its credential is verified again. */
  streamHeartbeatMs: 15_000,
  /** Most items of a page, and most rows that are read to find those that its filters ask for. */
  pageItems: 500,
  pageReads: 1_000,
  /** Bytes of answers that one address, and all together, may leave unread before no more are made for them. */
  unreadBytesPerAddress: 16 * 1024 * 1024,
  unreadBytesTogether: 128 * 1024 * 1024,
  /** A client has to take the next 64 KiB of a long answer within this time, or loses the connection. */
  unreadMs: 15_000,
  apiKeysPerTenant: 1_000,
  /** Scopes, and address ranges, that a key may be limited to. */
  scopesPerKey: 32,
  addressRangesPerKey: 32,
  /** How long a rotated API key keeps working: if nothing is said, and at most. */
  keyOverlapSeconds: 3_600,
  longestKeyOverlapSeconds: 30 * 24 * 60 * 60,
  webhooksPerTenant: 10,
  webhookUrlLength: 2_048,
  webhookFilters: 32,
  /** How long messages are signed with the old secret, too, if nothing is said. */
  webhookSecretOverlapSeconds: 24 * 60 * 60,
  /** Attempts to deliver that a webhook shows, and redeliveries that may wait. */
  webhookDeliveries: 50,
  webhookRedeliveries: 20,
  membersPerTenant: 1_000,
  secretsPerTenant: 1_000,
  secretPathLength: 512,
  syncTargets: 100,
  /** Targets of all secrets of a tenant together: with the longest names and messages the list of its secrets stays below `listBytes`. */
  syncTargetsPerTenant: 4_000,
  /** Longest value under one key of a secret, and all values of a secret together: what Kubernetes takes. */
  secretValueBytes: 1024 * 1024,
  secretKeys: 256,
  /** Receivers, routes and global settings of a tenant together, as JSON. */
  alertmanagerBytes: 256 * 1024,
  /** And as values, arrays and objects included: every read and write of a part goes through all of it. */
  alertmanagerValues: 10_000,
  /** Kubernetes rejects longer quantities long before this. */
  quantityLength: 32,
  /** Billing events counted for the running usage on one read; an invoice counts them all. */
  billingEventsPerRead: 5_000,
  /** Longest representation, as JSON, that a 412 carries for a caller that asks for it. */
  carriedBytes: 64 * 1024,
  /** How long a request waits for the store of a shared address limit, before its process enforces its share. */
  sharedLimitMs: 25,
  /** Attempts to commit an unconditional write that keeps losing races before the server answers 503. */
  commitRounds: 16,
} as const;

/**
 * The default limit per client address: 100 requests a second after a burst of 1,500. "The API enforces rate limits per IP address." It
 * protects and does not teach: a client that gives up at its first 429 can plan, apply and destroy 200 resources, while one address takes
 * less than a tenth of what a server answers (docs/decisions/0037).
 */
export const ADDRESS_RATE_LIMIT = { name: 'address', perSecond: 100, burst: 1_500, horizonMs: 60_000 } as const;

/** Waits the server suggests on a 503, in milliseconds. */
export const SUGGESTED_WAITS = {
  clusterBecomingReadyMs: 5_000,
  drainingMs: 5_000,
  storeMs: 2_000,
  bodiesMs: 5_000,
  connectionsMs: 5_000,
  unreadAnswersMs: 5_000,
  streamsMs: 30_000,
  provisioningPausedMs: 60_000,
  issuerMs: 5_000,
  idempotencyRunningMs: 1_000,
} as const;
