/** A template variable of an endpoint, with what it was in the last request where that is known. */
export interface Variable {
  name: string
  detail?: string
  value?: string
}

/** What the last request to an endpoint brought. */
export interface LastRequest {
  path: string
  query: string
  body: string
  headers: { name: string; value: string }[]
}

/** parameters finds the parameters of a path, with their types. */
export function parameters(path: string): { name: string; type: string }[] {
  const found: { name: string; type: string }[] = []
  for (const each of path.matchAll(/\/:([\w-]+)(?:\|(\w+))?|\{([\w-]+)(?:\|(\w+))?\}|\/\*([\w-]+)$/g)) {
    found.push({ name: each[1] ?? each[3] ?? each[5] ?? '', type: each[2] ?? each[4] ?? 'string' })
  }
  return found
}

/** valuesOf takes the parameters' values out of a path that matched. */
export function valuesOf(pattern: string, path: string): Record<string, string> {
  const names: string[] = []
  const source = pattern
    .replace(/[.+^$()[\]\\]/g, '\\$&')
    .replace(/\/:([\w-]+)(?:\|\w+)?|\{([\w-]+)(?:\|\w+)?\}|\/\*([\w-]*)$/g, (_, colon?: string, brace?: string, rest?: string) => {
      names.push(colon ?? brace ?? rest ?? '')
      if (colon !== undefined) return '/([^/]+)'
      return brace !== undefined ? '([^/]+)' : '/(.*)'
    })
  const found = new RegExp(`^${source}/?$`).exec(path)
  return Object.fromEntries(names.map((name, index) => [name, found?.[index + 1] ?? '']))
}

/** fieldsOf lists the fields of a body, at most three levels deep. */
export function fieldsOf(value: unknown, at = '', depth = 0): { name: string; value: unknown }[] {
  if (value === null || typeof value !== 'object' || depth > 2) return []
  const entries = Array.isArray(value) ? value.slice(0, 1).map((each) => ['0', each] as const) : Object.entries(value)
  return entries.flatMap(([key, inner]) => {
    const name = `${at}${key.replace(/\?$/, '')}`
    return [{ name, value: inner }, ...fieldsOf(inner, `${name}.`, depth + 1)]
  })
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function show(value: unknown): string | undefined {
  if (value === undefined || value === '') return undefined
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

/** variables lists what templates of an endpoint may name. `item` is the endpoint's YAML alone. */
export async function variables(item: string, last?: LastRequest): Promise<Variable[]> {
  // Only who completes needs the parser.
  const { parse } = await import('yaml')
  let map: Record<string, unknown> = {}
  try {
    const parsed: unknown = parse(item, { logLevel: 'silent' })
    const first = Array.isArray(parsed) ? (parsed[0] as Record<string, unknown> | undefined) : undefined
    map = (first?.endpoint ?? first?.websocket ?? {}) as Record<string, unknown>
  } catch {
    // It is being written: what its lines say is enough for the path.
    const path = /^\s*path:\s*["']?([^"'\s#]+)/m.exec(item)?.[1]
    map = path ? { path } : {}
  }
  const path = typeof map.path === 'string' ? map.path : ''
  const known = last ? valuesOf(path, last.path) : {}
  const query = new URLSearchParams(last?.query ?? '')
  const sample = typeof map.body === 'string' ? json(map.body) : map.body
  const sent = last ? json(last.body) : undefined
  const found: Variable[] = parameters(path).map(({ name, type }) => ({
    name: `path-params.${name}`,
    detail: type,
    value: show(known[name]),
  }))
  const declared = map.query !== null && typeof map.query === 'object' ? (map.query as Record<string, unknown>) : {}
  const names = new Set([...Object.keys(declared).map((each) => each.replace(/\?$/, '')), ...query.keys()])
  for (const name of names) {
    found.push({
      name: `query-params.${name}`,
      detail: String(declared[name] ?? declared[`${name}?`] ?? 'string'),
      value: show(query.get(name) ?? undefined),
    })
  }
  const values = new Map(fieldsOf(sent).map((each) => [each.name, each.value]))
  for (const name of new Set([...fieldsOf(sample).map((each) => each.name), ...values.keys()])) {
    found.push({ name: `json-params.${name}`, value: show(values.get(name)) })
  }
  for (const each of last?.headers ?? []) found.push({ name: `header-params.${each.name.toLowerCase()}`, value: show(each.value) })
  return found
}
