import type { Extension, Text } from '@codemirror/state'
import { hoverTooltip } from '@codemirror/view'
import { placeAt } from '../yaml/place'
import { templateWordAt } from '../yaml/template-word'
import { type Source, variablesAt } from './complete'
import { meaning } from './schema'
import { templateWords } from './template-words'

/** What a key means and what a template's variable was in the last request, under the mouse. */
export function explain(source: Source, texts: HoverTexts): Extension {
  return hoverTooltip(async (view, pos) => {
    const line = view.state.doc.lineAt(pos)
    const word = templateWordAt(line.text, pos - line.from)
    if (word) return value(view.state.doc, line.from, word, source, texts)
    const key = /^(\s*(?:-\s+)*)([\w-]+)\s*:/.exec(line.text)
    if (!key) return null
    const start = (key[1] ?? '').length
    const end = start + (key[2] ?? '').length
    const at = pos - line.from
    if (at < start || at > end) return null
    const first = Math.max(1, line.number - 2000)
    const lines: string[] = []
    for (let n = first; n <= line.number; n++) lines.push(view.state.doc.line(n).text)
    const { path } = placeAt(lines, line.number - first, start)
    const full = [...(path[0] === '[]' ? path : ['[]', ...path]), key[2] ?? '']
    const text = meaning(full)
    if (!text) return null
    return { pos: line.from + start, end: line.from + end, create: () => box(text, 'en') }
  })
}

/** value says what a variable was in the last request to its endpoint, or what it is in general. */
async function value(doc: Text, at: number, word: { name: string; from: number; to: number }, source: Source, texts: HoverTexts) {
  const [own, words] = await Promise.all([variablesAt(doc, at, source), templateWords()])
  const found = own.find((each) => each.name === word.name)
  const known = [...words.variables, ...words.filters, ...words.tags].find((each) => each.name === word.name)
  const text = found?.value !== undefined ? texts.last(found.value) : found ? texts.none : known?.info
  if (!text) return null
  return { pos: at + word.from, end: at + word.to, create: () => box(text, found ? document.documentElement.lang : 'en') }
}

function box(text: string, lang: string): { dom: HTMLElement } {
  const dom = document.createElement('div')
  dom.className = 'cm-explains'
  dom.lang = lang
  dom.textContent = text
  return { dom }
}

/** The texts that are shown for variables. */
export interface HoverTexts {
  last: (value: string) => string
  none: string
}
