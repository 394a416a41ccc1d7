import { useEffect, useRef } from 'react'
import { Cell } from '@/lib/listeners'

/**
 * An action that people can take: one entry feeds the key handler, the sheet of keys, the palette and the tooltips, so that
 * they cannot disagree.
 */
export interface Action {
  id: string
  label: string
  /** As in `mod+k`, `g m`, `shift+c`; mod is ⌘ or Ctrl. Single keys act outside of text only. */
  keys?: string
  group?: 'go' | 'here'
  /** Not in the palette: it makes no sense without the thing in focus. */
  hidden?: boolean
  run: () => void
}

/** The actions of what is on the screen; of two with the same keys the page's own acts, then the later one. */
export const actions = new Cell<readonly Action[]>([])

/** useActions offers actions while the component is there. */
export function useActions(offered: Action[]): void {
  const latest = useRef(offered)
  latest.current = offered
  const signature = offered.map((each) => `${each.id}\t${each.label}\t${each.keys}`).join('\n')
  // biome-ignore lint/correctness/useExhaustiveDependencies: the signature stands for the actions, whose closures change with every render
  useEffect(() => {
    const added = latest.current.map((each, index) => ({ ...each, run: () => latest.current[index]?.run() }))
    actions.set([...actions.get(), ...added])
    return () => actions.set(actions.get().filter((each) => !added.includes(each)))
  }, [signature])
}

const mac = typeof navigator !== 'undefined' && /mac|iphone|ipad/i.test(navigator.platform)

const names: Record<string, [onMac: string, elsewhere: string]> = {
  mod: ['⌘', 'Ctrl'],
  alt: ['⌥', 'Alt'],
  shift: ['⇧', 'Shift'],
  enter: ['⏎', 'Enter'],
  escape: ['Esc', 'Esc'],
}

/** shown writes keys as the reader's keyboard has them. */
export function shown(keys: string): string {
  return keys
    .split(' ')
    .map((chord) =>
      chord
        .split('+')
        .map((part) => names[part]?.[mac ? 0 : 1] ?? part.toUpperCase())
        .join(mac ? '' : '+'),
    )
    .join(' ')
}

/** chord names what was pressed, in the words of Action.keys. */
export function chord(event: Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>): string {
  const command = event.ctrlKey || event.metaKey
  // With ⌥ a Mac types other characters: the place on the keyboard counts then.
  const key = (event.altKey && /^Key[A-Z]$/.test(event.code) ? event.code.slice(3) : event.key).toLowerCase()
  const letter = /^[a-z]$/.test(key)
  const shift = event.shiftKey && (letter || command || event.altKey || key.length > 1)
  return [command && 'mod', event.altKey && 'alt', shift && 'shift', key].filter(Boolean).join('+')
}

function inText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** bound is what keys do: an action of the page rather than one that is everywhere, and of several the latest. */
export function bound(all: readonly Action[], keys: string): Action | undefined {
  return all.findLast((each) => each.keys === keys && each.group !== 'go') ?? all.findLast((each) => each.keys === keys)
}

let first = ''
let firstAt = 0

function handle(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return
  const pressed = chord(event)
  const commanding = /^(mod|alt)\+|^f\d+$/.test(pressed)
  if (!commanding && inText(event.target)) return
  // What lies over the page has its own keys.
  if (!commanding && document.querySelector('[role=dialog],[role=menu]')) return
  const sequence = Date.now() - firstAt < 1200 ? `${first} ${pressed}` : ''
  const all = actions.get()
  const action = bound(all, sequence) ?? bound(all, pressed)
  first = commanding ? '' : pressed
  firstAt = Date.now()
  if (!action) return
  event.preventDefault()
  first = ''
  action.run()
}

/** listen makes the keys act. */
export function listen(): () => void {
  document.addEventListener('keydown', handle)
  return () => document.removeEventListener('keydown', handle)
}
