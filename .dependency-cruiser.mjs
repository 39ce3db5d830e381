/** The arrows of ARCHITECTURE.md, kept true: contract ← sdk ← cli, and contract ← server. */
const only = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to });

export default {
  forbidden: [
    only('no-cycles', {}, { circular: true }, 'A cycle has no first file to read.'),
    only('contract-stands-alone', { path: '^packages/contract/' }, { path: '^packages/(?!contract/)' }, 'The contract knows nobody.'),
    only(
      'files-stands-alone',
      { path: '^packages/files/' },
      { path: '^packages/(?!files/)' },
      'It writes files for the server and the CLI.',
    ),
    only('sdk-knows-only-contract', { path: '^packages/sdk/' }, { path: '^packages/(?!(sdk|contract)/)' }, 'The SDK is what others embed.'),
    only(
      'server-knows-only-contract',
      { path: '^packages/server/' },
      { path: '^packages/(?!(server|contract|files)/)' },
      'Server and SDK meet in the contract.',
    ),
    only(
      'cli-never-imports-server',
      { path: '^packages/cli/' },
      { path: '^packages/server/' },
      'The CLI speaks HTTP; `up` starts a process.',
    ),
    only(
      'adapters-are-named-in-compose',
      { path: '^packages/server/src/', pathNot: ['/compose\\.ts$', '\\.test\\.ts$', '/store/', '/engines/', 'testing/'] },
      { path: '^packages/server/src/(store/(sqlite|postgres)|engines/(sandbox|vcluster|cluster-api))/' },
      'Everything but compose.ts uses the ports.',
    ),
    only(
      'adapters-do-not-know-the-rest',
      { path: '^packages/server/src/(store|engines)/', pathNot: ['\\.test\\.ts$', 'testing/'] },
      { path: '^packages/server/src/(pipeline|routes|http|rate-limit|overload|auth|reconciler|start)' },
      'A store or an engine serves whoever calls it.',
    ),
    only(
      'pipeline-knows-no-framework',
      { path: '^packages/server/src/(pipeline|routes|rate-limit|overload|auth|reconciler)/', pathNot: '\\.test\\.ts$' },
      { path: 'node_modules/fastify' },
      'Only http/ knows the HTTP library.',
    ),
    only(
      'handlers-are-handed-in',
      { path: '^packages/server/src/(pipeline|errors|auth|overload|rate-limit|tenancy|platform)/', pathNot: '\\.test\\.ts$' },
      { path: '^packages/server/src/(http/(?!client-address/)|routes|operator|metrics|start|reconciler)/' },
      'What a stage uses is handed in by compose.ts; the HTTP side calls the pipeline, and the handlers are called by it.',
    ),
    only(
      'routes-know-no-http',
      { path: '^packages/server/src/routes/', pathNot: '\\.test\\.ts$' },
      { path: '^packages/server/src/(http|operator|metrics|start|reconciler)/' },
      'A handler decides; it does not know how it is reached.',
    ),
    only(
      'http-knows-no-routes',
      { path: '^packages/server/src/http/', pathNot: '\\.test\\.ts$' },
      { path: '^packages/server/src/(routes|operator|start|reconciler)/' },
      'The HTTP side knows the pipeline and what it needs itself.',
    ),
    only(
      'errors-know-no-stage',
      { path: '^packages/server/src/errors/', pathNot: '\\.test\\.ts$' },
      { path: '^packages/server/src/(pipeline|auth|overload|rate-limit)/' },
      'Every stage throws refusals, so they know none.',
    ),
    only(
      'sdk-has-no-runtime-dependency',
      { path: '^packages/sdk/src/', pathNot: ['\\.test\\.ts$', 'testing/'] },
      { path: 'node_modules/', dependencyTypesNot: ['type-only', 'local', 'localmodule'] },
      'Zero runtime dependencies.',
    ),
    only('conformance-is-a-black-box', { path: '^conformance/' }, { path: '^packages/(server|sdk|cli)/src' }, 'The judge speaks HTTP.'),
    only('tests-are-not-imported', { pathNot: '\\.test\\.ts$' }, { path: '\\.test\\.ts$' }, 'A test is nobody’s library.'),
    only('no-unresolvable', {}, { couldNotResolve: true }, 'An import that leads nowhere.'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js'],
    },
    exclude: { path: '/dist/' },
  },
};
