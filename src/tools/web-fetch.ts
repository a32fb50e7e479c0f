// Fetches a page of the public web. What it says was written by anybody: it is bounded in size and time, reaches no
// address of the worker's own network, whatever it redirects to, and sends nothing but its request.

import { z } from 'zod'
import { timeLimit } from '../contracts/time-limit.js'
import { failure, orRefused, ToolRefusal } from './refusal.js'
import type { Tool } from './tool.js'
import { type Got, get, type WebLimits } from './web/get.js'
import { pageText } from './web/page-text.js'

/** Characters of an address. */
const MAX_SHOWN = 500
const MAX_REDIRECTS = 5

const Input = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .max(4096)
    .describe('http or https'),
  raw: z.boolean().optional().describe('HTML as it is; default: its text'),
})

export function webFetchTool(limits: WebLimits): Tool<z.infer<typeof Input>> {
  return {
    name: 'WebFetch',
    description: 'Fetches a page or file of the public web and gives its text. Only GET; nothing but text is read.',
    schema: Input,
    permission: 'network',
    effect: 'read',
    onlyWhenNamed: true,
    timeoutSeconds: limits.timeoutSeconds + 5,
    subject: ({ url }) => url,
    run: ({ input: { url, raw = false }, signal }) =>
      orRefused(url, async () => {
        const time = timeLimit(signal, limits.timeoutSeconds * 1000)
        try {
          return await fetched(new URL(url), { limits, raw, signal: time.signal })
        } catch (error) {
          signal.throwIfAborted()
          if (!time.isOver()) throw error
          return failure(`${new URL(url).host} took more than ${limits.timeoutSeconds} s`)
        } finally {
          time.end()
        }
      }),
  }
}

async function fetched(first: URL, { limits, raw, signal }: { limits: WebLimits; raw: boolean; signal: AbortSignal }) {
  let url = first
  for (let redirects = 0; ; redirects += 1) {
    const got = await get(url, limits, signal)
    if (got.location === undefined) return said(url, got, raw)
    if (redirects >= MAX_REDIRECTS) throw new ToolRefusal(`${first.host} redirects more than ${MAX_REDIRECTS} times`)
    if (!URL.canParse(got.location, url.href)) throw new ToolRefusal(`${url.host} redirects to what is no URL`)
    const next = new URL(got.location, url)
    if (url.protocol === 'https:' && next.protocol !== 'https:')
      throw new ToolRefusal(`${url.host} redirects from https to ${next.protocol}`)
    // What was permitted is this host; of another one permissions have to hear first.
    if (next.hostname !== url.hostname)
      throw new ToolRefusal(`${url.host} redirects to another host: ask for ${next.href.slice(0, MAX_SHOWN)} itself`)
    url = next
  }
}

function said(url: URL, { status, type, body, cut }: Got, raw: boolean) {
  const [kind = ''] = type.toLowerCase().split(';')
  if (!isText(kind.trim())) throw new ToolRefusal(`${url.href} is ${kind || 'of no type'}: only text is read`)
  const all = new TextDecoder('utf-8').decode(body)
  const text = kind.includes('html') && !raw ? pageText(all) : all
  const whole = `${text}${cut ? `\n(cut after ${body.length} bytes)` : ''}`
  return status >= 400 ? failure(`HTTP ${status}\n${whole}`) : whole
}

function isText(kind: string): boolean {
  return kind.startsWith('text/') || /^application\/(.*\+)?(json|xml|javascript|yaml|x-ndjson)$/.test(kind)
}
