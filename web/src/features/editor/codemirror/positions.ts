import type { Text } from '@codemirror/state'
import type { Diagnostic } from '@/api/queries/mocks'

/** offsetOf finds a place in a text. The server counts columns in code points, editors in UTF-16 units. */
export function offsetOf(doc: Text, line: number, column: number): number {
  if (line < 1) return 0
  if (line > doc.lines) return doc.length
  const { from, text } = doc.line(line)
  return from + units(text, column - 1)
}

/** units is how many UTF-16 units so many code points take at the beginning of a text. */
export function units(text: string, points: number): number {
  let at = 0
  for (let n = 0; n < points && at < text.length; n++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
  return at
}

/** pointsIn is the way back. */
export function pointsIn(text: string): number {
  let n = 0
  for (const _ of text) n++
  return n
}

/** rangeOf is what to mark for a diagnostic: to its end where that is known, else the word there. */
export function rangeOf(doc: Text, diagnostic: Diagnostic): { from: number; to: number } {
  const from = offsetOf(doc, diagnostic.line, Math.max(1, diagnostic.column))
  const { end_line: endLine, end_column: endColumn } = diagnostic as Diagnostic & { end_line?: number; end_column?: number }
  if (endLine && endColumn) {
    const to = offsetOf(doc, endLine, endColumn)
    if (to > from) return { from, to }
  }
  const line = doc.lineAt(from)
  const rest = line.text.slice(from - line.from)
  const word = /^[\w.-]+|^\S+/.exec(rest)?.[0].length ?? 0
  if (word > 0) return { from, to: from + word }
  const start = line.from + (line.text.length - line.text.trimStart().length)
  return { from: Math.min(start, from), to: line.to }
}
