// Claude Code's names of tools, where ours differ.

const OTHER_NAMES: Record<string, string> = { Task: 'agent', Agent: 'agent', MultiEdit: 'Edit', LS: 'Glob' }
/** Tools of Claude Code that have no counterpart here. */
const UNKNOWN =
  'AskUserQuestion BashOutput CronCreate CronDelete CronList EnterPlanMode EnterWorktree ExitPlanMode ExitWorktree KillShell ListMcpResourcesTool LSP NotebookEdit NotebookRead ReadMcpResourceTool SendMessage Skill SlashCommand TaskCreate TaskGet TaskList TaskOutput TaskStop TaskUpdate TodoRead TodoWrite ToolSearch WebSearch'.split(
    ' ',
  )

/** `Agent(worker)` becomes `agent`. */
export function claudeTools(names: string[], warnings: string[]): string[] {
  const known = names.filter((name) => {
    if (!UNKNOWN.includes(name)) return true
    warnings.push(`tool ${name} is left out: there is none here`)
    return false
  })
  return Array.from(new Set(known.map((name) => OTHER_NAMES[name.replace(/^(Task|Agent)\(.*\)$/, '$1')] ?? name)))
}
