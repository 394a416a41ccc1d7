import { expect, it } from 'vitest'
import { linear, logarithmic, niceTop } from './scale'

it.each([
  [0, 1],
  [1, 1],
  [3, 5],
  [11, 20],
  [21, 25],
  [99, 100],
  [100, 100],
  [101, 200],
  [0.3, 0.5],
])('the axis of %d ends at %d', (most, top) => {
  expect(niceTop(most)).toBeCloseTo(top)
})

it('a linear scale begins at nothing', () => {
  const { place, ticks } = linear([3, 90])
  expect(ticks).toEqual([100, 50, 0])
  expect([0, 50, 100].map(place)).toEqual([0, 0.5, 1])
  expect(linear([]).ticks).toEqual([1, 0.5, 0])
})

it('a logarithmic scale goes from power to power of ten', () => {
  const { place, ticks } = logarithmic([120, 16_384, 131_072])
  expect(ticks.map(Math.round)).toEqual([1_000_000, 10_000, 100])
  expect([100, 1000, 10_000, 1_000_000].map((each) => Math.round(place(each) * 100))).toEqual([0, 25, 50, 100])
  expect(place(0)).toBe(0)
  expect(logarithmic([]).ticks).toEqual([100, 10, 1])
  expect(logarithmic([7, 7]).ticks).toEqual([100, 10, 1])
})
