// Many clients for a long time: reads, searches, uploads, imports and streams of events, while the server imports; its
// memory is looked at all along. `cargo xtask soak --clients N --minutes M` runs it, on this machine only. It fails on
// any answer that is an error and not "too many requests", and if memory grows as long as it runs.

import { request as ask } from 'node:http'
import { readFileSync, readdirSync } from 'node:fs'
import { Agent } from 'node:http'

const { DATAPUNK_ADDRESS: address, DATAPUNK_PID: pid, DATAPUNK_PASSWORD: password } = process.env
const clients = Number(process.env.DATAPUNK_CLIENTS)
const seconds = Number(process.env.DATAPUNK_SECONDS)
const exports = process.env.DATAPUNK_EXPORTS
const { hostname, port } = new URL(address)
/** Megabytes an hour that memory may grow by, after the first third, in which caches fill. */
const GROWTH_MB = 60
/** And megabytes in all over what it was then, which short runs are judged by. */
const GROWTH_ALLOWED_MB = 48
const words = ['bread', 'train', 'refund', 'lisbon', 'meeting', 'orange', 'kettle', 'winter', 'invoice', 'walk']

const agent = new Agent({ keepAlive: true, maxSockets: Infinity })
const counts = new Map()
const errors = []
const latencies = []
let stopped = false

/** A number from 0 to 1; the same ones in every run. */
let state = 7
function random() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}
const pick = list => list[Math.floor(random() * list.length)]
const pause = ms => new Promise(resolve => setTimeout(resolve, ms))

function send(method, path, headers, body) {
  return new Promise((resolve, reject) => {
    const sent = ask({ hostname, port, method, path, headers, agent, timeout: 60_000 }, answer => {
      const chunks = []
      answer.on('data', chunk => chunks.push(chunk))
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(chunks).toString() }))
      answer.on('error', reject)
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer in a minute')))
    sent.on('error', error => {
      // The server ends connections that are idle for long, and one may end just as it is used again. What only reads is
      // then asked once more, as browsers do (RFC 9112, section 9.3.1): another connection is new, or just as unlucky.
      const isUnlucky = method === 'GET' && sent.reusedSocket && error.code === 'ECONNRESET'
      if (!isUnlucky) return reject(error)
      counts.set('asked on a connection that ended', (counts.get('asked on a connection that ended') ?? 0) + 1)
      resolve(send(method, path, headers, body))
    })
    sent.end(body)
  })
}

/** Asks, counts, and notes what is wrong; gives the answer if it is one. */
async function asked(what, method, path, headers, body) {
  const begun = performance.now()
  try {
    const answer = await send(method, path, headers, body)
    latencies.push(performance.now() - begun)
    counts.set(`${what} ${answer.status}`, (counts.get(`${what} ${answer.status}`) ?? 0) + 1)
    if (answer.status === 429) {
      await pause(1000 * Number(answer.headers['retry-after'] ?? 1))
    } else if (answer.status >= 400) {
      errors.push(`${method} ${path}: ${answer.status} ${answer.text.slice(0, 300)}`)
    } else {
      return answer
    }
  } catch (error) {
    if (!stopped) errors.push(`${method} ${path}: ${error.message}`)
  }
}

/** A note as Google Keep exports it. */
function note(number) {
  return JSON.stringify({
    title: `Soak ${number}`, textContent: `${pick(words)} ${pick(words)}`, color: 'DEFAULT', isTrashed: false,
    isPinned: false, isArchived: false, createdTimestampUsec: 17e14 + number * 1e6, userEditedTimestampUsec: 17e14
  })
}

let notes = 0
async function upload(bearer) {
  const number = notes++
  const bytes = Buffer.from(note(number))
  const tus = { ...bearer, 'Tus-Resumable': '1.0.0' }
  const name = Buffer.from(`note-${number}.json`).toString('base64')
  const begun = await asked('upload', 'POST', '/api/v1/uploads', {
    ...tus, 'Upload-Length': bytes.length, 'Upload-Metadata': `filename ${name}`, 'Content-Length': 0
  })
  if (!begun) return
  const id = begun.headers.location.split('/').at(-1)
  const sent = await asked('upload', 'PATCH', `/api/v1/uploads/${id}`, {
    ...tus, 'Upload-Offset': 0, 'Content-Type': 'application/offset+octet-stream', 'Content-Length': bytes.length
  }, bytes)
  // Most are taken back: an import for each would be all that the server does.
  if (sent && random() < 0.1) {
    await asked('import', 'POST', '/api/v1/imports', { ...bearer, 'Content-Type': 'application/json' }, JSON.stringify({ uploads: [id] }))
  } else if (sent) {
    await asked('upload', 'DELETE', `/api/v1/uploads/${id}`, tus)
  }
}

/** Follows events until a time, or for a while. */
function follow(bearer) {
  return new Promise(resolve => {
    const sent = ask({ hostname, port, path: '/api/v1/events', headers: bearer }, answer => {
      counts.set(`events ${answer.statusCode}`, (counts.get(`events ${answer.statusCode}`) ?? 0) + 1)
      if (answer.statusCode !== 200 && answer.statusCode !== 429) errors.push(`events: ${answer.statusCode}`)
      answer.on('data', () => counts.set('events heard', (counts.get('events heard') ?? 0) + 1))
      answer.on('close', resolve)
    })
    sent.on('error', () => resolve())
    sent.on('close', resolve)
    sent.end()
    setTimeout(() => sent.destroy(), 5_000 + random() * 20_000).unref()
  })
}

async function client(number, bearer) {
  let ids = []
  await pause(random() * 2000)
  while (!stopped) {
    const choice = random()
    const q = `${pick(words)}${random() < 0.3 ? `+${pick(words)}` : ''}`
    if (choice < 0.3 && ids.length > 0) {
      await asked('document', 'GET', `/api/v1/documents/${pick(ids)}`, bearer)
    } else if (choice < 0.6) {
      const mode = pick(['keyword', 'hybrid'])
      const found = await asked('search', 'GET', `/api/v1/search?q=${q}&mode=${mode}&limit=20`, bearer)
      if (found) ids = JSON.parse(found.text).hits.map(hit => hit.id)
    } else if (choice < 0.7) {
      await asked('timeline', 'GET', '/api/v1/timeline?limit=20', bearer)
    } else if (choice < 0.78) {
      await asked('histogram', 'GET', '/api/v1/histogram?bucket=month', bearer)
    } else if (choice < 0.84) {
      const query = JSON.stringify({ query: `{search(query:"${pick(words)}",limit:3){hits{document{title}}}}` })
      await asked('graphql', 'POST', '/api/graphql', { ...bearer, 'Content-Type': 'application/json' }, query)
    } else if (choice < 0.9) {
      await upload(bearer)
    } else if (choice < 0.93 && number % 4 === 0) {
      await follow(bearer)
    } else {
      await asked('suggest', 'GET', `/api/v1/suggest?q=${q.slice(0, 3)}`, bearer)
    }
    await pause(50 + random() * 400)
  }
}

/** Memory of the server that no file stands behind, megabytes. */
function memory() {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(status.match(/RssAnon:\s+(\d+)/)[1]) / 1024
}

/** Megabytes an hour by the line that fits best. */
function slope(points) {
  const mean = index => points.reduce((sum, point) => sum + point[index], 0) / points.length
  const [x, y] = [mean(0), mean(1)]
  const over = points.reduce((sum, [at, mb]) => sum + (at - x) * (mb - y), 0)
  const under = points.reduce((sum, [at]) => sum + (at - x) ** 2, 0)
  return under === 0 ? 0 : (over / under) * 3600
}

/** The median of the megabytes. */
function median(points) {
  const sorted = points.map(([, mb]) => mb).sort((left, right) => left - right)
  return sorted[Math.floor(sorted.length / 2)]
}

/** A key lasts as long as the run does; an access token would not. */
async function key(name) {
  const json = { 'Content-Type': 'application/json' }
  const form = JSON.stringify({ name, password, kind: 'token' })
  const session = JSON.parse((await send('POST', '/api/v1/auth/sign-in', json, form)).text)
  const bearer = { Authorization: `Bearer ${session.access_token}` }
  const wanted = JSON.stringify({ name: 'soak', scope: { read: true, write: true, import: true } })
  const made = JSON.parse((await send('POST', '/api/v1/keys', { ...bearer, ...json }, wanted)).text)
  return { Authorization: `Bearer ${made.text}` }
}

const bearer = await key('ada')
const json = { ...bearer, 'Content-Type': 'application/json' }
/** Imports the life again and again, so that one always runs. */
async function importing() {
  const paths = readdirSync(exports).map(name => `${exports}/${name}`)
  for (let round = 0; !stopped; round++) {
    const begun = await asked('import', 'POST', '/api/v1/imports', json, JSON.stringify({ paths }))
    const id = begun && JSON.parse(begun.text).id
    while (id && !stopped) {
      const job = await asked('job', 'GET', `/api/v1/jobs/${id}`, bearer)
      const state = job && JSON.parse(job.text).state
      if (state === 'failed') errors.push(`the import failed: ${job.text.slice(0, 300)}`)
      if (state === 'succeeded' || state === 'failed') break
      await pause(1000)
    }
    await pause(1000)
  }
}

const begun = Date.now()
const points = []
const looking = setInterval(() => {
  const at = (Date.now() - begun) / 1000
  points.push([at, memory()])
  if (points.length % 15 === 0) {
    const asked = [...counts.values()].reduce((sum, count) => sum + count, 0)
    console.log(`${at.toFixed(0)} s: ${asked} answers, ${points.at(-1)[1].toFixed(0)} MB, ${errors.length} errors`)
  }
}, 2000)
const running = Array.from({ length: clients }, (_, number) => client(number, bearer))
running.push(importing())
await pause(seconds * 1000)
stopped = true
await Promise.race([Promise.all(running), pause(70_000)])
clearInterval(looking)

// Only what was held while they asked: at rest the server gives memory back, which says nothing of growth.
const settled = points.filter(([at]) => at > seconds / 3 && at <= seconds)
const growth = slope(settled)
const high = Math.max(...settled.map(([, mb]) => mb))
const half = Math.ceil(settled.length / 2)
const [middle, last] = [settled.slice(0, half), settled.slice(-half)].map(median)
const grown = last - middle
latencies.sort((left, right) => left - right)
const at = share => latencies[Math.floor(latencies.length * share)]?.toFixed(0)
console.log(`\n${clients} clients, ${seconds} s, ${latencies.length} answers`)
for (const [what, count] of [...counts].sort()) console.log(`  ${what.padEnd(18)} ${count}`)
console.log(`latency: median ${at(0.5)} ms, p99 ${at(0.99)} ms`)
console.log(`memory: ${middle.toFixed(0)} MB in the second third, ${last.toFixed(0)} MB in the last, at most ${high.toFixed(0)} MB, ${memory().toFixed(0)} MB at rest; by the line that fits best ${growth.toFixed(0)} MB an hour`)
for (const error of errors.slice(0, 20)) console.log(`error: ${error}`)
const isFlat = growth <= GROWTH_MB || grown <= GROWTH_ALLOWED_MB
if (!isFlat) console.log('memory grows')
if (errors.length > 0) console.log(`${errors.length} errors`)
process.exit(isFlat && errors.length === 0 ? 0 : 1)
