import { Cell } from '@/lib/listeners'

export type Source = 'draft' | 'published' | 'both' | 'browser'

/** The request that is tried of a mock; it stays while the page does. */
export interface TryInput {
  method: string
  path: string
  headers: string
  body: string
  source: Source
}

const inputs = new Map<string, Cell<TryInput>>()
const requested = new Map<string, Cell<number>>()

export function inputOf(mock: string): Cell<TryInput> {
  const known = inputs.get(mock)
  if (known) return known
  const cell = new Cell<TryInput>({ method: 'GET', path: '', headers: '', body: '', source: 'draft' })
  inputs.set(mock, cell)
  return cell
}

/** Counts how often somebody elsewhere on the page asked for a try. */
export function asked(mock: string): Cell<number> {
  const known = requested.get(mock)
  if (known) return known
  const cell = new Cell(0)
  requested.set(mock, cell)
  return cell
}

/** tryThis puts a request into the panel and sends it. */
export function tryThis(mock: string, input: Partial<TryInput>): void {
  const cell = inputOf(mock)
  cell.set({ ...cell.get(), headers: '', body: '', ...input })
  const cue = asked(mock)
  cue.set(cue.get() + 1)
}

/** examplePath fills the parameters of a path with values that fit. */
export function examplePath(path: string): string {
  const samples: Record<string, string> = {
    int: '1',
    float: '1.5',
    double: '1.5',
    boolean: 'true',
    bool: 'true',
    uuid: '0b0e7c5a-93c4-4b62-9f4c-0d5f0cf1b2aa',
    date: '2024-02-29',
  }
  return path
    .replace(/\/:([\w-]+)(?:\|(\w+))?/g, (_, name: string, type?: string) => `/${samples[type ?? ''] ?? (/id$/.test(name) ? '1' : 'a')}`)
    .replace(/\{[\w-]+(?:\|(\w+))?\}/g, (_, type?: string) => samples[type ?? ''] ?? 'a')
    .replace(/\/\*[\w-]*$/, '/a')
}

export function headersOf(text: string): { name: string; value: string }[] {
  return text.split('\n').flatMap((line) => {
    const at = line.indexOf(':')
    return at > 0 ? [{ name: line.slice(0, at).trim(), value: line.slice(at + 1).trim() }] : []
  })
}
