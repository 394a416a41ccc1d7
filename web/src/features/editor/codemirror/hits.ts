import { type EditorState, RangeSetBuilder, StateEffect, StateField } from '@codemirror/state'
import { type EditorView, GutterMarker, gutter } from '@codemirror/view'
import { compact } from '@/i18n/format'

/** How often an endpoint was called, by the line that it begins at. */
export interface Hits {
  requests: number
  errors: number
}

export const setHits = StateEffect.define<ReadonlyMap<number, Hits>>()

class Marker extends GutterMarker {
  readonly hits: Hits
  constructor(hits: Hits) {
    super()
    this.hits = hits
  }
  override eq(other: Marker): boolean {
    return other.hits.requests === this.hits.requests && other.hits.errors === this.hits.errors
  }
  override toDOM(): Node {
    const place = document.createElement('span')
    place.textContent = compact(this.hits.requests)
    if (this.hits.errors > 0) place.className = 'cm-errors'
    return place
  }
}

const field = StateField.define<{ lines: ReadonlyMap<number, Hits> }>({
  create: () => ({ lines: new Map() }),
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(setHits)) return { lines: effect.value }
    return value
  },
})

/** hitsShown says whether any line has a number. */
export const hitsShown = (state: EditorState) => (state.field(field, false)?.lines.size ?? 0) > 0

/** The number of calls beside each endpoint. */
export const hitsGutter = [
  field,
  gutter({
    class: 'cm-hits',
    side: 'after',
    markers(view: EditorView) {
      const builder = new RangeSetBuilder<GutterMarker>()
      const { lines } = view.state.field(field)
      for (const line of [...lines.keys()].sort((a, b) => a - b)) {
        if (line <= view.state.doc.lines) {
          const at = view.state.doc.line(line).from
          builder.add(at, at, new Marker(lines.get(line) as Hits))
        }
      }
      return builder.finish()
    },
    lineMarkerChange: (update) => update.transactions.some((each) => each.effects.some((effect) => effect.is(setHits))),
  }),
]
