import type { Text } from '@codemirror/state'
import type { Diagnostic } from '@/api/queries/mocks'
import { offsetOf, rangeOf } from './codemirror/positions'

/** A change that the server is certain of. */
interface Edit {
  line: number
  column: number
  end_line: number
  end_column: number
  text: string
}

/** fixOf is the change that a diagnostic proposes, if it proposes one. */
export function fixOf(diagnostic: Diagnostic): Edit | 'word' | undefined {
  const edit = (diagnostic as Diagnostic & { edit?: Edit }).edit
  if (edit) return edit
  // "write `method`" for an unknown `methodd`: one word takes the place of another.
  return word(diagnostic) ? 'word' : undefined
}

function word(diagnostic: Diagnostic): { wrong: string; right: string } | undefined {
  const right = /^write `([^`]+)`$/.exec(diagnostic.fix ?? '')?.[1]
  const wrong = /^unknown \S+ `([^`]+)`/.exec(diagnostic.message)?.[1]
  return right && wrong ? { wrong, right } : undefined
}

/** applyFix is the change to the text; undefined if the text is not what the diagnostic was about any more. */
export function applyFix(doc: Text, diagnostic: Diagnostic): { from: number; to: number; insert: string } | undefined {
  const fix = fixOf(diagnostic)
  if (!fix) return undefined
  if (fix !== 'word') {
    return { from: offsetOf(doc, fix.line, fix.column), to: offsetOf(doc, fix.end_line, fix.end_column), insert: fix.text }
  }
  const words = word(diagnostic)
  const { from } = rangeOf(doc, diagnostic)
  const line = doc.lineAt(from)
  const at = words ? line.text.indexOf(words.wrong, from - line.from) : -1
  if (!words || at < 0) return undefined
  return { from: line.from + at, to: line.from + at + words.wrong.length, insert: words.right }
}
