// The arrows of ARCHITECTURE.md: contracts ← ports ← computing packages ← drivers, detector ← services, cli.
// `npm run check` draws and checks them.

const computing = '(segments|onnx|image|explain|evaluate|insight|network|report|saliency|game)'
const driver = '^packages/(bus|artifacts|images|store|s3)[^/]*/'
const tests = '(^|/)test/'
const compositions = '^packages/cli/src/(composition|photos)\\.ts$|^services/[^/]+/src/(main|config)\\.ts$'
const io = '^(node:)?(fs|net|tls|http2?|https|dgram|dns|child_process|worker_threads|cluster|readline|sqlite)(/|$)'
const ours = '^(packages|services)/'

export default {
  forbidden: [
    {
      name: 'contracts-import-nothing',
      comment: 'What is said between services depends on no code of theirs.',
      severity: 'error',
      from: { path: '^packages/contracts/src/' },
      to: { path: ours, pathNot: '^packages/contracts/' },
    },
    {
      name: 'ports-import-contracts-only',
      severity: 'error',
      from: { path: '^packages/ports/src/' },
      to: { path: ours, pathNot: '^packages/(ports|contracts)/' },
    },
    {
      name: 'computing-knows-no-driver',
      comment:
        'A package that computes sees contracts, ports and its like; whatever does I/O is handed to it as a port.',
      severity: 'error',
      from: { path: `^packages/${computing}/src/` },
      to: { path: ours, pathNot: `^packages/(contracts|ports|${computing})/` },
    },
    {
      name: 'computing-does-no-io',
      severity: 'error',
      from: { path: `^packages/(contracts|ports|${computing})/src/` },
      to: { dependencyTypes: ['core'], path: io },
    },
    {
      name: 'drivers-are-strangers',
      comment:
        'Drivers of one protocol share its client (s3), those of images what is computed (image); else a driver sees ports only.',
      severity: 'error',
      from: { path: '^packages/((?:bus|artifacts|images|store|s3)[^/]*)/src/' },
      to: { path: ours, pathNot: '^packages/(contracts|ports|image|s3|$1)/' },
    },
    {
      name: 'the-detector-is-below-services',
      severity: 'error',
      from: { path: '^packages/(detector|inspect|render|supervise|service-kit)/src/' },
      to: { path: `${driver}|^services/|^packages/cli/` },
    },
    {
      name: 'services-are-strangers',
      comment: 'Services meet on the bus.',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'only-a-composition-names-a-driver',
      comment: 'Everything else sees the port.',
      severity: 'error',
      from: { path: '^(services|packages/cli)/', pathNot: `${compositions}|${tests}` },
      to: { path: `${driver}|^packages/drivers/` },
    },
    {
      name: 'services-see-the-model-as-a-port',
      severity: 'error',
      from: { path: '^services/', pathNot: `${compositions}|${tests}` },
      to: { path: '^packages/(detector|supervise|cli)/' },
    },
    {
      name: 'nothing-imports-the-cli',
      severity: 'error',
      from: { path: ours, pathNot: '^packages/cli/' },
      to: { path: '^packages/cli/' },
    },
    {
      name: 'kits-are-for-tests',
      severity: 'error',
      from: { pathNot: `${tests}|^packages/conformance/` },
      to: { path: '^packages/conformance/' },
    },
    {
      name: 'no-test-is-imported',
      comment: 'The tables in the docs tell what is tested.',
      severity: 'error',
      from: { pathNot: `${tests}|^bench/|^scripts/tables\\.ts$` },
      to: { path: tests },
    },
    { name: 'nothing-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|generated)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
}
