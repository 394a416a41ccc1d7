import { Cell } from './listeners'
import { recall, remember } from './stored'

export const densities = ['comfortable', 'compact'] as const
export type Density = (typeof densities)[number]

const isDensity = (value: unknown): value is Density => densities.some((each) => each === value)

/** How close rows stand. */
export const density = new Cell<Density>(recall('density', 'comfortable', isDensity))

function show(): void {
  if (typeof document !== 'undefined') document.documentElement.dataset.density = density.get()
}

export function chooseDensity(next: Density): void {
  remember('density', next)
  density.set(next)
  show()
}

show()
