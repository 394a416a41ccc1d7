import { type Completion, type CompletionContext, type CompletionResult, snippetCompletion } from '@codemirror/autocomplete'
import { yamlLanguage } from '@codemirror/lang-yaml'
import type { Extension, Text } from '@codemirror/state'
import type { Item } from '../yaml/outline'
import { placeAt } from '../yaml/place'
import { type LastRequest, type Variable, variables } from '../yaml/variables'
import { keysAt, valuesAt } from './schema'
import { templateWords } from './template-words'
import { contentTypes, headerNames, statuses } from './words'

export interface Source {
  items: { get: () => readonly Item[] }
  mock: string
}

/** How the last request of an endpoint is looked up; set by the page, which knows what was recorded. */
type Lookup = (mock: string, item: Item) => Promise<LastRequest | undefined>
let lookup: Lookup = async () => undefined

export function setLookup(next: Lookup): void {
  lookup = next
}

/** How many lines around the cursor are looked at for the place in the tree. */
const around = 2000

/** completion knows the keys and values of mocks and, between braces, what templates may name. */
export function completion(source: Source): Extension {
  const complete = async (context: CompletionContext): Promise<CompletionResult | null> => {
    const { state, pos } = context
    const line = state.doc.lineAt(pos)
    const before = line.text.slice(0, pos - line.from)
    const open = Math.max(before.lastIndexOf('{{'), before.lastIndexOf('{%'))
    if (open >= 0 && !/[}%]\}/.test(before.slice(open + 2))) return inTemplate(context, before.slice(open), source)

    const first = Math.max(1, line.number - around)
    const last = Math.min(state.doc.lines, line.number + 500)
    const lines: string[] = []
    for (let n = first; n <= last; n++) lines.push(state.doc.line(n).text)
    const place = placeAt(lines, line.number - first, pos - line.from)
    if (place.typed === '' && !context.explicit && place.writing === 'key') return null
    const from = line.from + place.from
    const path = place.path[0] === '[]' ? place.path : ['[]', ...place.path]
    if (place.writing === 'value') return { from, options: values(path), validFor: /^[\w/+.; =-]*$/ }
    const top = place.path.length === 0
    const options = keys(top ? ['[]'] : path, place.siblings, top)
    return options.length > 0 ? { from, options, validFor: /^[\w-]*$/ } : null
  }
  return yamlLanguage.data.of({ autocomplete: complete })
}

function keys(path: string[], siblings: string[], top: boolean): Completion[] {
  if (path.at(-1) === 'headers') return headerNames.map((name) => ({ label: name, apply: `${name}: `, type: 'property' }))
  return keysAt(path)
    .filter((each) => !siblings.includes(each.key))
    .map(({ key, description, required, map }) => {
      const label = top ? `- ${key}` : key
      const option = {
        label,
        detail: required ? '•' : undefined,
        info: description || undefined,
        type: 'property',
        boost: required ? 2 : 0,
      }
      // A map begins on the next line, one step further in.
      const template = `${label}:${map ? `\n${top ? '    ' : '  '}#{}` : ' #{}'}`
      return snippetCompletion(template, option)
    })
}

function values(path: string[]): Completion[] {
  const key = path.at(-1)
  if (key === 'status') return statuses.map(([code, words]) => ({ label: String(code), detail: words, type: 'constant' }))
  if (key?.toLowerCase() === 'content-type') return contentTypes.map((label) => ({ label, type: 'constant' }))
  return valuesAt(path).map((label) => ({ label, type: 'constant' }))
}

async function inTemplate(context: CompletionContext, open: string, source: Source): Promise<CompletionResult | null> {
  const words = await templateWords()
  const tag = open.startsWith('{%')
  const inside = open.slice(2)
  const typed = /[\w.-]*$/.exec(inside)?.[0] ?? ''
  const from = context.pos - typed.length
  const lead = inside.slice(0, inside.length - typed.length)
  const validFor = /^[\w.-]*$/
  if (/\|\s*$/.test(lead))
    return {
      from,
      validFor,
      options: words.filters.map((each) => ({ label: each.name, detail: each.detail, info: each.info, type: 'function' })),
    }
  if (tag && lead.trim() === '')
    return {
      from,
      validFor,
      options: words.tags.map((each) => ({ label: each.name, detail: each.detail, info: each.info, type: 'keyword' })),
    }

  const own = (await variablesAt(context.state.doc, context.pos, source)).map((each) => ({
    label: each.name,
    detail: each.value ?? each.detail,
    type: 'variable',
    boost: 10,
  }))
  if (context.aborted) return null
  const rest: Completion[] = [
    ...words.variables.map((each) => ({ label: each.name, detail: each.detail, info: each.info, type: 'variable' })),
  ]
  const names = new Set(own.map((each) => each.label))
  return {
    from,
    validFor,
    options: [
      ...own,
      ...rest.filter((each, index) => !names.has(each.label) && rest.findIndex((other) => other.label === each.label) === index),
    ],
  }
}

/** variablesAt are what the endpoint at a place has, with what they were in its last request. */
export async function variablesAt(doc: Text, pos: number, source: Source): Promise<Variable[]> {
  const line = doc.lineAt(pos).number
  const item = source.items.get().find((each) => each.line <= line && line <= each.end)
  if (!item) return []
  const text = doc.sliceString(doc.line(item.line).from, doc.line(Math.min(item.end, doc.lines)).to)
  return variables(text, await lookup(source.mock, item).catch(() => undefined))
}
