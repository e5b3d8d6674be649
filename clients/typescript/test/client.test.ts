// The client against the built server; and that its types are those of the document.

import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript'
import { answered, createClient, Refused, type Schemas } from '../src/index.js'

const program = process.env['DATAPUNK_BIN'] ?? ''
const password = 'violet tractor above seven clouds'
const folder = mkdtempSync(join(tmpdir(), 'datapunk-typescript-'))
const data = join(folder, 'data')
let server: ChildProcess
let address = ''

function run(args: string[], input = ''): void {
  const done = spawnSync(program, ['--data-dir', data, ...args], { input, encoding: 'utf8' })
  assert.equal(done.status, 0, done.stderr)
}

before(async () => {
  assert.ok(program, 'DATAPUNK_BIN names the program')
  const note = {
    title: 'Marmalade', textContent: 'Forty bitter oranges', color: 'DEFAULT', isTrashed: false,
    isPinned: false, isArchived: false, createdTimestampUsec: 17e14, userEditedTimestampUsec: 17e14
  }
  const file = join(folder, 'Marmalade.json')
  writeFileSync(file, JSON.stringify(note))
  run(['import', file])
  run(['user', 'add', 'ada'], `${password}\n`)
  server = spawn(program, ['--data-dir', data, 'serve', '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  assert.ok(server.stdout)
  for await (const line of createInterface({ input: server.stdout })) {
    const found = line.match(/http:\/\/[0-9.:]+/)
    if (found) {
      address = found[0]
      break
    }
  }
  server.stdout.resume()
})

after(() => {
  server?.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

test('the types are generated from the OpenAPI document as it is', async () => {
  const ast = await openapiTS(new URL('../../../../docs/openapi.json', import.meta.url))
  const kept = readFileSync(new URL('../../src/schema.ts', import.meta.url), 'utf8')
  const said = 'clients/typescript/src/schema.ts is not what docs/openapi.json says; renew it with `npm run generate`'
  assert.ok(kept === `${COMMENT_HEADER}${astToString(ast)}`, said)
})

test('a client signs in, searches, reads and annotates', async () => {
  const nobody = createClient({ address: `${address}/` })
  const signIn = { name: 'ada', password, kind: 'token' as const }
  const session = await answered(nobody.POST('/api/v1/auth/sign-in', { body: signIn }))
  assert.ok(session.access_token)
  const client = createClient({ address, bearer: session.access_token })

  const found = await answered(client.GET('/api/v1/search', { params: { query: { q: 'oranges', limit: 5 } } }))
  const hit = found.hits[0]
  assert.equal(hit?.title, 'Marmalade')
  const id = hit?.id ?? ''
  const annotations: Schemas['Annotations'] = { starred: true, tags: ['breakfast'], hidden: false }
  const path = { params: { path: { id } } }
  await answered(client.PUT('/api/v1/documents/{id}/annotations', { ...path, body: annotations }))
  const full = await answered(client.GET('/api/v1/documents/{id}', path))
  assert.equal(full.title, 'Marmalade')
  const listed = await answered(
    client.GET('/api/v1/documents', { params: { query: { kind: ['note', 'email'], tag: ['breakfast'] } } })
  )
  assert.deepEqual(listed.items.map(item => item.id), [id])
})

test('a refusal says its code and what to do', async () => {
  const nobody = createClient({ address, bearer: 'dpk_nothing' })
  await assert.rejects(answered(nobody.GET('/api/v1/stats')), error => {
    assert.ok(error instanceof Refused)
    assert.equal(error.problem.code, 'bad_credentials')
    assert.ok(error.problem.what_to_do)
    return true
  })
})
