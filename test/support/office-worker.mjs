// A worker with a function of its own that decides about tools, as a person writes it.
import { runWorker } from 'ensemble/worker'

await runWorker({
  permissionHandlers: {
    office({ tool, input, suggested }) {
      if (tool === 'Bash' && input.command.startsWith('npm publish'))
        return { behavior: 'deny', message: 'releases are made by CI' }
      if (tool === 'Write') return { behavior: 'allow', updatedInput: { ...input, content: `${input.content}\n` } }
      return suggested === 'refuse' ? { behavior: 'deny', message: 'no' } : { behavior: 'ask' }
    },
  },
  hooks: {
    friday: ({ input }) =>
      String(input?.file_path).includes('frozen') ? { decision: 'block', reason: 'it is frozen' } : {},
  },
})
