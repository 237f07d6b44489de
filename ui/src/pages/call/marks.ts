/** Marks that would cover each other on a lane are put below each other. Pure. */

/** So near, in per cent of the page's width, marks touch. */
const NEAR = 2
const LEVELS = 3

/** Each mark with its level from the top, 0 first; `share` is where it stands, in per cent. Sorted by place. */
export function stacked<T>(marks: readonly T[], share: (mark: T) => number): { mark: T; level: number }[] {
  /** Where the last mark of each level stands. */
  const ends: number[] = []
  return [...marks]
    .sort((a, b) => share(a) - share(b))
    .map((mark) => {
      const at = share(mark)
      let level = ends.findIndex((end) => at - end >= NEAR)
      // all levels taken: the one whose last mark is farthest away
      if (level < 0) level = ends.length < LEVELS ? ends.length : ends.indexOf(Math.min(...ends))
      ends[level] = at
      return { mark, level }
    })
}
