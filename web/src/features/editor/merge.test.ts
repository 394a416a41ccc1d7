import { describe, expect, it } from 'vitest'
import { merge } from './merge'

const text = (lines: string) => lines.split(' ').join('\n')

describe('merging', () => {
  it.each([
    ['nothing', 'a b c', 'a b c', 'a b c', 'a b c', 0],
    ['mine alone', 'a b c', 'a b c', 'a x c', 'a x c', 0],
    ['theirs alone', 'a b c', 'a x c', 'a b c', 'a x c', 0],
    ['the same', 'a b c', 'a x c', 'a x c', 'a x c', 0],
    ['apart', 'a b c d e', 'x b c d e', 'a b c d y', 'x b c d y', 0],
    ['lines that were added', 'a b c d', 'a 1 b c d', 'a b c 2 d', 'a 1 b c 2 d', 0],
    ['lines that went', 'a b c d e f', 'b c d e f', 'a b c d e', 'b c d e', 0],
    ['the same line', 'a b c', 'a x c', 'a y c', 'a y c', 1],
    ['added at the same place', 'a b', 'a 1 b', 'a 2 b', 'a 2 b', 1],
    ['one went, the other changed it', 'a b c', 'a c', 'a y c', 'a y c', 1],
    ['overlaps and others', 'a b c d e f g', 'a x c d e f 1', 'a y c d e f g h', 'a y c d e f g h', 2],
  ])('%s', (_, base, theirs, mine, want, overlaps) => {
    const merged = merge(text(base), text(theirs), text(mine))
    expect([merged.text, merged.overlaps]).toEqual([text(want), overlaps])
  })

  it('loses nothing that only one side changed, whatever the edits', () => {
    // A small generator with a seed, so that a failure can be repeated.
    let seed = 7
    const random = (n: number) => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff
      return seed % n
    }
    for (let round = 0; round < 300; round++) {
      const base = Array.from({ length: 12 }, (_, n) => `line ${n}`)
      const edit = (mark: string, from: number, to: number) => {
        const lines = [...base]
        const at = from + random(to - from)
        if (random(2)) lines.splice(at, random(2), `${mark}${round}`)
        else lines[at] = `${mark}${round}`
        return lines.join('\n')
      }
      const merged = merge(base.join('\n'), edit('theirs', 0, 5), edit('mine', 7, 12))
      expect(merged.overlaps).toBe(0)
      expect(merged.text).toContain(`theirs${round}`)
      expect(merged.text).toContain(`mine${round}`)
    }
  })

  it('is fast with long texts', () => {
    const base = Array.from({ length: 22_000 }, (_, n) => `  key-${n}: value`)
    const theirs = base.with(100, 'theirs').join('\n')
    const mine = base.with(21_000, 'mine').join('\n')
    const merged = merge(base.join('\n'), theirs, mine)
    expect([merged.overlaps, merged.text.includes('theirs'), merged.text.includes('mine')]).toEqual([0, true, true])
  })
})
