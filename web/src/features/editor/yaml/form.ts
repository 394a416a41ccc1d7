import { isAlias, isMap, isScalar, type Pair, parse, parseDocument, type Scalar, type YAMLMap } from 'yaml'

/** One change of a text. */
export interface Edit {
  from: number
  to: number
  insert: string
}

/** What a form shows of an endpoint, and what of it has no field. */
export interface Form {
  kind: string
  method: string
  path: string
  summary: string
  tag: string
  status: string
  headers: { name: string; value: string }[]
  /** undefined where the body is no text: structured, or kept elsewhere. */
  body: string | undefined
  /** Keys that the form leaves alone, with the lines of the item that they begin at, from 0. */
  others: { key: string; line: number }[]
}

type Path = readonly string[]

const quiet = { logLevel: 'silent' } as const

/** Where new keys go: of an endpoint, and of its response. */
const outer = ['host', 'method', 'path', 'summary', 'tag', 'query', 'body', 'response']
const inner = ['status', 'headers', 'body', 'external-body']

interface Parsed {
  text: string
  map: YAMLMap
  kind: string
}

/** open reads an item's text; undefined if it cannot be edited by its parts. */
function open(text: string): Parsed | undefined {
  const document = parseDocument(text, quiet)
  if (document.errors.length > 0) return undefined
  const first = (document.contents as { items?: unknown[] } | null)?.items?.[0]
  if (!isMap(first) || first.items.length !== 1) return undefined
  const pair = first.items[0] as Pair
  if (!isMap(pair.value) || pair.value.anchor || !isScalar(pair.key) || merges(pair.value)) return undefined
  return { text, map: pair.value, kind: String(pair.key.value) }
}

const merges = (map: YAMLMap) => map.items.some((each) => isScalar(each.key) && each.key.value === '<<')
const pairOf = (map: YAMLMap, key: string): Pair | undefined =>
  map.items.find((each) => isScalar(each.key) && String(each.key.value) === key)

function scalarAt(map: YAMLMap, path: Path): string | undefined {
  const [key = '', ...rest] = path
  const value = pairOf(map, key)?.value
  if (rest.length > 0) return isMap(value) ? scalarAt(value, rest) : undefined
  if (!isScalar(value)) return undefined
  return typeof value.value === 'string' ? value.value : (value.source ?? String(value.value ?? ''))
}

/** readForm is what a form shows of an item; undefined where only its text can be shown. */
export function readForm(text: string): Form | undefined {
  const parsed = open(text)
  if (parsed?.kind !== 'endpoint') return undefined
  const { map } = parsed
  const response = pairOf(map, 'response')?.value
  if (response !== undefined && response !== null && !isMap(response) && !(isScalar(response) && response.value === null)) return undefined
  const within = isMap(response) ? response : undefined
  const headers = within && pairOf(within, 'headers')?.value
  const list = isMap(headers) ? headers.items : []
  const simple = list.every((each) => isScalar(each.key) && isScalar(each.value))
  const body = within && pairOf(within, 'body')?.value
  const shown = new Set(['method', 'path', 'summary', 'tag', 'response'])
  const fields = new Set(['status', ...(simple ? ['headers'] : []), ...(body === undefined || isScalar(body) ? ['body'] : [])])
  const line = (each: Pair) => text.slice(0, (each.key as Scalar).range?.[0] ?? 0).split('\n').length - 1
  const left = (of: YAMLMap, known: Set<string>, at: string) =>
    of.items
      .filter((each) => isScalar(each.key) && !known.has(String(each.key.value)))
      .map((each) => ({ key: at + String((each.key as Scalar).value), line: line(each) }))
  return {
    kind: parsed.kind,
    method: (scalarAt(map, ['method']) ?? 'GET').toUpperCase(),
    path: scalarAt(map, ['path']) ?? '',
    summary: scalarAt(map, ['summary']) ?? '',
    tag: scalarAt(map, ['tag']) ?? '',
    status: scalarAt(map, ['response', 'status']) ?? '',
    headers: simple
      ? list.map((each) => ({
          name: String((each.key as Scalar).value),
          value: scalarAt(headers as YAMLMap, [String((each.key as Scalar).value)]) ?? '',
        }))
      : [],
    body: fields.has('body') && !(within && pairOf(within, 'external-body')) ? (scalarAt(map, ['response', 'body']) ?? '') : undefined,
    others: [...left(map, shown, ''), ...(within ? left(within, fields, 'response.') : [])],
  }
}

/** safe reports whether a text can stand plainly, and is read as it is. */
function safe(value: string, flow: boolean, text: boolean): boolean {
  if (value === '' || /[\n\r]/.test(value) || value !== value.trim()) return false
  try {
    const read = flow ? (parse(`{a: ${value}}`, quiet) as { a?: unknown }) : (parse(`a: ${value}`, quiet) as { a?: unknown })
    return Object.keys(read).length === 1 && (text ? read.a === value : String(read.a) === value)
  } catch {
    return false
  }
}

/** written is how a value is written: in the style that it had, where that can hold it. */
function written(value: string, indent: string, flow: boolean, text: boolean, before?: Scalar): string {
  const quoted = () => JSON.stringify(value)
  if (before?.type === 'QUOTE_DOUBLE') return quoted()
  if (before?.type === 'QUOTE_SINGLE' && !/[\n\r]/.test(value)) return `'${value.replace(/'/g, "''")}'`
  const block = before?.type === 'BLOCK_LITERAL' || before?.type === 'BLOCK_FOLDED'
  const lines = value.replace(/\n$/, '').split('\n')
  const fits = !flow && !/^[ \t\n]/.test(value) && !/\n\n$/.test(value) && !value.includes('\r') && !/[ \t]+$/m.test(value) && value !== ''
  if (fits && (block || value.includes('\n'))) {
    const deeper = lines.map((each) => (each === '' ? '' : `${indent}${each}`)).join('\n')
    return `|${value.endsWith('\n') ? '' : '-'}\n${deeper}\n`
  }
  return safe(value, flow, text) ? value : quoted()
}

/** lineEnd is where the line of a place ends, before its newline. */
function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end
}
const lineStart = (text: string, at: number) => text.lastIndexOf('\n', at - 1) + 1

/** endOf is where a pair ends: behind its value, without the newline of a block. */
function endOf(text: string, pair: Pair): number {
  const key = pair.key as Scalar
  const value = pair.value as { range?: [number, number, number] } | null
  let end = value?.range?.[1] ?? (key.range?.[1] ?? 0) + 1
  while (end > 0 && text[end - 1] === '\n') end--
  return end
}

/** indentOf is the indentation of the keys of a map in lines. */
function indentOf(text: string, map: YAMLMap): string {
  const at = (map.items[0]?.key as Scalar | undefined)?.range?.[0] ?? 0
  return ' '.repeat(at - lineStart(text, at))
}

/** added puts a key into a map. */
function added(text: string, map: YAMLMap, path: Path, value: string, textual: boolean, order: readonly string[]): Edit | undefined {
  const [key = '', ...rest] = path
  if (map.flow) {
    const last = map.items.at(-1)
    const nested = [...rest].reverse().reduce((inner, each) => `{${name(each)}: ${inner}}`, written(value, '', true, textual))
    if (!last) return undefined
    const at = endOf(text, last)
    return { from: at, to: at, insert: `, ${name(key)}: ${nested}` }
  }
  if (map.items.length === 0) return undefined
  const place = order.indexOf(key)
  const before = place < 0 ? map.items.at(-1) : map.items.findLast((each) => ahead(each, order, place))
  const indent = indentOf(text, map)
  let deeper = indent
  let insert = `${indent}${name(key)}:`
  for (const each of rest) {
    deeper += '  '
    insert += `\n${deeper}${name(each)}:`
  }
  insert += ` ${written(value, `${deeper}  `, false, textual)}`
  if (!before) {
    const at = (map.items[0]?.key as Scalar | undefined)?.range?.[0] ?? 0
    return { from: at, to: at, insert: `${insert.slice(indent.length).replace(/\n$/, '')}\n${indent}` }
  }
  const at = lineEnd(text, endOf(text, before))
  return { from: at, to: at, insert: `\n${insert.replace(/\n$/, '')}` }
}

const ahead = (pair: Pair, order: readonly string[], place: number) => {
  const at = order.indexOf(String((pair.key as Scalar).value))
  return at >= 0 && at < place
}
const name = (key: string) => (safe(key, true, true) ? key : JSON.stringify(key))

/** removed takes a key out of a map in lines, or in braces, that has others. */
function removed(text: string, map: YAMLMap, key: string): Edit | undefined {
  const index = map.items.findIndex((each) => isScalar(each.key) && String(each.key.value) === key)
  const pair = map.items[index]
  if (!pair || map.items.length < 2) return undefined
  const start = (pair.key as Scalar).range?.[0] ?? 0
  if (map.flow) {
    const next = map.items[index + 1]
    if (next) return { from: start, to: (next.key as Scalar).range?.[0] ?? start, insert: '' }
    return { from: endOf(text, map.items[index - 1] as Pair), to: endOf(text, pair), insert: '' }
  }
  const from = lineStart(text, start)
  const to = Math.min(text.length, lineEnd(text, endOf(text, pair)) + 1)
  return text.slice(from, start).trim() === '' ? { from, to, insert: '' } : undefined
}

/**
 * setField makes a field of an endpoint another value, `undefined` for none, with as small a change of its text as there is;
 * undefined where the text has to be edited by hand.
 */
export function setField(text: string, path: Path, value: string | undefined): Edit | undefined {
  const parsed = open(text)
  if (!parsed) return undefined
  let map = parsed.map
  const textual = path.at(-1) === 'body'
  for (let depth = 0; depth < path.length - 1; depth++) {
    const inner = pairOf(map, path[depth] as string)?.value
    if (inner === undefined || inner === null)
      return value === undefined ? undefined : missing(text, map, path.slice(depth), value, textual, depth)
    if (isScalar(inner) && inner.value === null) return undefined
    if (!isMap(inner) || inner.anchor || merges(inner)) return undefined
    map = inner
  }
  const key = path.at(-1) as string
  const pair = pairOf(map, key)
  if (value === undefined) return removed(text, map, key)
  if (!pair) return added(text, map, [key], value, textual, path.length === 1 ? outer : inner)
  const old = pair.value
  if (isAlias(old) || !isScalar(old) || old.anchor || !old.range) return undefined
  if (scalarAt(map, [key]) === value) return undefined
  const at = (pair.key as Scalar).range?.[0] ?? 0
  const indent = map.flow ? '' : blockIndent(text, old) || `${' '.repeat(at - lineStart(text, at))}  `
  const block = old.type === 'BLOCK_LITERAL' || old.type === 'BLOCK_FOLDED'
  let insert = written(value, indent, Boolean(map.flow), textual, old)
  const [from, to] = [old.range[0], block ? endOf(text, pair) : old.range[1]]
  const comment = block ? '' : text.slice(to, lineEnd(text, to)).trim()
  // A block takes the rest of its line: a comment there would become a part of it.
  if (insert.startsWith('|') && comment !== '') insert = JSON.stringify(value)
  return { from, to, insert: insert.startsWith('|') ? insert.replace(/\n$/, '') : insert }
}

function missing(text: string, map: YAMLMap, path: Path, value: string, textual: boolean, depth: number): Edit | undefined {
  return pairOf(map, path[0] as string) ? undefined : added(text, map, path, value, textual, depth === 0 ? outer : inner)
}

/** blockIndent is the indentation of a block's lines, "" of what is no block. */
function blockIndent(text: string, scalar: Scalar): string {
  if (scalar.type !== 'BLOCK_LITERAL' && scalar.type !== 'BLOCK_FOLDED') return ''
  const [from = 0, to = 0] = scalar.range ?? []
  const line = text
    .slice(from, to)
    .split('\n')
    .slice(1)
    .find((each) => each.trim() !== '')
  return /^ */.exec(line ?? '')?.[0] ?? ''
}

/** renameHeader gives a header another name. */
export function renameHeader(text: string, from: string, to: string): Edit | undefined {
  const parsed = open(text)
  const response = parsed && pairOf(parsed.map, 'response')?.value
  const headers = isMap(response) ? pairOf(response, 'headers')?.value : undefined
  const key = isMap(headers) ? (pairOf(headers, from)?.key as Scalar | undefined) : undefined
  if (!key?.range || to === '' || (isMap(headers) && pairOf(headers, to))) return undefined
  return { from: key.range[0], to: key.range[1], insert: name(to) }
}
