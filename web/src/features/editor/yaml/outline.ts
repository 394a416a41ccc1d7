/** An item of a mock, found by its lines: it works in documents that are broken elsewhere, and in a millisecond. */
export interface Item {
  kind: 'endpoint' | 'websocket' | 'resource' | 'other'
  /** In capitals; `WS` for WebSockets, `CRUD` for resources. */
  method: string
  path: string
  /** From 1. */
  line: number
  /** The last line, inclusive. */
  end: number
  tag: string
}

const start = /^(\s*)-(?:\s+(["']?)([\w-]+)\2\s*:\s*(.*)|\s*)$/
const pair = /^(\s*)(["']?)([\w-]+)\2\s*:(?:\s+(.*))?$/

/** scalar reads a plain or quoted value of one line. */
function scalar(text: string): string {
  const trimmed = text.trim()
  const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(trimmed) ?? /^'((?:[^']|'')*)'/.exec(trimmed)
  if (quoted) return (quoted[1] ?? '').replace(/''/g, "'")
  return trimmed.replace(/\s+#.*$/, '')
}

/** inline finds a key of a map in braces; what is in deeper braces is of no concern here. */
function inline(text: string, key: string): string {
  let depth = 0
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string
    if (quote) {
      if (char === quote) quote = ''
      continue
    }
    if (char === '"' || char === "'") quote = char
    else if (char === '{' || char === '[') depth++
    else if (char === '}' || char === ']') depth--
    const before = text[at - 1]
    if (depth !== 1 || !(before === '{' || before === ',' || before === ' ') || !text.startsWith(`${key}:`, at)) continue
    const rest = text.slice(at + key.length + 1).trimStart()
    if (/^["']/.test(rest)) return scalar(rest)
    return rest.replace(/[,}].*$/, '').trim()
  }
  return ''
}

export function outline(lines: Iterable<string>): Item[] {
  const items: Item[] = []
  let item: Item | undefined
  let indent = -1 // of the items
  let child = -1 // of the keys of the item's map
  let number = 0
  let last = 0
  const close = () => {
    if (item) item.end = last
  }
  for (const text of lines) {
    number++
    if (/^\s*(#|$)/.test(text)) continue
    const begins = start.exec(text)
    const depth = begins ? (begins[1] ?? '').length : 0
    if (begins && (indent < 0 || depth <= indent)) {
      close()
      indent = depth
      child = -1
      const name = begins[3] ?? ''
      item = { kind: 'other', method: '', path: '', line: number, end: number, tag: '' }
      items.push(item)
      begin(item, name, begins[4] ?? '')
    } else if (item) {
      const found = pair.exec(text)
      if (found) {
        const at = (found[1] ?? '').length
        const [key, value] = [found[3] ?? '', found[4] ?? '']
        if (item.kind === 'other' && key in kinds) begin(item, key, value)
        else if (item.kind !== 'other') {
          if (child < 0) child = at
          if (at === child) put(item, key, value)
        }
      }
    }
    last = number
  }
  close()
  return items
}

const kinds: Record<string, [Item['kind'], method: string]> = {
  endpoint: ['endpoint', 'GET'],
  websocket: ['websocket', 'WS'],
  crud: ['resource', 'CRUD'],
}

function begin(item: Item, name: string, rest: string): void {
  const found = kinds[name]
  if (!found) return
  ;[item.kind, item.method] = found
  if (!rest.startsWith('{')) return
  put(item, 'method', inline(rest, 'method'))
  put(item, 'path', inline(rest, 'path'))
  put(item, 'tag', inline(rest, 'tag'))
}

function put(item: Item, key: string, value: string): void {
  const text = scalar(value)
  if (!text) return
  if (key === 'method' && item.kind === 'endpoint') item.method = text.toUpperCase()
  else if (key === 'path') item.path = text
  else if (key === 'tag') item.tag = text
}

/** label is how the server names the item: types of parameters are left out, as in `GET /pets/:id`. */
export function label(item: Pick<Item, 'method' | 'path'>): string {
  return `${item.method} ${item.path}`
}

/** plain is a name without the types of its parameters, to compare names by. */
export function plain(name: string): string {
  return name.replace(/\|[a-z]+/g, '')
}

/** answersOf is what an item answers to; a resource is six endpoints. */
export function answersOf(item: Item): { method: string; path: string }[] {
  if (item.kind !== 'resource') return [item]
  const one = `${item.path.replace(/\/$/, '')}/:id`
  const of = (path: string) => (method: string) => ({ method, path })
  return [...['GET', 'POST'].map(of(item.path)), ...['GET', 'PUT', 'PATCH', 'DELETE'].map(of(one))]
}

/** groupOf is the first part of a path. */
export function groupOf(item: Item): string {
  return item.tag || `/${item.path.split('/')[1] ?? ''}`
}
