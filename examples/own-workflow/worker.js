// Hosts the workflow and its activity, beside Ensemble's own. Ends on Ctrl-C, once what runs has ended.
import { writeFile } from 'node:fs/promises'
import { runWorker } from 'ensemble/worker'

async function publish({ title, text }) {
  const path = `${title.replace(/\W+/g, '-').toLowerCase()}.md`
  await writeFile(path, `# ${title}\n\n${text}\n`)
  return path
}

await runWorker({
  workflowsPath: new URL('./workflows.ts', import.meta.url),
  activities: { publish },
  taskQueue: 'research',
})
