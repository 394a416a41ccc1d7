import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import type { Extension } from '@codemirror/state'
import { Decoration, type DecorationSet, EditorView, MatchDecorator, ViewPlugin, type ViewUpdate } from '@codemirror/view'
import { tags as t } from '@lezer/highlight'

const look = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--surface)', color: 'var(--ink)', fontSize: '12.5px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono, "JetBrains Mono Variable", monospace)', lineHeight: '20px' },
  '.cm-content': { caretColor: 'var(--ink)', padding: '8px 0 120px' },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--ink)', borderLeftWidth: '2px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, .cm-content ::selection': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 26%, transparent)',
  },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--ink-3)', border: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 8px 0 12px', minWidth: '36px' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--off-soft) 55%, transparent)' },
  '.cm-foldGutter .cm-gutterElement': { color: 'var(--ink-3)', width: '14px' },
  '.cm-foldPlaceholder': { backgroundColor: 'var(--off-soft)', border: 'none', color: 'var(--ink-3)', padding: '0 6px' },
  '.cm-matchingBracket, .cm-nonmatchingBracket': { backgroundColor: 'var(--accent-soft)', outline: 'none' },
  '.cm-template': { color: 'var(--template)', backgroundColor: 'var(--template-soft)', borderRadius: '3px' },
  '.cm-template span': { color: 'inherit' },
  '.cm-hits': { minWidth: '44px', paddingRight: '8px', color: 'var(--ink-3)', fontSize: '11px', textAlign: 'right' },
  '.cm-hits .cm-errors': { color: 'var(--bad)' },
  '.cm-panels': { backgroundColor: 'var(--sunken)', color: 'var(--ink)', borderColor: 'var(--line)' },
  '.cm-panels input, .cm-panels button': {
    font: '400 12px/16px "Inter Variable", sans-serif',
    color: 'var(--ink)',
    backgroundImage: 'none',
    backgroundColor: 'var(--surface)',
    border: '1px solid var(--control)',
    borderRadius: '4px',
    padding: '3px 6px',
  },
  '.cm-searchMatch': { backgroundColor: 'var(--warn-soft)', outline: '1px solid var(--warn)' },
  '.cm-searchMatch-selected': { backgroundColor: 'var(--accent-soft)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface)',
    color: 'var(--ink)',
    border: '1px solid var(--line)',
    borderRadius: '6px',
    boxShadow: 'var(--shadow-menu)',
    overflow: 'hidden',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: '"JetBrains Mono Variable", monospace', maxHeight: '16em' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 10px', lineHeight: '18px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--accent-soft)', color: 'var(--ink)' },
  '.cm-completionDetail': { color: 'var(--ink-3)', fontStyle: 'normal', marginLeft: '12px' },
  '.cm-completionMatchedText': { textDecoration: 'none', color: 'var(--accent-text)', fontWeight: '600' },
  '.cm-completionInfo': { padding: '8px 10px', maxWidth: '320px', font: '400 12px/16px "Inter Variable", sans-serif' },
  '.cm-diagnostic': {
    padding: '6px 10px',
    borderLeft: 'none',
    font: '400 12px/16px "Inter Variable", sans-serif',
    whiteSpace: 'pre-wrap',
    maxWidth: '480px',
  },
  '.cm-diagnostic-error': { color: 'var(--bad)' },
  '.cm-diagnostic-warning': { color: 'var(--warn)' },
  '.cm-diagnosticAction': { color: 'var(--accent-text)', backgroundColor: 'var(--accent-soft)', borderRadius: '4px', fontWeight: '500' },
  '.cm-lintRange-error': { backgroundImage: 'none', borderBottom: '2px solid var(--bad)' },
  '.cm-lintRange-warning': { backgroundImage: 'none', borderBottom: '2px solid var(--warn)' },
  '.cm-explains': { padding: '8px 10px', maxWidth: '360px', font: '400 12px/16px "Inter Variable", sans-serif' },
  '.cm-changedLine, .cm-insertedLine': { backgroundColor: 'var(--good-soft)' },
  '.cm-deletedChunk': { backgroundColor: 'var(--bad-soft)' },
})

const colours = syntaxHighlighting(
  HighlightStyle.define([
    { tag: [t.propertyName, t.definition(t.propertyName)], color: 'var(--accent-text)' },
    { tag: [t.string, t.special(t.string), t.content], color: 'var(--good)' },
    { tag: [t.number, t.bool, t.null, t.atom], color: 'var(--number)' },
    { tag: [t.comment, t.lineComment], color: 'var(--ink-3)', fontStyle: 'italic' },
    { tag: [t.keyword, t.labelName, t.typeName, t.meta], color: 'var(--patch)' },
    { tag: [t.punctuation, t.separator, t.squareBracket, t.brace], color: 'var(--ink-3)' },
  ]),
)

const mark = Decoration.mark({ class: 'cm-template' })
const matcher = new MatchDecorator({ regexp: /\{\{[^\n]*?\}\}|\{%[^\n]*?%\}|\{#[^\n]*?#\}/g, decoration: mark })

/** Templates stand out wherever they are, in strings and outside of them. */
const templates = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet
    constructor(view: EditorView) {
      this.decorations = matcher.createDeco(view)
    }
    update(update: ViewUpdate) {
      this.decorations = matcher.updateDeco(update, this.decorations)
    }
  },
  { decorations: (plugin) => plugin.decorations },
)

export const appearance: Extension = [look, colours, templates]
