import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeOf, s3Of } from '../src/s3.ts'

test('credentials that a configuration has are used, a lent key with its token', () => {
  const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' }
  const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' }
  assert.deepEqual(s3Of(keys), { credentials })
  assert.deepEqual(s3Of({ ...keys, AWS_SESSION_TOKEN: 't' }), { credentials: { ...credentials, sessionToken: 't' } })
})

test('half a key is none: then it is found where every program of AWS finds it', () => {
  assert.deepEqual(s3Of({ AWS_ACCESS_KEY_ID: 'id', AWS_REGION: 'eu-central-1' }), { region: 'eu-central-1' })
})

test('a server that is not of AWS is addressed by path', () => {
  assert.deepEqual(s3Of({ AWS_ENDPOINT_URL_S3: 'http://s3:7070' }), {
    endpoint: 'http://s3:7070',
    forcePathStyle: true,
  })
})

test('a prefix ends with a slash, however it was written', () => {
  assert.deepEqual(placeOf('s3://bucket'), { bucket: 'bucket', prefix: '' })
  assert.deepEqual(placeOf('s3://bucket/a/b//'), { bucket: 'bucket', prefix: 'a/b/' })
})
