import { type Item, plain } from './outline'

/** A request to make an endpoint of. */
export interface Sample {
  method: string
  path: string
  query?: string
  body?: string
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const date = /^\d{4}-\d{2}-\d{2}$/

/** singular is a name for one of many: pets → pet. */
function singular(word: string): string {
  const clean = word.replace(/[^A-Za-z0-9-]/g, '')
  return clean.length > 3 && clean.endsWith('s') && !clean.endsWith('ss') ? clean.slice(0, -1) : clean
}

/** patternOf guesses which parts of a path are parameters: numbers, UUIDs and dates. */
export function patternOf(path: string): string {
  const taken = new Set<string>()
  const parts = path.split('/')
  return parts
    .map((part, index) => {
      const type = /^\d+$/.test(part) ? 'int' : uuid.test(part) ? 'uuid' : date.test(part) ? 'date' : undefined
      if (!type) return part
      const before = singular(parts[index - 1] ?? '')
      let name = type === 'date' ? 'date' : taken.size === 0 ? 'id' : `${before || 'part'}-id`
      while (taken.has(name)) name = `${name}2`
      taken.add(name)
      return `:${name}|${type}`
    })
    .join('/')
}

/** quoted writes a path so that YAML reads it as it is. */
function quoted(path: string): string {
  return /[:#{}[\],&*?|<>=!%@`"'\s]/.test(path.replace(/:(?=\S)|\|(?=\S)/g, '')) || path.includes('%') ? JSON.stringify(path) : path
}

/** endpointText is a new endpoint that answers such a request, and where in it the body begins. */
export function endpointText({ method, path, body = '' }: Sample): { text: string; cursor: number } {
  const lines = ['- endpoint:', `    method: ${method}`, `    path: ${quoted(patternOf(path))}`]
  let sample: unknown
  try {
    sample = body ? JSON.parse(body) : undefined
  } catch {
    sample = undefined
  }
  if (sample !== null && typeof sample === 'object' && !Array.isArray(sample) && Object.keys(sample).length > 0) {
    lines.push(
      '    body: |',
      ...JSON.stringify(sample, null, 2)
        .split('\n')
        .map((each) => `      ${each}`),
    )
  }
  lines.push('    response:', '      status: 200', '      headers:', '        Content-Type: application/json', '      body: |', '        {')
  const before = `${lines.join('\n')}\n          `
  return { text: `${before}\n        }\n`, cursor: before.length }
}

function common(a: string, b: string): number {
  const [x, y] = [a.split('/'), b.split('/')]
  let n = 0
  while (n < x.length && n < y.length && (x[n] === y[n] || x[n]?.startsWith(':') === true)) n++
  return n
}

/** insertion puts an endpoint behind the one whose path is most like it, else at the end. */
export function insertion(doc: string, items: readonly Item[], sample: Sample): { from: number; insert: string; cursor: number } {
  const { text, cursor } = endpointText(sample)
  const pattern = plain(patternOf(sample.path))
  const near = items
    .filter((each) => each.kind === 'endpoint')
    .map((each) => ({ item: each, score: common(plain(each.path), pattern) }))
    .filter((each) => each.score > 1)
    .reduce<{ item: Item; score: number } | undefined>((best, each) => (!best || each.score >= best.score ? each : best), undefined)
  const after = near?.item ?? items.findLast((each) => each.kind !== 'other') ?? items.at(-1)
  const lines = doc.split('\n')
  const at = after ? lines.slice(0, after.end).join('\n').length : doc.trimEnd().length
  const empty = doc.slice(0, at).trim() === ''
  // A list that is indented, or written in one line, takes the same indentation.
  const indent = after ? (/^\s*/.exec(lines[after.line - 1] ?? '')?.[0] ?? '') : ''
  const lead = empty ? '' : '\n'
  const body = text.trimEnd().split('\n')
  const shifted = body.map((each) => `${indent}${each}`).join('\n')
  const rows = text.slice(0, cursor).split('\n').length
  const tail = doc.slice(at).startsWith('\n') ? '' : '\n'
  const from = empty ? doc.length : at
  const gap = empty && doc !== '' && !doc.endsWith('\n') ? '\n' : ''
  return { from, insert: `${gap}${lead}${shifted}${tail}`, cursor: from + gap.length + lead.length + cursor + indent.length * rows }
}
