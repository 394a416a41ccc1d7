import { expect, it } from 'vitest'
import { nearest } from './nearest'

it('finds what was meant', () => {
  expect(nearest('pet', ['orders', 'pets', 'petstore', 'billing'])).toEqual(['pets', 'petstore'])
  expect(nearest('oders', ['orders', 'pets'])).toEqual(['orders'])
  expect(nearest('zzzzz', ['orders', 'pets'])).toEqual([])
})
