import { answersOf, type Item, outline, plain } from '@/features/editor/yaml/outline'

/** What of a mock is to be as it was. */
export interface Wanted {
  method: string
  path: string
}

/** find is the item of a text that answers; of several the first. */
function find(items: readonly Item[], { method, path }: Wanted): Item | undefined {
  const name = plain(`${method || 'WS'} ${path}`)
  return items.find((each) => answersOf(each).some((answer) => plain(`${answer.method} ${answer.path}`) === name))
}

const depth = (line: string) => line.length - line.trimStart().length

/** block is an item's lines, with the comments right above it, and where they begin. */
function block(lines: readonly string[], item: Item): { from: number; lines: string[] } {
  let from = item.line - 1
  while (from > 0 && /^\s*#/.test(lines[from - 1] ?? '')) from--
  return { from, lines: lines.slice(from, item.end) }
}

/**
 * restored is a text with one endpoint of an earlier text: in place of what the text has, else at its end. Every other line stays
 * as it is. undefined if the earlier text has no such endpoint that can be taken by its lines.
 */
export function restored(now: string, before: string, wanted: Wanted): string | undefined {
  const [lines, old] = [now.split('\n'), before.split('\n')]
  const [items, earlier] = [outline(lines), outline(old)]
  const source = find(earlier, wanted)
  // A list in one line has no lines to take.
  if (!source || !/^\s*-/.test(old[source.line - 1] ?? '')) return undefined
  const target = find(items, wanted)
  const shape = items[0] ? depth(lines[items[0].line - 1] ?? '') : 0
  if (items[0] && !/^\s*-/.test(lines[items[0].line - 1] ?? '')) return undefined
  const shift = shape - depth(old[source.line - 1] ?? '')
  const moved = block(old, source).lines.map((each) =>
    shift >= 0 ? (each.trim() === '' ? each : ' '.repeat(shift) + each) : each.slice(Math.min(-shift, depth(each))),
  )
  if (target) {
    const { from } = block(lines, target)
    return [...lines.slice(0, from), ...moved, ...lines.slice(target.end)].join('\n')
  }
  const rest = now.trimEnd()
  const empty = rest === '' || rest === '[]'
  return `${empty ? '' : `${rest}\n\n`}${moved.join('\n')}\n`
}
