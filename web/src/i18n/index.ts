import { Cell } from '@/lib/listeners'
import { recall, remember } from '@/lib/stored'
import { useCell } from '@/lib/use-cell'
import * as en from './en'

/** Every text of the console: a tree of strings and of functions that make them. */
export type Texts = typeof en

export const languages = { en: 'English', 'pt-BR': 'Português (Brasil)' } as const
export type Language = keyof typeof languages

const isLanguage = (value: unknown): value is Language => typeof value === 'string' && value in languages

function preferred(): Language {
  const wanted = typeof navigator === 'undefined' ? [] : navigator.languages
  for (const each of wanted) {
    if (each.toLowerCase().startsWith('pt')) return 'pt-BR'
    if (each.toLowerCase().startsWith('en')) return 'en'
  }
  return 'en'
}

interface Shown {
  language: Language
  texts: Texts
}

const shown = new Cell<Shown>({ language: 'en', texts: en })

async function show(language: Language): Promise<void> {
  const texts = language === 'en' ? en : ((await import('./pt-BR')) as Texts)
  document.documentElement.lang = language
  shown.set({ language, texts })
}

/** startLanguage shows the chosen language, or the browser's. */
export function startLanguage(): Promise<void> {
  return show(recall('language', preferred(), isLanguage))
}

export function chooseLanguage(language: Language): Promise<void> {
  remember('language', language)
  return show(language)
}

/** useT gives the texts in the language that is shown. */
export function useT(): Texts {
  return useCell(shown).texts
}

export function useLanguage(): Language {
  return useCell(shown).language
}

/** For what is not a component. */
export const texts = (): Texts => shown.get().texts
export const language = (): Language => shown.get().language
