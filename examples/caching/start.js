// node start.js FILE: three agents, two questions each, about one large file.
import { readFile } from 'node:fs/promises'
import { connect } from 'ensemble'

const base = await readFile(process.argv[2], 'utf8')
const topics = ['correctness', 'performance', 'security']
const questions = ['Analyze the worst of them.', 'Provide a detailed fix.']
const ensemble = await connect()
const run = await ensemble.startOwn('investigate', { base, topics, questions }, { taskQueue: 'caching' })
const { status, usd, savedUsd, usage } = await run.result()
const { cacheWrite5mTokens: written, cacheReadTokens: read } = usage
console.log(JSON.stringify({ run: run.id, status, usd, savedUsd, written, read }))
await ensemble.close()
