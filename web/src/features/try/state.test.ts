import { expect, it } from 'vitest'
import { examplePath, headersOf } from './state'

it.each([
  ['/pets', '/pets'],
  ['/pets/:id|int/photos/:name', '/pets/1/photos/a'],
  ['/pets/:id', '/pets/1'],
  ['/r/{n|int}.pdf', '/r/1.pdf'],
  ['/files/*path', '/files/a'],
])('%s is tried as %s', (path, want) => {
  expect(examplePath(path)).toBe(want)
})

it('reads headers a line each', () => {
  expect(headersOf('Accept: text/html\n\nbad\nX: a:b')).toEqual([
    { name: 'Accept', value: 'text/html' },
    { name: 'X', value: 'a:b' },
  ])
})
