import { describe, expect, it } from 'vitest'
import * as en from './en'
import { plural } from './plural'
import * as pt from './pt-BR'

type Tree = { [key: string]: unknown }

/** paths lists every text with what it is, so that two catalogues can be held against each other. */
function paths(tree: Tree, at = ''): string[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const path = `${at}${key}`
    if (typeof value === 'function') return [`${path}(${value.length})`]
    if (typeof value === 'string') return [path]
    return paths(value as Tree, `${path}.`)
  })
}

function strings(tree: Tree): string[] {
  return Object.values(tree).flatMap((value) =>
    typeof value === 'string' ? [value] : typeof value === 'object' ? strings(value as Tree) : [],
  )
}

describe('the catalogues', () => {
  it('have the same texts', () => {
    expect(paths(pt).sort()).toEqual(paths(en).sort())
  })
  it('have no empty text, and no exclamation mark', () => {
    for (const text of [...strings(en), ...strings(pt)]) expect(text).toMatch(/^[^!]+$/)
  })
  it('leave nothing in English by mistake', () => {
    const long = strings(en).filter((text) => text.split(' ').length > 3)
    const other = new Set(strings(pt))
    expect(long.filter((text) => other.has(text))).toEqual([])
  })
})

it('numbers take the form of their language', () => {
  expect([0, 1, 2, 1200].map((n) => plural('en', n, 'request', 'requests'))).toEqual([
    '0 requests',
    '1 request',
    '2 requests',
    '1,200 requests',
  ])
  expect([0, 1, 2, 1200].map((n) => plural('pt-BR', n, 'requisição', 'requisições'))).toEqual([
    '0 requisição',
    '1 requisição',
    '2 requisições',
    '1.200 requisições',
  ])
})
