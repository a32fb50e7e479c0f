// One line before the work starts, where its own words ask for something this command cannot give.
import { type Need, needsOf, route } from '../client/route.js'
import { say } from './output.js'

/**
 * Says how a task that plainly wants tools is started instead.
 * @param limit what the command at hand does not do.
 * @param also needs the command itself stands for.
 */
export function adviseOn(task: string, limit: string, also: Need[] = ['perspectives']): void {
  const needs = needsOf(task)
  if (needs.length > 0)
    say(`advice: ${limit}, and this asks for ${needs.join(' and ')}: ${route({ needs: [...also, ...needs] }).command}`)
}
