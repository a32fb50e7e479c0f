// Waits for something to become true, and says what it was waiting for when it does not.

/** Polls until `probe` gives a value other than undefined or false; throws after `seconds`. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  seconds = 30,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    const value = await probe()
    if (value !== undefined && value !== false) return value
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s in vain for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
