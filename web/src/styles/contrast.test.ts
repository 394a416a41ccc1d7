import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8')

/** The colours of a block of the style sheet. */
function tokens(selector: string): Record<string, string> {
  const block = css.slice(css.indexOf(selector)).split('}')[0] ?? ''
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((each) => [each[1], each[2]]))
}

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

describe.each([
  ['light', ':root {'],
  ['dark', '[data-theme="dark"]'],
])('the %s theme', (_, selector) => {
  const colours = tokens(selector)
  const of = (name: string) => colours[name] ?? '#000000'
  const grounds = ['bg', 'surface', 'sunken']
  const texts = ['ink', 'ink-2', 'ink-3', 'accent-text', 'good', 'warn', 'bad', 'info', 'off', 'patch', 'socket', 'number', 'template']

  it.each(texts.flatMap((text) => grounds.map((ground) => [text, ground])))('%s is readable on %s', (text, ground) => {
    expect(contrast(of(text), of(ground))).toBeGreaterThanOrEqual(4.5)
  })
  it.each(['good', 'warn', 'bad', 'info', 'off', 'template'])('%s is readable on its soft ground', (name) => {
    expect(contrast(of(name), of(`${name}-soft`))).toBeGreaterThanOrEqual(4.5)
  })
  it('what is chosen is readable', () => {
    for (const text of ['ink', 'ink-2', 'accent-text']) expect(contrast(of(text), of('accent-soft'))).toBeGreaterThanOrEqual(4.5)
    expect(contrast('#ffffff', of('accent'))).toBeGreaterThanOrEqual(4.5)
  })
  it.each(grounds)('controls stand out from %s', (ground) => {
    expect(contrast(of('control'), of(ground))).toBeGreaterThanOrEqual(3)
  })
})
