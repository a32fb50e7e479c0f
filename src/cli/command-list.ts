// Every command with its line of help, as light data: `ensemble --help` must be instant, so a command's own file is
// loaded only when it is the one that runs.
import type { Command } from 'commander'

export type Entry = { name: string; usage: string; about: string; load: () => Promise<{ command: () => Command }> }

export const COMMANDS: Entry[] = [
  {
    name: 'ask',
    usage: '[prompt]',
    about: 'one call: text on standard output; standing input is appended',
    load: () => import('./commands/ask.js'),
  },
  {
    name: 'run',
    usage: '<workflow> [args...]',
    about: 'start a run (parallel, review, documents, delegate, account, code, agent) and follow it',
    load: () => import('./commands/run.js'),
  },
  {
    name: 'chat',
    usage: '[thread]',
    about: 'talk to a thread; without a terminal each line of standard input is a message',
    load: () => import('./commands/chat.js'),
  },
  { name: 'list', usage: '', about: 'runs, newest first', load: () => import('./commands/list.js') },
  { name: 'show', usage: '<run>', about: 'how a run is doing', load: () => import('./commands/show.js') },
  { name: 'watch', usage: '<run>', about: 'follow a run', load: () => import('./commands/watch.js') },
  { name: 'result', usage: '<run>', about: 'the result of a run', load: () => import('./commands/result.js') },
  { name: 'cost', usage: '<run>', about: 'what a run cost', load: () => import('./commands/cost.js') },
  {
    name: 'audit',
    usage: '<show|verify|export> <run>',
    about: 'what an agent was told, asked, allowed and did',
    load: () => import('./commands/audit.js'),
  },
  {
    name: 'approve',
    usage: '<run> [approval]',
    about: 'answer an approval: go ahead',
    load: () => import('./commands/approve.js'),
  },
  {
    name: 'reject',
    usage: '<run> [approval]',
    about: 'answer an approval: do not',
    load: () => import('./commands/reject.js'),
  },
  {
    name: 'revise',
    usage: '<run> [approval]',
    about: 'answer an approval: plan again with a changed input',
    load: () => import('./commands/revise.js'),
  },
  {
    name: 'approvals',
    usage: '',
    about: 'everything that waits for an answer; answers many at once',
    load: () => import('./commands/approvals.js'),
  },
  {
    name: 'raise-budget',
    usage: '<run> <usd>',
    about: 'allow a run to cost more',
    load: () => import('./commands/raise-budget.js'),
  },
  {
    name: 'interrupt',
    usage: '<run>',
    about: 'stop now, keep what is there',
    load: () => import('./commands/interrupt.js'),
  },
  {
    name: 'pause',
    usage: '<run>',
    about: 'start nothing new; what runs goes on',
    load: () => import('./commands/pause.js'),
  },
  { name: 'resume', usage: '<run>', about: 'go on after a pause', load: () => import('./commands/resume.js') },
  { name: 'cancel', usage: '<run>', about: 'end a run without a result', load: () => import('./commands/cancel.js') },
  {
    name: 'rerun',
    usage: '<run>',
    about: 'a new run of what is not ok; paid answers are used again',
    load: () => import('./commands/rerun.js'),
  },
  {
    name: 'undo',
    usage: '<run>',
    about: 'take back what a coding run committed',
    load: () => import('./commands/undo.js'),
  },
  {
    name: 'up',
    usage: '',
    about: 'server, simulator (without a key) and worker, until Ctrl-C',
    load: () => import('./commands/up.js'),
  },
  { name: 'worker', usage: '', about: 'a worker for production', load: () => import('./commands/worker.js') },
  {
    name: 'simulator',
    usage: '',
    about: 'the simulated Messages API alone',
    load: () => import('./commands/simulator.js'),
  },
  {
    name: 'schema',
    usage: '<workflow>',
    about: "JSON Schema of a workflow's input",
    load: () => import('./commands/schema.js'),
  },
  {
    name: 'replay',
    usage: '<run|history.json>',
    about: 'replay a history with the code as it is now',
    load: () => import('./commands/replay.js'),
  },
  { name: 'models', usage: '', about: 'models, prices and limits', load: () => import('./commands/models.js') },
  { name: 'doctor', usage: '', about: 'check the set-up', load: () => import('./commands/doctor.js') },
  {
    name: 'gc',
    usage: '',
    about: 'remove stored texts that no kept run names',
    load: () => import('./commands/gc.js'),
  },
]
