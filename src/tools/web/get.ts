// One GET, to an address that was looked at before it is used: names are resolved once, by the check itself, so that a
// name cannot mean another address a moment later. Redirects are not followed here, and bodies end at their cap.
import { lookup } from 'node:dns/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { ToolRefusal } from '../refusal.js'
import { isPublicAddress } from './public-address.js'

export type WebLimits = {
  /** "example.org", "*.example.org"; absent: all. */
  hosts?: string[]
  /** Addresses of this machine and its network, too. */
  allowPrivate: boolean
  maxBytes: number
  timeoutSeconds: number
}
export type Got = { status: number; type: string; location?: string; body: Buffer; cut: boolean }

/** @throws ToolRefusal when it may not be asked, or does not answer */
export async function get(url: URL, limits: WebLimits, signal: AbortSignal): Promise<Got> {
  refuse(url, limits)
  const address = await addressOf(url, limits)
  const response = await answerTo(url, address, signal)
  try {
    const { statusCode: status = 0, headers } = response
    const location = status >= 300 && status < 400 ? headers.location : undefined
    const encoding = headers['content-encoding'] ?? 'identity'
    if (encoding !== 'identity') throw new ToolRefusal(`${url.host} answers in the encoding ${encoding}, not asked for`)
    const { body, cut } = location === undefined ? await bodyOf(response, limits.maxBytes) : NOTHING
    return { status, type: headers['content-type'] ?? '', body, cut, ...(location !== undefined && { location }) }
  } catch (error) {
    throw unreachable(url, error, signal)
  } finally {
    response.destroy()
  }
}

const NOTHING = { body: Buffer.alloc(0), cut: false }

function refuse({ protocol, username, password, hostname }: URL, { hosts }: WebLimits): void {
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new ToolRefusal(`${protocol} is not fetched: wanted http or https`)
  if (username !== '' || password !== '') throw new ToolRefusal('a URL with a user or a password is not fetched')
  const fits = (host: string) => (host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host)
  if (hosts && !hosts.some(fits)) throw new ToolRefusal(`${hostname} is not among the hosts that may be asked`)
}

async function addressOf({ hostname }: URL, { allowPrivate }: WebLimits): Promise<{ address: string; family: number }> {
  const literal = hostname.replace(/^\[|\]$/g, '')
  const all = isIP(literal) ? [{ address: literal, family: isIP(literal) }] : await resolved(literal)
  // One forbidden address among several is enough: who answers with it does so on purpose.
  const forbidden = allowPrivate ? undefined : all.find(({ address }) => !isPublicAddress(address))
  if (forbidden) throw new ToolRefusal(`${hostname} is no public address`)
  const [first] = all
  if (!first) throw new ToolRefusal(`${hostname} has no address`)
  return first
}

async function resolved(hostname: string): Promise<{ address: string; family: number }[]> {
  try {
    return await lookup(hostname, { all: true, verbatim: true })
  } catch (error) {
    throw new ToolRefusal(`${hostname} cannot be resolved (${(error as NodeJS.ErrnoException).code})`)
  }
}

function answerTo(
  url: URL,
  pinned: { address: string; family: number },
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const pin: LookupFunction = (_, { all }, done) =>
    all ? done(null, [pinned]) : done(null, pinned.address, pinned.family)
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest
  const headers = { accept: 'text/*, application/json, application/xml;q=0.9', 'accept-encoding': 'identity' }
  return new Promise((done, fail) => {
    const asked = request(url, { signal, headers, lookup: pin, agent: false }, done)
    asked.once('error', (error) => fail(unreachable(url, error, signal)))
    asked.end()
  })
}

async function bodyOf(response: IncomingMessage, maxBytes: number): Promise<{ body: Buffer; cut: boolean }> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > maxBytes) break
  }
  return { body: Buffer.concat(chunks).subarray(0, maxBytes), cut: bytes > maxBytes }
}

function unreachable(url: URL, error: unknown, signal: AbortSignal): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (signal.aborted || error instanceof ToolRefusal || code === undefined) return error
  return new ToolRefusal(`${url.host} does not answer (${code})`)
}
