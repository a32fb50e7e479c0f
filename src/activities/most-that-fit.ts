// How many lines of a text fit where there is room for so many tokens: asked a dozen times, not once a line.

/** The largest count up to `limit` that fits, by bisection; 0 when not even one does. */
export function mostThatFit(limit: number, fits: (count: number) => boolean): number {
  let [low, high] = [0, limit]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(middle)) low = middle
    else high = middle - 1
  }
  return low
}
