import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { objectUri, parseObjectUri } from '@fanlight/images-s3'

suite('object URIs', () => {
  test('bear any key', () => {
    const keys = [
      'a.jpg',
      'a b+c.jpg',
      'é日本😀.webp',
      '../../etc/passwd',
      './a',
      'a//b',
      '//',
      '/a',
      'a?b#c',
      '100%.jpg',
    ]
    keys.push('%2e%2e/%2F', 'a\u0000\u001b[31m\r\n.png', '<img src=x onerror=alert(1)>', 'back\\slash', 's3://b/k', ' ')
    keys.push('x'.repeat(1024), '\u2028', '')
    for (const key of keys) {
      const uri = objectUri({ bucket: 'a.bucket-1', key })
      assert.match(uri, /^s3:\/\/a\.bucket-1\/[!-~]*$/)
      assert.deepEqual(parseObjectUri(uri), { bucket: 'a.bucket-1', key })
    }
    assert.equal(objectUri({ bucket: 'b-b', key: 'a b/ü?.jpg' }), 's3://b-b/a%20b/%C3%BC%3F.jpg')
  })

  test('of the longest keys are short enough to be kept', () => {
    assert.ok(objectUri({ bucket: 'b'.repeat(255), key: '\u0001'.repeat(1024) }).length <= 4096)
  })

  test('may be typed by a person', () => {
    for (const [uri, key] of [
      ['s3://photos', ''],
      ['s3://photos/', ''],
      ['s3://photos/my trip/a?b#c é.jpg', 'my trip/a?b#c é.jpg'],
      ['s3://photos/../a', '../a'],
      ['s3://photos/line\nbreak', 'line\nbreak'],
    ] as const) {
      assert.deepEqual(parseObjectUri(uri), { bucket: 'photos', key })
    }
  })

  test('refuse what names no bucket, another endpoint, or no text', () => {
    const uris = ['', 's3://', 's3:///a', 'S3://photos/a', 'http://photos/a', 'file:///a', 's3://a', 's3://a@host/b']
    uris.push('s3://arn:aws:s3:eu:1:accesspoint/x/a', 's3://../a', 's3://a b/c', 's3://photos/100%', 's3://photos/%ff')
    for (const uri of uris) assert.throws(() => parseObjectUri(uri), { code: 'INPUT_NOT_FOUND', retry: 'never' }, uri)
  })
})
