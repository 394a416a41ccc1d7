import type { Extension } from '@codemirror/state'
import { hoverTooltip } from '@codemirror/view'
import { placeAt } from '../yaml/place'
import { meaning } from './schema'

/** What a key means, under the mouse. */
export function explain(): Extension {
  return hoverTooltip((view, pos) => {
    const line = view.state.doc.lineAt(pos)
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
    return {
      pos: line.from + start,
      end: line.from + end,
      create: () => {
        const dom = document.createElement('div')
        dom.className = 'cm-explains'
        dom.lang = 'en'
        dom.textContent = text
        return { dom }
      },
    }
  })
}
