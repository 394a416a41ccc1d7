/** Where a position is in a document, told by indentation alone: it works while the document is being written. */
export interface Place {
  /** The keys that lead there; `[]` for an item of a list. */
  path: string[]
  /** What is being written: a key (with what was typed of it), or the value of the last key of the path. */
  writing: 'key' | 'value'
  typed: string
  /** The offset in the line where `typed` begins. */
  from: number
  /** Keys that the map has already. */
  siblings: string[]
}

const line = /^(\s*)((?:-\s+)*)(?:(["']?)([\w.?~-]+)\3\s*:(?:\s|$))?/

interface Read {
  indent: number // of the key
  dashes: number[] // of the list items that begin in the line
  key: string
}

function read(text: string): Read | undefined {
  if (/^\s*(#|$)/.test(text)) return undefined
  const found = line.exec(text)
  if (!found) return undefined
  const dashes: number[] = []
  const lead = found[1] ?? ''
  const marks = found[2] ?? ''
  for (let at = 0; at < marks.length; at++) if (marks[at] === '-') dashes.push(lead.length + at)
  return { indent: lead.length + marks.length, dashes, key: found[4] ?? '' }
}

/** placeAt finds out where a column of a line is. */
export function placeAt(lines: string[], row: number, column: number): Place {
  const text = (lines[row] ?? '').slice(0, column)
  const here = line.exec(text)
  const lead = (here?.[1] ?? '').length
  const marks = here?.[2] ?? ''
  const key = here?.[4]
  const indent = lead + marks.length
  const dashes: number[] = []
  for (let at = 0; at < marks.length; at++) if (marks[at] === '-') dashes.push(lead + at)

  const above = ancestors(lines, row, dashes[0] ?? indent, dashes.length > 0)
  const path = [...above, ...dashes.map(() => '[]')]
  if (key !== undefined) {
    const value = text.slice(here?.[0].length ?? 0)
    const typed = value.trimStart()
    return { path: [...path, key], writing: 'value', typed, from: text.length - typed.length, siblings: [] }
  }
  const typed = text.slice(indent)
  return { path, writing: 'key', typed, from: indent, siblings: siblings(lines, row, indent) }
}

/** ancestors walks up the lines that are further to the left. */
function ancestors(lines: string[], row: number, indent: number, item: boolean): string[] {
  const path: string[] = []
  let limit = indent
  let dash = item // a list may stand at the same indentation as the key that it belongs to
  for (let at = row - 1; at >= 0 && (limit > 0 || dash); at--) {
    const above = read(lines[at] ?? '')
    if (!above) continue
    if (above.key && (above.indent < limit || (dash && above.indent === limit && above.dashes.length === 0))) {
      path.unshift(above.key)
      limit = above.indent
      dash = false
    }
    for (const each of above.dashes.toReversed()) {
      if (each >= limit) continue
      path.unshift('[]')
      limit = each
      dash = true
    }
  }
  return path
}

/** siblings are the keys of the map around a line. */
function siblings(lines: string[], row: number, indent: number): string[] {
  const keys: string[] = []
  const look = (at: number): boolean => {
    const other = read(lines[at] ?? '')
    if (!other) return true
    if (other.indent === indent && other.key) keys.push(other.key)
    const first = other.dashes[0] ?? other.indent
    return first >= indent
  }
  for (let at = row - 1; at >= 0 && row - at < 500; at--) if (!look(at)) break
  for (let at = row + 1; at < lines.length && at - row < 500; at++) {
    const other = read(lines[at] ?? '')
    if (other && (other.dashes[0] ?? other.indent) < indent) break
    look(at)
  }
  return keys
}
