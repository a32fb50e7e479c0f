import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isPublicAddress } from '../../../src/tools/web/public-address.js'
import { errorOf, room } from './room.js'

async function server(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const http = createServer(answer)
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
  })
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`
}

const near = (more: object = {}) => room({ webFetch: { allowPrivate: true, ...more } })

describe('addresses', () => {
  it.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700:4700::1111', '2a00:1450::1'])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  it.each([
    ...['127.0.0.1', '127.255.255.255', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    ...['169.254.169.254', '100.64.0.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '192.0.2.1', 'localhost', ''],
    ...['::', '::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '64:ff9b::7f00:1', 'fe80::1', 'fc00::1', 'fd12::1'],
    ...['ff02::1', '2002:7f00:1::', '2001:0:7f00:1::', '2001:db8::1', 'fec0::1', '100::1'],
  ])('%s is not', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })
})

describe('WebFetch', () => {
  it.each([
    ...['http://127.0.0.1:80/', 'http://localhost:80/', 'http://[::1]/', 'http://0x7f.1/', 'http://2130706433/'],
    ...['http://[::ffff:127.0.0.1]/', 'http://169.254.169.254/latest/meta-data/', 'http://0/'],
  ])('%s is refused, unless the worker allows it', async (url) => {
    const { run } = await room()
    expect(errorOf(await run('WebFetch', { url }))).toContain('is no public address')
  })

  it('a redirect to another host is not followed: what was permitted is the first one', async () => {
    const other = await server((_, response) => response.setHeader('content-type', 'text/plain').end('evil'))
    const location = `${other.replace('127.0.0.1', 'localhost')}/?stolen`
    const url = await server((_, response) => response.writeHead(302, { location }).end())
    const { run } = await near()
    expect(errorOf(await run('WebFetch', { url }))).toMatch(/redirects to another host: ask for http:.*stolen itself$/)
    const { run: one } = await near({ hosts: ['127.0.0.1'] })
    expect(errorOf(await one('WebFetch', { url: location }))).toBe('localhost is not among the hosts that may be asked')
  })

  it('gives text, and of a page what is to be read', async () => {
    const page =
      '<html><head><title>x</title></head><body><h1>Hello</h1><script>evil()</script><p>a &amp; b<!-- no --><p>c'
    const url = await server((request, response) => {
      const isPage = request.url === '/page'
      response.setHeader('content-type', isPage ? 'text/html; charset=utf-8' : 'application/json')
      response.end(isPage ? page : '{"a":1}')
    })
    const { run } = await near()
    expect(await run('WebFetch', { url: `${url}/page` })).toBe('Hello\n\na & b\nc')
    expect(await run('WebFetch', { url: `${url}/page`, raw: true })).toBe(page)
    expect(await run('WebFetch', { url: `${url}/json` })).toBe('{"a":1}')
  })

  it('follows redirects, but not for ever', async () => {
    const url = await server((request, response) => {
      const left = Number(request.url?.slice(1))
      if (left > 0) response.writeHead(302, { location: `/${left - 1}` }).end()
      else response.setHeader('content-type', 'text/plain').end('here')
    })
    const { run } = await near()
    expect(await run('WebFetch', { url: `${url}/5` })).toBe('here')
    expect(errorOf(await run('WebFetch', { url: `${url}/6` }))).toContain('redirects more than 5 times')
  })

  it('cuts what is endless, in size and in time', async () => {
    const url = await server((request, response) => {
      response.setHeader('content-type', 'text/plain')
      if (request.url === '/hangs') return void response.write('x')
      const more = () => {
        while (response.write('x'.repeat(10_000)));
      }
      response.on('drain', more)
      more()
    })
    const { run } = await near({ maxBytes: 20_000, timeoutSeconds: 1 })
    expect(await run('WebFetch', { url: `${url}/endless` })).toBe(`${'x'.repeat(20_000)}\n(cut after 20000 bytes)`)
    expect(errorOf(await run('WebFetch', { url: `${url}/hangs` }))).toContain('took more than 1 s')
  })

  it('names what it does not read', async () => {
    const url = await server((request, response) => {
      if (request.url === '/zip') response.setHeader('content-type', 'application/zip').end('PK')
      else if (request.url === '/br')
        response.writeHead(200, { 'content-encoding': 'br', 'content-type': 'text/plain' }).end()
      else response.writeHead(404, { 'content-type': 'text/plain' }).end('gone')
    })
    const { run } = await near()
    expect(errorOf(await run('WebFetch', { url: `${url}/zip` }))).toContain('is application/zip: only text is read')
    expect(errorOf(await run('WebFetch', { url: `${url}/br` }))).toContain('in the encoding br')
    expect(errorOf(await run('WebFetch', { url: `${url}/404` }))).toBe('HTTP 404\ngone')
    expect(errorOf(await run('WebFetch', { url: 'http://127.0.0.1:1/' }))).toContain('does not answer (ECONNREFUSED)')
    expect(errorOf(await run('WebFetch', { url: 'http://user:secret@127.0.0.1/' }))).toContain(
      'with a user or a password',
    )
    await expect(run('WebFetch', { url: 'file:///etc/passwd' })).rejects.toThrow()
  })
})
