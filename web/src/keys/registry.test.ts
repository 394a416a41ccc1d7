import { expect, it } from 'vitest'
import { type Action, bound, chord } from './registry'

const press = (key: string, held = '', code = '') =>
  chord({ key, code, ctrlKey: held.includes('c'), metaKey: held.includes('m'), altKey: held.includes('a'), shiftKey: held.includes('s') })

it.each([
  ['n', '', '', 'n'],
  ['N', 's', '', 'shift+n'],
  ['?', 's', '', '?'],
  ['/', '', '', '/'],
  ['k', 'c', '', 'mod+k'],
  ['k', 'm', '', 'mod+k'],
  ['S', 'cs', '', 'mod+shift+s'],
  ['Enter', 'm', '', 'mod+enter'],
  ['Enter', 'a', '', 'alt+enter'],
  ['ƒ', 'as', 'KeyF', 'alt+shift+f'],
  ['F8', '', '', 'f8'],
  ['\\', 'c', '', 'mod+\\'],
])('%s with %s is %s', (key, held, code, want) => {
  expect(press(key, held, code)).toBe(want)
})

it('of two actions with the same keys the page’s own acts, whichever came first', () => {
  const run = () => undefined
  const everywhere: Action = { id: 'new mock', label: '', keys: 'n', group: 'go', run }
  const here: Action = { id: 'new token', label: '', keys: 'n', run }
  expect(bound([here, everywhere], 'n')).toBe(here)
  expect(bound([everywhere, here], 'n')).toBe(here)
  expect(bound([everywhere], 'n')).toBe(everywhere)
  expect(bound([everywhere], 'x')).toBeUndefined()
})
