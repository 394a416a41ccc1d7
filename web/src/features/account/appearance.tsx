import { chooseLanguage, type Language, languages, useLanguage, useT } from '@/i18n'
import { chooseDensity, densities, density } from '@/lib/density'
import { chooseTheme, theme, themes } from '@/lib/theme'
import { useCell } from '@/lib/use-cell'
import { Choices } from '@/ui/choices'
import { Section } from '@/ui/form'

/** How the console looks in this browser. */
export function Appearance() {
  const t = useT()
  const language = useLanguage()
  return (
    <>
      <Section title={t.appearance.theme} lead={t.appearance.themeLead}>
        <Choices
          label={t.appearance.theme}
          value={useCell(theme)}
          choices={themes.map((value) => ({ value, label: t.appearance.themes[value] }))}
          onChoose={chooseTheme}
        />
      </Section>
      <Section title={t.appearance.language} lead={t.appearance.languageLead}>
        <Choices
          label={t.appearance.language}
          value={language}
          choices={Object.entries(languages).map(([value, label]) => ({ value: value as Language, label, lang: value }))}
          onChoose={(next) => void chooseLanguage(next)}
        />
      </Section>
      <Section title={t.appearance.density} lead={t.appearance.densityLead}>
        <Choices
          label={t.appearance.density}
          value={useCell(density)}
          choices={densities.map((value) => ({ value, label: t.appearance.densities[value] }))}
          onChoose={chooseDensity}
        />
      </Section>
    </>
  )
}
