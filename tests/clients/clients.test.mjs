// Programs made by others, unchanged, against the built server: what they rely on of a protocol is there.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { VectorTile } from '@mapbox/vector-tile'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { EventSource } from 'eventsource'
import { createClient } from 'graphql-ws'
import parsePrometheusTextFormat from 'parse-prometheus-text-format'
import { PbfReader } from 'pbf'
import tus from 'tus-js-client'
import WebSocket from 'ws'

const program = process.env.DATAPUNK_BIN
const password = 'violet tractor above seven clouds'
const folder = mkdtempSync(join(tmpdir(), 'datapunk-clients-'))
const data = join(folder, 'data')
let server, address, metrics, headers

function run(args, input) {
  const done = spawnSync(program, ['--data-dir', data, ...args], { input, encoding: 'utf8' })
  assert.equal(done.status, 0, done.stderr)
  return done.stdout
}

async function call(path, options = {}) {
  const response = await fetch(`${address}${path}`, { ...options, headers: { ...headers, ...options.headers } })
  const text = await response.text()
  assert.ok(response.ok, `${path}: ${response.status} ${text}`)
  return text ? JSON.parse(text) : undefined
}

function post(path, body) {
  return call(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body)
  })
}

before(async () => {
  assert.ok(program, 'DATAPUNK_BIN names the program')
  run(['user', 'add', 'ada'], `${password}\n`)
  server = spawn(program, ['--data-dir', data, 'serve', '--listen', '127.0.0.1:0', '--metrics', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  for await (const line of createInterface({ input: server.stdout })) {
    const found = line.match(/http:\/\/[0-9.:]+(\/metrics)?/)
    if (found?.[1]) {
      metrics = found[0]
      break
    }
    address ??= found?.[0]
  }
  server.stdout.resume()
  const signedIn = await post('/api/v1/auth/sign-in', { name: 'ada', password, kind: 'token' })
  headers = { Authorization: `Bearer ${signedIn.access_token}` }
})

after(() => {
  server?.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** Uploads a file; broken off once more than `breakAt` bytes are said to be there. */
function upload(path, options, breakAt) {
  return new Promise((resolve, reject) => {
    let isBroken = false
    const uploading = new tus.Upload(createReadStream(path), {
      endpoint: `${address}/api/v1/uploads`,
      headers,
      retryDelays: [0, 200, 1000],
      metadata: { filename: path.split('/').at(-1) },
      onError: reject,
      onSuccess: () => resolve(uploading),
      onProgress: sent => {
        if (breakAt && sent > breakAt && !isBroken) {
          isBroken = true
          uploading.abort().then(() => resolve(uploading), reject)
        }
      },
      ...options
    })
    uploading.start()
  })
}

test('tus-js-client uploads in chunks, is broken off, and goes on where it was', async () => {
  const path = join(folder, 'grüße.bin')
  const bytes = randomBytes(20_000_000)
  writeFileSync(path, bytes)
  const size = { uploadSize: bytes.length }
  const broken = await upload(path, { ...size, chunkSize: 1_000_000 }, 5_000_000)
  const told = async url => {
    const head = await fetch(url, { method: 'HEAD', headers: { ...headers, 'Tus-Resumable': '1.0.0' } })
    return Number(head.headers.get('upload-offset'))
  }
  const kept = await told(broken.url)
  assert.ok(kept > 0 && kept < bytes.length, `${kept} bytes are there`)
  const whole = await upload(path, { ...size, uploadUrl: broken.url, chunkSize: 3_000_000 })
  assert.equal(whole.url, broken.url)
  assert.equal(await told(whole.url), bytes.length)

  const id = whole.url.split('/').at(-1)
  const account = readdirSync(join(data, 'staging')).find(name => name.length === 32)
  const onDisk = readFileSync(join(data, 'staging', account, id, 'data'))
  const hash = content => createHash('sha256').update(content).digest('hex')
  assert.equal(hash(onDisk), hash(bytes))
  await tus.Upload.terminate(whole.url, { headers })
  assert.deepEqual((await call('/api/v1/uploads')).items, [])
})

test('EventSource is told of an import, and a reader that comes back of what it missed', async () => {
  const note = {
    title: 'Marmalade', textContent: 'Forty bitter oranges', color: 'DEFAULT', isTrashed: false,
    isPinned: false, isArchived: false, createdTimestampUsec: 17e14, userEditedTimestampUsec: 17e14
  }
  const path = join(folder, 'Marmalade.json')
  writeFileSync(path, JSON.stringify(note))
  const uploaded = await upload(path, {})

  const follow = since => {
    const url = `${address}/api/v1/events${since === undefined ? '' : `?after=${since}`}`
    return new EventSource(url, { fetch: (target, init) => fetch(target, { ...init, headers: { ...init.headers, ...headers } }) })
  }
  const next = (source, kind) => new Promise((resolve, reject) => {
    source.addEventListener(kind, event => resolve({ id: event.lastEventId, ...JSON.parse(event.data) }))
    setTimeout(() => reject(new Error(`no ${kind} comes`)), 30_000).unref()
  })
  const live = follow()
  await new Promise(resolve => live.addEventListener('open', resolve))
  const [queued, succeeded] = [next(live, 'job.queued'), next(live, 'job.succeeded')]
  const job = await post('/api/v1/imports', { uploads: [uploaded.url.split('/').at(-1)] })
  assert.equal((await queued).data.id, job.id)
  const done = await succeeded
  assert.equal(done.data.result.documents.inserted, 1)
  live.close()

  const again = follow((await queued).id)
  assert.equal((await next(again, 'job.succeeded')).id, done.id)
  again.close()
  const found = await call('/api/v1/search?q=oranges')
  assert.equal(found.hits[0].title, 'Marmalade')
})

/** Uploads a note of Keep, and gives the id of the upload. */
async function uploadNote(title, text) {
  const note = {
    title, textContent: text, color: 'DEFAULT', isTrashed: false,
    isPinned: false, isArchived: false, createdTimestampUsec: 17e14, userEditedTimestampUsec: 17e14
  }
  const path = join(folder, `${title}.json`)
  writeFileSync(path, JSON.stringify(note))
  return (await upload(path, {})).url.split('/').at(-1)
}

/** The first of what comes that fits. */
async function first(iterator, fits) {
  for await (const one of iterator) if (fits(one)) return one
  throw new Error('it ended before anything fits')
}

test('graphql-ws follows an import to its end, and is told of the new documents', async () => {
  // As its documentation has it for headers in Node.
  class WithHeaders extends WebSocket {
    constructor(url, protocols) {
      super(url, protocols, { headers })
    }
  }
  const url = `${address.replace('http', 'ws')}/api/graphql`
  const client = createClient({ url, webSocketImpl: WithHeaders, retryAttempts: 0, lazyCloseTimeout: 60_000 })
  const documents = client.iterate({
    query: 'subscription { newDocuments { count sources { source count } documents { title source } } }'
  })
  const arrived = first(documents, answer => answer.data.newDocuments.documents.some(one => one.title === 'Chutney'))
  const answered = await first(client.iterate({ query: '{ stats { documents } }' }), () => true)
  assert.ok(answered.data.stats.documents >= 1)

  const job = await post('/api/v1/imports', { uploads: [await uploadNote('Chutney', 'Green tomatoes')] })
  const query = 'subscription Progress($job: ID!) { importProgress(job: $job) { state result } }'
  const states = []
  for await (const answer of client.iterate({ query, variables: { job: String(job.id) } })) {
    assert.equal(answer.errors, undefined)
    states.push(answer.data.importProgress)
  }
  assert.equal(states.at(-1).state, 'succeeded')
  assert.equal(states.at(-1).result.documents.inserted, 1)
  const told = (await arrived).data.newDocuments
  assert.ok(told.count >= 1 && told.sources.some(one => one.source === 'google.keep'))
  const refused = await first(client.iterate({ query: '{ nothing }' }), () => true).catch(error => error)
  assert.equal(refused[0]?.extensions.code, 'bad_document', String(refused.stack ?? refused))
  await client.dispose()
})

test('a page that can only say who it is with the hello is let in by graphql-ws', async () => {
  const url = `${address.replace('http', 'ws')}/api/graphql`
  const options = { url, webSocketImpl: WebSocket, retryAttempts: 0 }
  const known = createClient({ ...options, connectionParams: { authorization: headers.Authorization } })
  assert.ok(await first(known.iterate({ query: '{ stats { documents } }' }), () => true))
  await known.dispose()
  const unknown = createClient(options)
  const refused = await first(unknown.iterate({ query: '{ stats { documents } }' }), () => true).catch(error => error)
  assert.equal(refused.code, 4403)
})

test('ws is told of events, and goes on where it left off', async () => {
  const url = `${address.replace('http', 'ws')}/api/v1/events`
  const follow = (query, options) => {
    const socket = new WebSocket(`${url}${query}`, options)
    const events = []
    let wake = () => {}
    socket.on('message', text => {
      events.push(JSON.parse(text))
      wake()
    })
    const next = async kind => {
      for (;;) {
        const found = events.find(event => event.kind === kind)
        if (found) return found
        await new Promise(resolve => (wake = resolve))
      }
    }
    return { socket, next, opened: new Promise(resolve => socket.on('open', resolve)) }
  }
  const live = follow('', { headers })
  await live.opened
  const job = await post('/api/v1/imports', { uploads: [await uploadNote('Piccalilli', 'Cauliflower')] })
  const queued = await live.next('job.queued')
  assert.equal(queued.data.id, job.id)
  assert.deepEqual(Object.keys(queued.data).sort(), Object.keys(job).sort(), 'a job is told as its route tells it')
  live.socket.close()

  const { ticket } = await post('/api/v1/events/ticket')
  const again = follow(`?after=${queued.id}&ticket=${ticket}`)
  const notice = await again.next('notification')
  assert.equal(notice.data.code, 'import_finished')
  assert.equal((await again.next('documents.new')).data.count, 1)
  assert.equal((await again.next('job.succeeded')).data.id, job.id)
  again.socket.close()

  const strangers = new WebSocket(url)
  const refused = await new Promise(resolve => strangers.on('unexpected-response', (_, answer) => resolve(answer.statusCode)))
  assert.equal(refused, 401)
})

test('figures are read by a parser of the format of Prometheus', async () => {
  const answer = await fetch(metrics)
  assert.match(answer.headers.get('content-type'), /^application\/openmetrics-text; version=1\.0\.0/)
  const text = await answer.text()
  assert.ok(text.endsWith('# EOF\n'))
  const families = parsePrometheusTextFormat(text.replace(/^# EOF\n$/m, ''))
  const of = name => families.find(family => family.name === name)
  const jobs = of('datapunk_jobs').metrics
  const done = jobs.find(({ labels }) => labels.kind === 'import' && labels.state === 'succeeded')
  assert.ok(Number(done.value) >= 1)
  for (const name of ['datapunk_jobs_waiting_seconds', 'datapunk_connections_open', 'datapunk_staged_bytes']) {
    assert.equal(of(name).type, 'GAUGE', name)
  }
  // Whatever stands there is a number, of a family that was declared.
  for (const line of text.split('\n').filter(line => line && !line.startsWith('#'))) {
    const [, name, value] = line.match(/^([a-z_]+)(?:\{.*\})? (\S+)$/) ?? assert.fail(line)
    assert.ok(Number.isFinite(Number(value)), line)
    const family = name.replace(/_(total|bucket|sum|count)$/, '')
    assert.ok(text.includes(`# TYPE ${name} `) || text.includes(`# TYPE ${family} `), line)
  }
  assert.doesNotMatch(text, /Marmalade|Chutney|oranges|ada/)
})

async function asksAndReads(transport) {
  const client = new Client({ name: 'a client of others', version: '1' })
  await client.connect(transport)
  const { tools } = await client.listTools()
  assert.ok(tools.every(tool => tool.annotations.readOnlyHint), 'every tool only reads')
  for (const name of ['search', 'get', 'timeline', 'stats']) {
    assert.ok(tools.some(tool => tool.name === name), `${name} is there`)
  }
  const found = await client.callTool({ name: 'search', arguments: { query: 'bitter oranges' } })
  const hit = found.structuredContent.hits[0]
  assert.equal(hit.title, 'Marmalade')
  const read = await client.callTool({ name: 'get', arguments: { id: hit.id } })
  assert.match(JSON.stringify(read.structuredContent), /Forty bitter oranges/)
  const wrong = await client.callTool({ name: 'search', arguments: { words: 'x' } }).catch(error => error)
  assert.ok(wrong.isError || wrong instanceof Error, 'an argument that is not known is refused')
  await client.close()
}

test('the SDK of the Model Context Protocol searches and reads over lines', async () => {
  await asksAndReads(new StdioClientTransport({ command: program, args: ['--data-dir', data, 'mcp'], stderr: 'inherit' }))
})

test('the SDK of the Model Context Protocol searches and reads over HTTP, and is in the log', async () => {
  await asksAndReads(new StreamableHTTPClientTransport(new URL(`${address}/mcp`), { requestInit: { headers } }))
  const log = await call('/api/v1/log?limit=50')
  assert.ok(log.items.some(entry => entry.action === 'mcp.search'), 'what was asked is in the access log')
  assert.ok(!JSON.stringify(log).includes('oranges'), 'and nothing of what it said')
})

test('@mapbox/vector-tile reads how often somebody was where', async () => {
  const fix = (minute, latitudeE7, longitudeE7) => ({
    latitudeE7, longitudeE7, accuracy: 12, source: 'GPS', deviceTag: 1,
    timestamp: new Date(Date.UTC(2022, 4, 1, 10, minute)).toISOString()
  })
  const lisbon = [387223000, -91393000]
  const locations = [fix(0, ...lisbon), fix(1, ...lisbon), fix(2, -338688000, 1512093000)]
  const path = join(folder, 'Records.json')
  writeFileSync(path, JSON.stringify({ locations }))
  const uploaded = await upload(path, {})
  const job = await post('/api/v1/imports', { uploads: [uploaded.url.split('/').at(-1)] })
  const description = await call('/api/v1/map/tiles.json')
  assert.equal(description.tilejson, '3.0.0')
  const tile = async (z, x, y) => {
    const url = description.tiles[0].replace('{z}', z).replace('{x}', x).replace('{y}', y)
    const response = await fetch(url, { headers })
    assert.ok(response.ok, `${url}: ${response.status}`)
    const bytes = new Uint8Array(await response.arrayBuffer())
    return { status: response.status, layers: new VectorTile(new PbfReader(bytes)).layers }
  }
  // Fixes are counted when nothing was written for a while.
  const end = Date.now() + 60_000
  while ((await tile(0, 0, 0)).status === 204) {
    assert.ok(Date.now() < end, `nothing is counted: ${JSON.stringify(await call(`/api/v1/jobs/${job.id}`))}`)
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  const { density } = (await tile(0, 0, 0)).layers
  assert.deepEqual([density.version, density.extent, density.length], [2, 4096, 2])
  const features = [0, 1].map(index => density.feature(index))
  assert.deepEqual(features.map(feature => feature.properties.count).sort(), [1, 2])
  const twice = features.find(feature => feature.properties.count === 2)
  assert.equal(twice.type, 1)
  const [longitude, latitude] = twice.toGeoJSON(0, 0, 0).geometry.coordinates
  assert.ok(Math.abs(longitude + 9.14) < 3 && Math.abs(latitude - 38.72) < 3, `${longitude} ${latitude}`)
  const close = (await tile(14, 7776, 6277)).layers.density
  const [there] = close.feature(0).toGeoJSON(7776, 6277, 14).geometry.coordinates
  assert.ok(Math.abs(there + 9.1393) < 0.001, `${there}`)
  assert.equal((await tile(14, 0, 0)).status, 204)
})
