/** The arrows of ARCHITECTURE.md, kept true. A rule for what a package, a room of the server or an adapter may import is a row of its table. */
const rule = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to });
const SERVER = '^packages/server/src';
const TESTS = ['\\.test\\.ts$', '/testing/'];

/** A package, and those that it may import. */
const PACKAGES = {
  contract: [],
  files: [],
  sdk: ['contract'],
  server: ['contract', 'files'],
  cli: ['contract', 'files', 'sdk'],
  sandbox: ['contract', 'server'],
};

/** Rooms of the server, and those that they must not import. */
const ROOMS = [
  ['store|engines', 'pipeline|routes|http|rate-limit|overload|auth|reconciler|start', 'A store or an engine serves every caller.'],
  [
    'pipeline|errors|tenancy|platform|auth|overload|rate-limit',
    'routes|operator|metrics|start|reconciler',
    'compose.ts hands in what a stage uses; the HTTP side calls the pipeline, which calls the handlers.',
  ],
  ['pipeline|errors|tenancy|platform', 'http', 'Only limits per address know addresses; how a request arrived is not known here.'],
  ['auth|overload|rate-limit', 'http/(?!client-address/)', 'Limits per address know the groups of addresses.'],
  ['routes', 'http|operator|metrics|start|reconciler', 'A handler decides; it does not know how it is reached.'],
  ['http', 'routes|operator|start|reconciler', 'The HTTP side knows the pipeline and what it needs itself.'],
  ['errors', 'pipeline|auth|overload|rate-limit', 'Every stage throws refusals, so they know none.'],
];

/** Ports, and the folders of their adapters, which `compose.ts` and its parts alone name. */
const ADAPTERS_OF = {
  store: 'sqlite|postgres',
  engines: 'sandbox|local|vcluster|cluster-api',
  'rate-limit': 'valkey',
  alertmanager: 'merged-file',
};
const ADAPTERS = Object.entries(ADAPTERS_OF)
  .map(([port, names]) => `${port}/(${names})`)
  .join('|');

export default {
  forbidden: [
    rule('no-cycles', {}, { circular: true }, 'A cycle has no first file to read.'),
    ...Object.entries(PACKAGES).map(([name, used]) =>
      rule(
        `${name}-imports-its-packages`,
        { path: `^packages/${name}/` },
        { path: `^packages/(?!(${[name, ...used].join('|')})/)` },
        `Packages of this repository that ${name} may import: ${used.join(', ') || 'none'}.`,
      ),
    ),
    ...ROOMS.map(([from, to, why]) =>
      rule(
        `not-in-${from.replaceAll('|', '-')}`,
        { path: `${SERVER}/(${from})/`, pathNot: '\\.test\\.ts$' },
        { path: `${SERVER}/(${to})` },
        why,
      ),
    ),
    rule(
      'adapters-are-named-in-compose',
      { path: SERVER, pathNot: [...TESTS, '/compose\\.ts$', '/compose-[a-z]+\\.ts$', `${SERVER}/(${ADAPTERS})/`] },
      { path: `${SERVER}/(${ADAPTERS})/` },
      'Everything but compose.ts and its parts, compose-*.ts, uses the ports.',
    ),
    ...Object.entries(ADAPTERS_OF).map(([port, names]) =>
      rule(
        `adapters-of-${port}-import-no-other`,
        { path: `${SERVER}/${port}/(${names})/` },
        { path: `${SERVER}/${port}/(${names})/`, pathNot: `${SERVER}/${port}/$1/` },
        'What two adapters use lies beside their port.',
      ),
    ),
    rule(
      'http-knows-the-library',
      { path: SERVER, pathNot: `${SERVER}/http/` },
      { path: 'node_modules/find-my-way' },
      'Only http/ knows the HTTP library.',
    ),
    rule(
      'sdk-has-no-runtime-dependency',
      { path: '^packages/sdk/src/', pathNot: TESTS },
      { path: 'node_modules/' },
      'Zero runtime dependencies.',
    ),
    rule('conformance-is-a-black-box', { path: '^conformance/' }, { path: '^packages/(?!contract/)' }, 'The judge speaks HTTP.'),
    rule('tests-are-not-imported', {}, { path: '\\.test\\.ts$' }, 'A test is no library.'),
    rule('no-unresolvable', {}, { couldNotResolve: true }, 'An import that leads nowhere.'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
    // NOTE: of packages of ours alone: most dependencies lie in a folder of this name.
    exclude: { path: '^packages/[^/]+/dist/' },
  },
};
