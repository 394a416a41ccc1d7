import { Cell } from './listeners'

export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

// Plain text and not JSON: public/theme.js reads it before anything else is there.
const key = 'mocloud.theme'

function chosen(): Theme {
  try {
    const text = localStorage.getItem(key)
    return themes.find((each) => each === text) ?? 'system'
  } catch {
    return 'system'
  }
}

const prefersDark = typeof matchMedia === 'function' ? matchMedia('(prefers-color-scheme: dark)') : undefined

/** The theme that was chosen. */
export const theme = new Cell<Theme>(chosen())

function show(): void {
  const dark = theme.get() === 'dark' || (theme.get() === 'system' && prefersDark?.matches === true)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
}

export function chooseTheme(next: Theme): void {
  try {
    localStorage.setItem(key, next)
  } catch {
    // It lasts as long as the page, then.
  }
  theme.set(next)
  show()
}

prefersDark?.addEventListener('change', show)
