import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFanlightError } from '@fanlight/ports'
import { readConfig, strayVariables, urlOf, wholeNumber } from '@fanlight/service-kit/config'
import { z } from 'zod'

const variables = {
  FANLIGHT_PORT: wholeNumber({ max: 65_535 }).default(8080).meta({ about: 'the port', example: '8080' }),
  FANLIGHT_BUS_URL: urlOf('kafka', 'nats').meta({ about: 'the bus', example: 'nats://host:4222' }),
  FANLIGHT_BUS_PASSWORD: z
    .string()
    .regex(/^\S+$/, 'expected no spaces')
    .optional()
    .meta({ about: 'the password', secret: true }),
}

function faultsOf(env: Record<string, string>): string {
  try {
    readConfig(env, variables)
  } catch (error) {
    assert.ok(isFanlightError(error))
    assert.deepEqual([error.code, error.retry], ['CONFIGURATION_INVALID', 'never'])
    return error.message
  }
  throw new assert.AssertionError({ message: 'it was accepted' })
}

test('values are parsed, and what is not given has its default', () => {
  const config = readConfig({ FANLIGHT_BUS_URL: 'nats://a:1' }, variables)
  assert.deepEqual(config, { FANLIGHT_PORT: 8080, FANLIGHT_BUS_URL: 'nats://a:1', FANLIGHT_BUS_PASSWORD: undefined })
  assert.equal(readConfig({ FANLIGHT_BUS_URL: 'nats://a:1', FANLIGHT_PORT: '80' }, variables).FANLIGHT_PORT, 80)
})

test('an empty text is as good as none', () => {
  assert.equal(readConfig({ FANLIGHT_BUS_URL: 'nats://a:1', FANLIGHT_PORT: '' }, variables).FANLIGHT_PORT, 8080)
})

test('all faults are told at once, each with the variable, what it expects and an example', () => {
  assert.equal(
    faultsOf({ FANLIGHT_PORT: '70000' }),
    [
      'FANLIGHT_PORT is "70000": expected a whole number from 1 to 65535. It is the port, such as FANLIGHT_PORT=8080',
      'FANLIGHT_BUS_URL is missing. It is the bus, such as FANLIGHT_BUS_URL=nats://host:4222',
    ].join('\n'),
  )
})

for (const text of ['1.5', '-1', '0', '1e3', ' 80', 'eighty', '99999999999999999999']) {
  test(`${JSON.stringify(text)} is no port`, () => {
    assert.match(faultsOf({ FANLIGHT_BUS_URL: 'nats://a:1', FANLIGHT_PORT: text }), /expected a whole number/)
  })
}

test('a scheme that nobody knows is refused with those that are known', () => {
  assert.match(faultsOf({ FANLIGHT_BUS_URL: 'redis://a' }), /expected a URL that begins with kafka:\/\/ or nats:\/\//)
})

test('a secret is not shown', () => {
  const message = faultsOf({ FANLIGHT_BUS_URL: 'nats://a:1', FANLIGHT_BUS_PASSWORD: 'hunter 2' })
  assert.ok(!message.includes('hunter'), message)
  assert.match(message, /FANLIGHT_BUS_PASSWORD/)
})

test('variables of ours that nobody knows are told: a typing mistake, most likely', () => {
  assert.deepEqual(strayVariables({ FANLIGHT_BUS_ULR: 'x', FANLIGHT_PORT: '1', HOME: '/' }, variables), [
    'FANLIGHT_BUS_ULR',
  ])
})
