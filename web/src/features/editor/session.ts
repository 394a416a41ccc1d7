import { redo, undo } from '@codemirror/commands'
import { diagnosticCount, type Diagnostic as Mark, setDiagnostics } from '@codemirror/lint'
import { EditorState, Text, Transaction } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import type { Tagged } from '@/api/client'
import { instanceQuery } from '@/api/queries/instance'
import type { Diagnostic, Mock } from '@/api/queries/mocks'
import { validate } from '@/api/queries/tools'
import { queryClient } from '@/api/query-client'
import { Cell, Listeners } from '@/lib/listeners'
import { sizeOf } from '@/lib/size'
import { completion } from './codemirror/complete'
import { explain, type HoverTexts } from './codemirror/hover'
import { rangeOf } from './codemirror/positions'
import { basics, full } from './codemirror/setup'
import { type Draft, drafts } from './draft'
import { applyFix, fixOf } from './fix'
import { type Item, outline } from './yaml/outline'

/** Somebody else's revision that came while this one was being written. */
export interface Conflict {
  theirs: Tagged<Mock>
}

/** The texts that an editor shows by itself. */
export interface EditorTexts extends HoverTexts {
  label: string
  fix: string
  tooLarge: (size: number, limit: number) => string
}

/**
 * What is being written of one mock. It lives as long as the page, so that undo survives leaving the tab; what is not saved
 * lives in the draft, too.
 */
export class EditorSession {
  readonly mock: string
  readonly account: string
  readonly dirty = new Cell(false)
  readonly diagnostics = new Cell<readonly Diagnostic[]>([])
  /** The validator has not seen the latest text yet. */
  readonly checking = new Cell(false)
  readonly items = new Cell<readonly Item[]>([])
  readonly line = new Cell(1)
  readonly conflict = new Cell<Conflict | undefined>(undefined)
  /** Since when the text is a draft that was found, not one that was typed just now. */
  readonly found = new Cell<number | undefined>(undefined)
  readonly changed = new Listeners()
  #base = Text.empty
  revision: number
  etag: string
  view: EditorView | undefined
  #state: EditorState
  #timers = new Map<string, ReturnType<typeof setTimeout>>()
  #checks: AbortController | undefined

  constructor(account: string, read: Tagged<Mock>, draft: Draft | undefined, texts: EditorTexts) {
    this.account = account
    this.mock = read.data.id
    const content = read.data.content ?? ''
    const stale = draft !== undefined && draft.revision !== read.data.revision
    this.revision = stale ? draft.revision : read.data.revision
    this.etag = stale ? draft.etag : read.etag
    const text = draft?.text ?? content
    this.#state = EditorState.create({
      doc: text,
      selection: { anchor: Math.min(draft?.cursor ?? 0, text.length) },
      extensions: [
        basics(texts.label),
        full(),
        completion(this),
        explain(this, texts),
        EditorView.updateListener.of((update) => {
          if (update.selectionSet || update.docChanged) this.line.set(update.state.doc.lineAt(update.state.selection.main.head).number)
          if (update.docChanged) this.#edited()
        }),
      ],
    })
    this.texts = texts
    this.base = stale ? draft.base : content
    if (draft && text !== this.base) {
      this.dirty.set(true)
      this.found.set(draft.at)
      if (stale) this.conflict.set({ theirs: read })
    }
    this.#look()
    this.#check()
  }

  readonly texts: EditorTexts

  /** What the text is compared with: the revision that it began from. */
  get base(): string {
    return this.#base.toString()
  }
  set base(text: string) {
    // The same document where it is the same text: to compare a document with what it was made of costs next to nothing.
    this.#base = text === this.text ? this.state.doc : this.state.toText(text)
  }

  get state(): EditorState {
    return this.view?.state ?? this.#state
  }
  get text(): string {
    return this.state.doc.toString()
  }

  /** show puts the editor into the page until the answer is called. */
  show(parent: HTMLElement): () => void {
    const view = new EditorView({ state: this.#state, parent })
    this.view = view
    this.#mark()
    return () => {
      this.#state = view.state
      if (this.view === view) this.view = undefined
      view.destroy()
    }
  }

  #later(name: string, wait: number, act: () => void): void {
    clearTimeout(this.#timers.get(name))
    this.#timers.set(name, setTimeout(act, wait))
  }

  #edited(): void {
    this.dirty.set(!this.state.doc.eq(this.#base))
    this.checking.set(true)
    const large = this.state.doc.length > 256 * 1024
    this.#later('outline', large ? 400 : 60, () => this.#look())
    this.#later('check', large ? 800 : 200, () => this.#check())
    this.#later('draft', 400, () => void this.keep())
    this.changed.call()
  }

  #look(): void {
    const [now, before] = [outline(this.state.doc.iterLines()), this.items.get()]
    // Most keys change no endpoint: then nobody who shows them has anything to do.
    const same = now.length === before.length && now.every((each, index) => sameItem(each, before[index] as Item))
    if (!same) this.items.set(now)
  }

  async #check(): Promise<void> {
    this.#checks?.abort()
    const checks = new AbortController()
    this.#checks = checks
    const text = this.text
    try {
      const { limits } = await queryClient.ensureQueryData(instanceQuery)
      const size = sizeOf(text)
      const large = size > limits.content_bytes
      // The server would refuse to look at it.
      const { diagnostics } = large
        ? { diagnostics: [tooLarge(this.texts.tooLarge(size, limits.content_bytes))] }
        : await validate(text, checks.signal)
      if (checks.signal.aborted || this.text !== text) return
      this.diagnostics.set(diagnostics)
      this.checking.set(false)
      this.#mark()
    } catch {
      // The last answer stays; the next key asks again, and so does whoever comes back online.
    }
  }

  #mark(): void {
    const view = this.view
    if (!view) return
    const marks = this.diagnostics.get().map((each): Mark => {
      const fix = fixOf(each)
      return {
        ...rangeOf(view.state.doc, each),
        severity: each.severity,
        message: each.fix ? `${each.message}\n→ ${each.fix}` : each.message,
        actions: fix ? [{ name: this.texts.fix, apply: () => this.fix(each) }] : [],
      }
    })
    // Nothing to add and nothing to take away: an update would make the browser lay the page out once more.
    if (marks.length > 0 || diagnosticCount(view.state) > 0) view.dispatch(setDiagnostics(view.state, marks))
  }

  /** keep writes the draft, or forgets it when there is nothing to keep. */
  async keep(): Promise<void> {
    if (!this.dirty.get()) {
      this.found.set(undefined)
      await drafts.remove(this.account, this.mock)
      return
    }
    const { text, base, revision, etag } = this
    await drafts.write(this.account, this.mock, { text, base, revision, etag, at: Date.now(), cursor: this.state.selection.main.head })
  }

  /** saved says that a text is what the server has now. */
  saved(read: Tagged<Mock>, text: string): void {
    this.base = read.data.content ?? text
    this.revision = read.data.revision
    this.etag = read.etag
    this.conflict.set(undefined)
    this.found.set(undefined)
    this.dirty.set(this.text !== this.base)
    void this.keep()
  }

  /** heard takes what the server has, when it is newer. It says whether the text was changed by it. */
  heard(read: Tagged<Mock>): 'same' | 'taken' | 'conflict' {
    if (read.data.revision <= this.revision) {
      if (read.data.revision === this.revision) this.etag = read.etag
      return 'same'
    }
    const theirs = read.data.content ?? ''
    if (theirs === this.text || theirs === this.base) {
      this.saved(read, theirs)
      return 'same'
    }
    if (this.dirty.get()) {
      this.conflict.set({ theirs: read })
      return 'conflict'
    }
    this.replace(theirs, false)
    this.saved(read, theirs)
    return 'taken'
  }

  /** merged puts theirs and mine together; what overlaps is for whoever writes to decide. */
  async merged(): Promise<{ text: string; overlaps: number } | undefined> {
    const conflict = this.conflict.get()
    if (!conflict) return undefined
    const { merge } = await import('./merge')
    return merge(this.base, conflict.theirs.data.content ?? '', this.text)
  }

  /** settle goes on from their revision, with a text of both. */
  settle(text: string): void {
    const conflict = this.conflict.get()
    if (!conflict) return
    this.base = conflict.theirs.data.content ?? ''
    this.revision = conflict.theirs.data.revision
    this.etag = conflict.theirs.etag
    this.conflict.set(undefined)
    this.replace(text)
    this.dirty.set(this.text !== this.base)
    void this.keep()
  }

  /** replace makes the text another one, changing only what is between the parts that stay: the cursor keeps its place. */
  replace(next: string, undoable = true): void {
    const now = this.text
    if (next === now) return
    let from = 0
    const shortest = Math.min(next.length, now.length)
    while (from < shortest && next[from] === now[from]) from++
    let tail = 0
    while (tail < shortest - from && next[next.length - 1 - tail] === now[now.length - 1 - tail]) tail++
    this.edit({ from, to: now.length - tail, insert: next.slice(from, next.length - tail) }, undefined, undoable)
  }

  /** edit changes the text, whether the editor is in the page or not. */
  edit(changes: { from: number; to?: number; insert: string }, cursor?: number, undoable = true): void {
    const spec = {
      changes,
      ...(cursor === undefined ? {} : { selection: { anchor: cursor }, scrollIntoView: true }),
      ...(undoable ? {} : { annotations: Transaction.addToHistory.of(false) }),
    }
    if (this.view) this.view.dispatch(spec)
    else {
      this.#state = this.#state.update(spec).state
      this.#edited()
    }
  }

  /** step undoes a change, or does it again, whether the editor is in the page or not. */
  step(which: 'undo' | 'redo'): boolean {
    const act = which === 'undo' ? undo : redo
    if (this.view) return act(this.view)
    const done = act({ state: this.#state, dispatch: (transaction) => (this.#state = transaction.state) })
    if (done) this.#edited()
    return done
  }

  /** itemText is the text of an item, and where it begins. */
  itemText(item: Item): { text: string; from: number } {
    const { doc } = this.state
    const from = doc.line(Math.min(item.line, doc.lines)).from
    return { text: doc.sliceString(from, doc.line(Math.min(item.end, doc.lines)).to), from }
  }

  /** look finds the items at once, in place of in a moment. */
  look(): void {
    this.#look()
  }

  /** fix makes the change that a diagnostic proposes. */
  fix(diagnostic: Diagnostic): boolean {
    const change = applyFix(this.state.doc, diagnostic)
    if (!change) return false
    this.edit(change)
    return true
  }

  /** goTo puts the cursor at a place. */
  goTo(line: number, column = 1): void {
    const view = this.view
    if (!view) {
      const at = this.#state.doc.line(Math.min(Math.max(1, line), this.#state.doc.lines)).from
      this.#state = this.#state.update({ selection: { anchor: at } }).state
      this.line.set(line)
      return
    }
    const { from, length } = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines))
    const at = from + Math.min(Math.max(0, column - 1), length)
    view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) })
    view.focus()
  }
}

const tooLarge = (message: string): Diagnostic => ({ line: 1, column: 1, severity: 'error', code: 'TOO_LARGE', message })

const sameItem = (a: Item, b: Item) =>
  a.kind === b.kind && a.method === b.method && a.path === b.path && a.line === b.line && a.end === b.end && a.tag === b.tag

const sessions = new Map<string, EditorSession>()

/** openSession finds what is being written of a mock, from earlier on this page or from a draft. */
export async function openSession(account: string, read: Tagged<Mock>, texts: EditorTexts): Promise<EditorSession> {
  const known = sessions.get(read.data.id)
  if (known) return known
  const draft = await drafts.read(account, read.data.id)
  const opened = sessions.get(read.data.id) ?? new EditorSession(account, read, draft, texts)
  sessions.set(read.data.id, opened)
  return opened
}

/** sessionOf is what is open of a mock, if anything is. */
export function sessionOf(mock: string): EditorSession | undefined {
  return sessions.get(mock)
}

// What was typed in the last moment before the page goes.
if (typeof window !== 'undefined')
  window.addEventListener('pagehide', () => {
    for (const each of sessions.values()) void each.keep()
  })
