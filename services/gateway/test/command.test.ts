import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { explainCommand, shellWord } from '../src/command.ts'
import { spec } from './seed.ts'

const names = [
  'plain-name_1.jpg',
  'two words.jpg',
  "it's.jpg",
  '$(touch owned)`id`"; rm -rf ~',
  'back\\slash',
  '-rf',
  'line\nbreak\ttab\u001b[31m',
  "quote' and bell\u0007 and \\",
  '\u202egpj.exe',
  '\u0080\u009b1m',
  '雪 ☃ é',
  '!history #comment *glob? {a,b}',
  '',
]

for (const name of names) {
  test(`a shell reads ${JSON.stringify(name)} back as it was`, () => {
    const words = execFileSync('bash', ['-c', `printf '%s\\0' ${shellWord(name)}`])
      .toString('utf8')
      .split('\0')
    assert.deepEqual(words, [name, ''])
  })
}

test('pasting a command does nothing by itself: it holds no control characters', () => {
  for (const name of names) assert.doesNotMatch(shellWord(name), /[\p{Cc}\p{Cf}]/u)
})

test('the command says all that an explanation follows from', () => {
  const method = { ...spec.methods[0]!, params: { masks: 998, grid: 8, probability: 0.5, fill: { kind: 'mean' } } }
  const command = explainCommand({ spec, method, uri: 'file:///photos/my%20cat.jpg', forwards: 1000 })
  assert.match(command, /^npx fanlight explain '\/photos\/my cat.jpg' --model \S+\.onnx --family yolox/)
  assert.ok(
    command.endsWith('--method drise --forwards 1000 --seed 7 --min-score 0.3 --objective score --max-targets 20'),
  )
})

test('parameters are named that the method would not have by itself', () => {
  const method = {
    name: 'drise',
    version: 1,
    params: { masks: 998, grid: 16, probability: 0.5, fill: { kind: 'mean' } },
  }
  const command = explainCommand({ spec, method, uri: 'file:///a.jpg', forwards: 1000 })
  assert.match(command, / --forwards 1000 --set 'drise\.grid=16' --seed /)
})

test('a method that asks nothing is given no number of forwards', () => {
  assert.doesNotMatch(
    explainCommand({ spec, method: spec.methods[1]!, uri: 'file:///a.jpg', forwards: 0 }),
    /--forwards/,
  )
})
