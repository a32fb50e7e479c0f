// Items whose prompts say which test they belong to, so that tests can share a simulator and its rules.

export function items(prefix: string, count: number): { id: string; prompt: string }[] {
  return Array.from({ length: count }, (_, index) => {
    const number = String(index + 1).padStart(3, '0')
    return { id: `n${number}`, prompt: `${prefix} ${number}` }
  })
}
