import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { suite, type TestContext, test } from 'node:test'
import { sha256 } from '@fanlight/contracts'
import { type LiveStage, openLiveStage, photoBytes } from './live-stage.ts'
import { detector, photosAbsent, project } from './seed.ts'

suite('what POST /v1/explanations refuses', () => {
  const check = (title: string, run: (t: TestContext) => Promise<void>) =>
    test(title, { skip: photosAbsent, timeout: 60_000 }, run)
  const json = { 'content-type': 'application/json' }
  const image = { uri: 's3://photos/bear.jpg', sha256: sha256('bear'), bytes: 4 }
  const jobsOf = async (stage: LiveStage) =>
    (await stage.options.store.listJobs(project, { limit: 50 })).rows.filter(({ id }) => id.startsWith('live-'))
  const problem = async (answer: Response, status: number) => {
    const body = await answer.json()
    assert.equal(answer.status, status, JSON.stringify(body))
    assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
    return body
  }

  check('images above the limit, while they are on their way', async () => {
    await using stage = await openLiveStage({ maxImageBytes: 100_000 })
    const form = 'multipart/form-data; boundary=x'
    const part = '--x\r\ncontent-disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
    for (const [type, start] of [
      ['image/jpeg', ''],
      [form, part],
    ] as const) {
      for (const told of [false, true]) {
        const { status, sentBytes } = await pour(stage.url, type, start, 200_000_000, told)
        assert.equal(status, 413, `${type} ${told}`)
        assert.ok(sentBytes < 20_000_000, `${sentBytes} bytes were taken of ${type} ${told}`)
      }
    }
    const answer = await problem(await stage.post(await stage.form({}, new Blob([Buffer.alloc(120_000)]))), 413)
    assert.match(answer.detail, /100000 bytes \(FANLIGHT_MAX_IMAGE_BYTES\)/)
    const told = { detector: detector.name, image: { ...image, bytes: 100_001 } }
    await problem(await stage.post(JSON.stringify(told), json), 413)
    await problem(await stage.post(JSON.stringify({ padding: 'x'.repeat(20_000) }), json), 413)
    assert.deepEqual(await jobsOf(stage), [])
    assert.equal((await stage.post(await photoBytes('000000000285.jpg'), { 'content-type': 'image/jpeg' })).status, 413)
  })

  check('more images at a time than its memory bears, until one of them is gone', async () => {
    await using stage = await openLiveStage({ maxImageBytes: 2 ** 29 })
    const { hostname, port, pathname } = new URL(stage.url)
    const head = `POST ${pathname} HTTP/1.1\r\nhost: localhost\r\ncontent-type: image/jpeg\r\ntransfer-encoding: chunked\r\n\r\n`
    const open = Array.from({ length: 2 }, () => connect(Number(port), hostname))
    for (const socket of open) socket.write(head)
    await new Promise((resolve) => setTimeout(resolve, 200))
    const refused = await stage.post(await stage.form())
    assert.equal(refused.headers.get('retry-after'), '2')
    await problem(refused, 429)
    const bodiless = await stage.post(JSON.stringify({ detector: detector.name, image }), json)
    assert.equal(bodiless.status, 202, 'references need no room')
    open[0]!.destroy()
    await new Promise((resolve) => setTimeout(resolve, 200))
    for (let i = 0; i < 3; i += 1) assert.equal((await stage.post(await stage.form())).status, 202)
    open[1]!.destroy()
  })

  check('what is no image, before anything is stored', async () => {
    await using stage = await openLiveStage()
    const cut = (await photoBytes('000000000285.jpg')).subarray(0, 3000)
    for (const bytes of [Buffer.from('{}'), Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), cut]) {
      const body = await problem(await stage.post(await stage.form(undefined, new Blob([bytes]))), 422)
      assert.match(body.code, /^IMAGE_UN/)
      assert.equal(await stage.options.artifacts.has(sha256(bytes)), false)
    }
    await problem(await stage.post(await stage.form(undefined, new Blob([]))), 400)
    await problem(
      await stage.post(new Uint8Array(), { 'content-type': 'image/png' }, `?detector=${detector.name}`),
      400,
    )
    const claimed = await stage.form({ detector: detector.name, sha256: sha256('something else') })
    assert.match((await problem(await stage.post(claimed), 422)).detail, /send it again/)
    assert.deepEqual(await jobsOf(stage), [])
  })

  check('other kinds of bodies and forms, saying what it takes', async () => {
    await using stage = await openLiveStage()
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream']) {
      assert.match((await problem(await stage.post('a=b', { 'content-type': type }), 415)).detail, /Send an image/)
    }
    await problem(await fetch(stage.url, { method: 'POST' }), 415)
    await problem(await stage.post('{"detector"', json), 400)
    await problem(await stage.post('[]', json), 400)
    await problem(await stage.post('{"__proto__": {"detector": "a"}}', json), 400)
    const other = new FormData()
    other.set('photo', new Blob(['x']), 'x.jpg')
    assert.match((await problem(await stage.post(other), 400)).detail, /"image"/)
    const twice = await stage.form()
    twice.append('detector', 'another')
    assert.match((await problem(await stage.post(twice), 400)).detail, /two fields/)
    const two = await stage.form()
    two.append('image', new Blob(['x']), 'x.jpg')
    await problem(await stage.post(two), 413)
    await problem(await stage.post('no boundary', { 'content-type': 'multipart/form-data' }), 400)
    await problem(await stage.post('--x\r\ncontent-dis', { 'content-type': 'multipart/form-data; boundary=x' }), 400)
  })

  check('fields that are none, or not as fanlight explain has them', async () => {
    await using stage = await openLiveStage()
    const post = (given: object) => stage.post(JSON.stringify({ detector: detector.name, image, ...given }), json)
    const wrong: Record<string, unknown>[] = [
      { seed: -1 },
      { seed: 2 ** 32 },
      { minScore: 1.01 },
      { maxTargets: 0 },
      { maxTargets: 1001 },
      { objectives: ['everything'] },
      { objectives: [] },
      { methods: [] },
      { forwards: 0 },
      { forwards: 1e300 },
      { deadlineMs: 0 },
      { colour: 'red' },
      { image: { ...image, sha256: 'ABC' } },
      { image: { ...image, path: '/' } },
    ]
    for (const given of wrong) {
      const { errors } = await problem(await post(given), 400)
      assert.ok(errors.length > 0, JSON.stringify(given))
    }
    for (const given of [
      { methods: ['magic'] },
      { methods: ['constructor'] },
      { params: { drise: { grid: -1 } } },
      { params: { drise: { nothing: 1 } } },
      { params: { random: {} } },
      { forwards: 1 },
    ]) {
      assert.equal((await problem(await post(given), 400)).code, 'USAGE', JSON.stringify(given))
    }
    const deep = `{"detector":"${detector.name}","params":{"drise":{"fill":${'['.repeat(7000)}${']'.repeat(7000)}}},"image":${JSON.stringify(image)}}`
    await problem(await stage.post(deep, json), 400)
    assert.deepEqual(await jobsOf(stage), [])
  })

  check('detectors that are not registered, or not told apart by their name', async () => {
    await using stage = await openLiveStage()
    const post = (name: string) => stage.post(JSON.stringify({ detector: name, image }), json)
    for (const name of ['nothing', '0'.repeat(64), '../../etc', '__proto__', '\u0000\u001b[31m']) {
      assert.match((await problem(await post(name), 404)).detail, /GET \/v1\/detectors/)
    }
    await stage.options.store.putDetector(project, { ...detector, id: sha256('twin') })
    assert.ok((await problem(await post(detector.name), 409)).detail.includes(sha256('twin')))
    assert.equal((await post(detector.id)).status, 202)
  })

  check('keys that are too long or not printable, and ids that are paths', async () => {
    await using stage = await openLiveStage()
    const body = JSON.stringify({ detector: detector.name, image })
    for (const key of ['k'.repeat(10_000), 'k'.repeat(256), 'caf\u00e9', 'a\tb']) {
      const { errors } = await problem(await stage.post(body, { ...json, 'idempotency-key': key }), 400)
      assert.match(errors[0].path, /idempotency-key/)
    }
    const raw = (head: string) => say(stage.url, `${head}\r\nhost: localhost\r\nconnection: close\r\n\r\n`)
    for (const id of [
      '../jobs',
      '..%2f..%2fetc%2fpasswd',
      '%00',
      'live-..',
      'done',
      `live-${'0'.repeat(33)}`,
      '%0d%0aset-cookie:a=b',
    ]) {
      const said = await raw(`GET /v1/explanations/${id} HTTP/1.1`)
      assert.match(said, /^HTTP\/1\.1 40[04] /, id)
      assert.doesNotMatch(said, /\nset-cookie/i)
    }
    assert.match(await raw('DELETE /v1/explanations/done HTTP/1.1'), /^HTTP\/1\.1 404 /)
    assert.equal((await stage.options.store.getJob(project, 'done'))?.state, 'done', 'other jobs are out of its reach')
  })

  check('header injection through names, which come back as they were', async () => {
    await using stage = await openLiveStage()
    const post = async (name: string) => {
      const field = `--x\r\ncontent-disposition: form-data; name="detector"\r\n\r\n${detector.name}\r\n`
      const file = `--x\r\ncontent-disposition: form-data; name="image"; filename*=UTF-8''${encodeURIComponent(name)}\r\n\r\n`
      const photo = await photoBytes('000000000285.jpg')
      const body = Buffer.concat([Buffer.from(field), Buffer.from(file), photo, Buffer.from('\r\n--x--\r\n')])
      const answer = await stage.post(body, { 'content-type': 'multipart/form-data; boundary=x' })
      assert.equal(answer.headers.get('set-cookie'), null)
      return answer
    }
    await problem(await post('a\r\nset-cookie: b=c\r\n'), 400)
    const name = '"\u001b[31m\u202egpj.exe'
    const answer = await post(`../../${name}`)
    assert.equal(answer.status, 202)
    assert.equal((await answer.json()).image.name, name)
  })

  check('other pages, other hosts, and who asks too often', async () => {
    await using stage = await openLiveStage({ requestsPerMinute: 30 })
    const body = JSON.stringify({ detector: detector.name, image })
    await problem(await stage.post(body, { ...json, origin: 'http://evil.example' }), 403)
    await problem(await stage.post(await stage.form(), { origin: 'http://evil.example' }), 403)
    const from = { method: 'DELETE', headers: { origin: 'http://evil.example' } }
    await problem(await fetch(`${stage.url}/live-0`, from), 403)
    assert.match(
      await say(stage.url, 'GET /v1/detectors HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n'),
      / 421 /,
    )
    const statuses: number[] = []
    for (let i = 0; i < 4; i += 1) statuses.push((await stage.post(body, json)).status)
    assert.equal(statuses.at(-1), 429)
  })
})

/** Speaks HTTP by itself. @returns all that is said */
async function say(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.end(text)
  let said = ''
  for await (const chunk of socket) said += String(chunk)
  return said
}

/** Sends as much as it is let, in pieces or with its length told before. */
async function pour(url: string, type: string, start: string, bytes: number, told: boolean) {
  const { hostname, port, pathname } = new URL(url)
  const socket = connect(Number(port), hostname)
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  let said = ''
  socket.on('data', (chunk) => {
    said += String(chunk)
  })
  socket.on('error', () => {})
  const length = told ? `content-length: ${bytes}` : 'transfer-encoding: chunked'
  socket.write(`POST ${pathname} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\n${length}\r\n\r\n`)
  const write = (piece: Buffer) => {
    const framed = told
      ? piece
      : Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')])
    return socket.write(framed)
  }
  if (start) write(Buffer.from(start))
  const piece = Buffer.alloc(65_536, 'a')
  let sentBytes = 0
  while (sentBytes < bytes && said === '' && !socket.destroyed) {
    if (!write(piece)) {
      await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), ended])
    }
    sentBytes += piece.length
    await new Promise(setImmediate)
  }
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 2000))])
  socket.destroy()
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(said)?.[1]), sentBytes: socket.bytesWritten }
}
