// Writes src/generated/onnx_pb.ts from the official schema:
//
//   pip download onnx==1.23.2 --no-deps && unzip onnx-*.whl onnx/onnx.proto
//   node packages/onnx/scripts/generate.mjs onnx/onnx.proto
//
// Needs npm's registry: `buf`, the compiler, is fetched when asked for, as it is 90 MB that nobody else needs.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const buf = '@bufbuild/buf@1.75.0'
const target = join(import.meta.dirname, '../src/generated/onnx_pb.ts')
const header = `// Generated from the schema of onnx/onnx (Copyright (c) ONNX Project Contributors, Apache-2.0) by scripts/generate.mjs: see NOTICE.md.
`

const schema = process.argv[2]
if (schema === undefined) {
  console.error('usage: node generate.mjs PATH/TO/onnx.proto')
  process.exit(2)
}

const plugin = join(
  dirname(createRequire(import.meta.url).resolve('@bufbuild/protoc-gen-es/package.json')),
  'bin/protoc-gen-es',
)
const folder = mkdtempSync(join(tmpdir(), 'fanlight-onnx-'))
try {
  copyFileSync(schema, join(folder, 'onnx.proto'))
  // Node runs the code as it is, and strips types only: no enums.
  const template = {
    version: 'v2',
    plugins: [{ local: [process.execPath, plugin], out: '.', opt: ['target=ts', 'erasable_syntax=true'] }],
  }
  const arguments_ = [
    'exec',
    '--yes',
    `--package=${buf}`,
    '--',
    'buf',
    'generate',
    'onnx.proto',
    '--template',
    JSON.stringify(template),
  ]
  const { status } = spawnSync('npm', arguments_, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) process.exit(1)
  writeFileSync(target, header + readFileSync(join(folder, 'onnx_pb.ts'), 'utf8'))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
