// A process of its own that does to a store and a journal what its parent says, one message at a time or many at once.
// The parent may kill or stop it at any point.
import { openJournal } from '../../dist/storage/journal.js'
import { directoryStore } from '../../dist/storage/store.js'

const [dir, journalOptions] = process.argv.slice(2)
const store = directoryStore(dir)
const opening = openJournal({ dir, ...JSON.parse(journalOptions ?? '{}') })
const claims = new Map()

const deeds = {
  put: ({ root, text }) => store.put(root, text),
  text: ({ ref }) => store.text(ref),
  async gc({ keep }) {
    return store.gc((root) => keep.includes(root.workflowId), { graceMs: 0 })
  },
  async begin({ name, call }) {
    const claim = await (await opening).begin(call)
    claims.set(name, claim)
    const { kind, attempt, answer, earlier, attempts } = claim
    return { kind, attempt, answer, earlier, attempts }
  },
  answer: ({ name, value, usage }) => claims.get(name).answer(value, usage),
  interrupted: ({ name }) => {
    const { interrupted } = claims.get(name)
    return new Promise((seen) => {
      if (interrupted.aborted) seen('interrupted')
      interrupted.addEventListener('abort', () => seen('interrupted'))
    })
  },
}

process.on('message', ({ id, deed, given }) => {
  deeds[deed](given).then(
    (value) => process.send({ id, value }),
    (error) => process.send({ id, error: String(error) }),
  )
})
await opening
process.send({ id: 'ready' })
