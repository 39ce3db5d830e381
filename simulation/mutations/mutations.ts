/** One line of the program that is broken on purpose, and the validator that has to find it. */
export interface Mutation {
  readonly validator: string;
  /** Another one that may find it first, where one break has two effects. */
  readonly orBy?: string;
  /** Below `packages/`. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly text: string;
  readonly replacement: string;
}

/** One for each validator at least. */
export const MUTATIONS: readonly Mutation[] = [
  {
    validator: 'no-lost-update',
    file: 'server/src/pipeline/execute.ts',
    text: 'if (loaded.precondition) checkPrecondition(loaded.precondition, ifMatch);',
    replacement: '',
  },
  {
    validator: 'no-lost-update',
    file: 'server/src/store/sqlite/write.ts',
    text: 'String(found.version) !== write.expectedVersion',
    replacement: 'false',
  },
  {
    validator: 'deleted-stays-deleted',
    file: 'server/src/routes/clusters/update.ts',
    text: 'if (cluster.deletedAt !== undefined)',
    replacement: 'if (false)',
  },
  {
    validator: 'envelope',
    file: 'server/src/errors/to-error-reply.ts',
    text: ': errorBody(refusal.message)',
    replacement: ': { ...errorBody(refusal.message), code: refusal.code }',
  },
  {
    validator: 'versions-never-go-back',
    file: 'server/src/store/sqlite/write.ts',
    text: 'observation = observation + 1',
    replacement: 'observation = observation',
  },
  {
    validator: 'fences',
    file: 'server/src/store/sqlite/work.ts',
    text: 'Math.ceil(nowMs + leaseMs)',
    replacement: 'Math.ceil(nowMs)',
  },
  {
    validator: 'ledger-adds-up',
    file: 'server/src/store/sqlite/write.ts',
    text: 'found.observation !== write.expectedObservation',
    replacement: 'false',
  },
  {
    validator: 'quota',
    file: 'server/src/routes/clusters/update.ts',
    text: 'if (allocation) checkPool(',
    replacement: 'if (false) checkPool(',
  },
  {
    validator: 'created-at-most-once',
    file: 'server/src/pipeline/execute.ts',
    text: 'key ? { ...change, idempotency:',
    replacement: 'false ? { ...change, idempotency:',
  },
  {
    validator: 'revoked-key-is-refused',
    file: 'server/src/auth/api-key-authenticator.ts',
    text: '(await store.get(known.row)) === known.row &&',
    replacement: '',
  },
  {
    validator: 'no-foreign-data',
    file: 'server/src/pipeline/identify.ts',
    text: 'identity.roles.get(name);',
    replacement: "(identity.roles.get(name) ?? 'admin');",
  },
  {
    validator: 'limiter-keeps-its-promise',
    file: 'server/src/rate-limit/waits.ts',
    text: 'nowMs >= wait.returnsMs - EARLY_MS &&',
    replacement: 'false &&',
  },
  {
    validator: 'events-once-in-order',
    file: 'server/src/events/event-hub.ts',
    text: 'Math.max(progress.read, page.at(-1)?.revision ?? 0)',
    replacement: 'Math.max(progress.read, (page.at(-1)?.revision ?? 0) + 1)',
  },
  {
    validator: 'events-once-in-order',
    file: 'sdk/src/resources/events.ts',
    text: 'position = next.value.id ?? position;',
    replacement: '',
  },
  {
    validator: 'ledger-adds-up',
    file: 'server/src/reconciler/clusters/reconcile-cluster.ts',
    text: 'ledger: clusterEntries(cluster, { observed }, confirmedTime.now()),',
    replacement: '',
  },
  {
    validator: 'convergence',
    file: 'server/src/reconciler/clusters/plan-cluster.ts',
    text: "seen.exists ? 'destroy' : 'remove-row'",
    replacement: "'remove-row'",
  },
  {
    validator: 'no-acknowledged-write-lost',
    file: 'server/src/pipeline/execute.ts',
    text: 'default:\n      return undefined;',
    replacement: 'default:\n      return { answer: unwritten(decision.answer) };',
  },
  {
    validator: 'no-lost-update',
    orBy: 'no-acknowledged-write-lost',
    file: 'sdk/src/retry/evaluate.ts',
    text: 'const mayHaveHappened = progress.mayHaveHappened ||',
    replacement: 'const mayHaveHappened = false &&',
  },
];
