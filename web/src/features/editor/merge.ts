import { diff } from '@codemirror/merge'

/** What came of putting two edits of a text together. */
export interface Merged {
  /** With overlaps, mine stands where both changed the same lines. */
  text: string
  overlaps: number
}

interface Chunk {
  from: number // in the base
  to: number
  lines: string[] // what stands there instead
}

/** split keeps the ends of lines, so that joining gives the text back. */
function split(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

/** chunks compares by lines: each different line is one character for the comparison. */
function chunks(base: string[], other: string[]): Chunk[] {
  const numbers = new Map<string, number>()
  const encode = (lines: string[]): string => {
    const parts: string[] = []
    for (const each of lines) {
      const number = numbers.get(each) ?? numbers.size
      numbers.set(each, number)
      // Surrogates would be halves of characters; there is room for 61,000 different lines besides.
      parts.push(String.fromCharCode(number < 0xd000 ? number + 1 : number + 1 + 0x1000))
    }
    return parts.join('')
  }
  const [a, b] = [encode(base), encode(other)]
  if (numbers.size > 0xe000) return [{ from: 0, to: base.length, lines: other }]
  return diff(a, b, { scanLimit: 100_000, timeout: 2000 }).map((each) => ({
    from: each.fromA,
    to: each.toA,
    lines: other.slice(each.fromB, each.toB),
  }))
}

/** merge puts their edit and mine of the same text together, line by line. */
export function merge(base: string, theirs: string, mine: string): Merged {
  if (theirs === mine || theirs === base) return { text: mine, overlaps: 0 }
  if (mine === base) return { text: theirs, overlaps: 0 }
  const lines = split(base)
  const left = chunks(lines, split(theirs))
  const right = chunks(lines, split(mine))
  const out: string[] = []
  let at = 0
  let overlaps = 0
  let [l, r] = [0, 0]
  while (l < left.length || r < right.length) {
    const a = left[l]
    const b = right[r]
    if (a && b && touches(a, b)) {
      // Everything that hangs together is one overlap.
      let from = Math.min(a.from, b.from)
      let to = Math.max(a.to, b.to)
      const [firstL, firstR] = [l, r]
      for (let grown = true; grown; ) {
        grown = false
        for (;;) {
          const next = left[l]
          if (!next || next.from > to || (next.from === to && l > firstL)) break
          to = Math.max(to, next.to)
          l++
          grown = true
        }
        for (;;) {
          const next = right[r]
          if (!next || next.from > to || (next.from === to && r > firstR)) break
          to = Math.max(to, next.to)
          r++
          grown = true
        }
      }
      from = Math.min(from, to)
      out.push(...lines.slice(at, from))
      const [their, own] = [rebuild(lines, left.slice(firstL, l), from, to), rebuild(lines, right.slice(firstR, r), from, to)]
      if (their.join('') !== own.join('')) overlaps++
      out.push(...own)
      at = to
      continue
    }
    const next = !b || (a && a.from <= b.from) ? (a as Chunk) : b
    out.push(...lines.slice(at, next.from), ...next.lines)
    at = next.to
    if (next === a) l++
    else r++
  }
  out.push(...lines.slice(at))
  return { text: out.join(''), overlaps }
}

/** Two changes touch when they share lines, or put something into the same place. */
function touches(a: Chunk, b: Chunk): boolean {
  if (a.from === b.from) return true
  return a.from < b.from ? a.to > b.from : b.to > a.from
}

function rebuild(lines: string[], changes: Chunk[], from: number, to: number): string[] {
  const out: string[] = []
  let at = from
  for (const each of changes) {
    out.push(...lines.slice(at, each.from), ...each.lines)
    at = each.to
  }
  out.push(...lines.slice(at, to))
  return out
}
