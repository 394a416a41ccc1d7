export interface DiffLine {
  kind: 'same' | 'added' | 'removed' | 'gap'
  text: string
  /** The number of the line in the text before, and after. */
  before?: number
  after?: number
}

/** readDiff takes a unified diff apart. */
export function readDiff(diff: string): DiffLine[] {
  const lines: DiffLine[] = []
  let [before, after] = [0, 0]
  let inside = false
  for (const line of diff.replace(/\n$/, '').split('\n')) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line)
    if (hunk) {
      ;[before, after] = [Number(hunk[1]), Number(hunk[2])]
      if (lines.length > 0) lines.push({ kind: 'gap', text: '' })
      inside = true
      continue
    }
    if (!inside || line.startsWith('\\')) continue
    const text = line.slice(1)
    if (line.startsWith('+')) lines.push({ kind: 'added', text, after: after++ })
    else if (line.startsWith('-')) lines.push({ kind: 'removed', text, before: before++ })
    else lines.push({ kind: 'same', text, before: before++, after: after++ })
  }
  return lines
}
