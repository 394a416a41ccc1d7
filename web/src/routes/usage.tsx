import { useT } from '@/i18n'
import { Empty, Page } from '@/ui/parts'

export default function UsagePage() {
  const t = useT()
  return (
    <Page title={t.shell.usage}>
      <Empty title={t.pages.soon} />
    </Page>
  )
}
