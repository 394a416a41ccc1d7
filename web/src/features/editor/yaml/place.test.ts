import { describe, expect, it } from 'vitest'
import { placeAt } from './place'

/** The mark ▏ is the cursor. */
function at(text: string) {
  const lines = text.split('\n')
  const row = lines.findIndex((each) => each.includes('▏'))
  const column = lines[row]?.indexOf('▏') ?? 0
  lines[row] = (lines[row] ?? '').replace('▏', '')
  return placeAt(lines, row, column)
}

describe('the place of a cursor', () => {
  it.each([
    ['- endpoint:\n    ▏', '[] endpoint', 'key', ''],
    ['- endpoint:\n    pa▏', '[] endpoint', 'key', 'pa'],
    ['- endpoint:\n    path: /a\n    response:\n      sta▏', '[] endpoint response', 'key', 'sta'],
    ['- endpoint:\n    method: ▏', '[] endpoint method', 'value', ''],
    ['- endpoint:\n    method: PO▏', '[] endpoint method', 'value', 'PO'],
    ['- endpoint:\n    response:\n      headers:\n        Content-Type: app▏', '[] endpoint response headers Content-Type', 'value', 'app'],
    ['- ▏', '[]', 'key', ''],
    ['▏', '', 'key', ''],
    ['- endpoint:\n    path: /a\n- web▏', '[]', 'key', 'web'],
    ['- websocket:\n    on-message:\n      - pat▏', '[] websocket on-message []', 'key', 'pat'],
    ['- websocket:\n    on-message:\n    - pattern: x\n      res▏', '[] websocket on-message []', 'key', 'res'],
    ['- endpoint:\n    path: /a\n\n    # a comment\n    resp▏\n    tag: x', '[] endpoint', 'key', 'resp'],
    ['- endpoint:\n    respo nse: {{\n    la▏', '[] endpoint', 'key', 'la'],
  ])('%s', (text, path, writing, typed) => {
    expect(at(text)).toMatchObject({ path: path.split(' ').filter(Boolean), writing, typed })
  })

  it('knows what is there already', () => {
    expect(at('- endpoint:\n    path: /a\n    ▏\n    response:\n      status: 200\n- endpoint:\n    tag: x').siblings).toEqual([
      'path',
      'response',
    ])
  })
})
