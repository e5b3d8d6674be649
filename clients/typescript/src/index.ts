// A client of the API, typed by its OpenAPI document. In come an address and a key, a token or nothing; out come
// answers whose shape the compiler knows. Never keeps a credential anywhere.

import createFetchClient, { type Client } from 'openapi-fetch'
import type { components, paths } from './schema.js'

/** Shapes by their names in the OpenAPI document: `Schemas['Hit']`. */
export type Schemas = components['schemas']
/** What went wrong, for programs by `code` and for people by `detail` and `what_to_do`. */
export type Problem = Schemas['Problem']
/** A client with a method for each of HTTP's, whose first argument is a path of the document. Answers are JSON. */
export type Datapunk = Client<paths, 'application/json'>

/** Who asks, and where. */
export interface Options {
  /** Where the server is, without a path of the API: `http://127.0.0.1:7766`; in a page that it serves, `''`. */
  address: string
  /** A key or an access token. A browser that is signed in has a cookie instead. */
  bearer?: string
  /** The CSRF token of a browser's session: changes need it. */
  csrfToken?: string
  /** What sends requests; the platform's own if it is not given. */
  fetch?: (request: Request) => Promise<Response>
}

/** Makes a client. Nothing is sent until a method is called. */
export function createClient({ address, bearer, csrfToken, fetch }: Options): Datapunk {
  const headers: Record<string, string> = {}
  if (bearer !== undefined) headers['Authorization'] = `Bearer ${bearer}`
  if (csrfToken !== undefined) headers['X-CSRF-Token'] = csrfToken
  return createFetchClient<paths, 'application/json'>({
    baseUrl: address.replace(/\/+$/, ''),
    headers,
    // The server takes a parameter that is given several times as a list.
    querySerializer: { array: { style: 'form', explode: true } },
    ...(fetch === undefined ? {} : { fetch })
  })
}

/** A refusal by the server, with what it said. */
export class Refused extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(`${problem.title}: ${problem.detail}`)
    this.name = 'Refused'
    this.problem = problem
  }
}

/** What was answered; throws `Refused` if the server refused. */
export async function answered<Data>(
  asked: Promise<{ data?: Data; error?: unknown; response: Response }>
): Promise<NonNullable<Data>> {
  const { data, error, response } = await asked
  if (isProblem(error)) throw new Refused(error)
  if (data === undefined || data === null) throw new Error(`${response.url} answered ${response.status} without a body`)
  return data
}

function isProblem(error: unknown): error is Problem {
  return typeof error === 'object' && error !== null && 'code' in error && 'what_to_do' in error
}
