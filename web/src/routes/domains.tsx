import { useT } from '@/i18n'
import { Empty, Page } from '@/ui/parts'

export default function DomainsPage() {
  const t = useT()
  return (
    <Page title={t.shell.domains}>
      <Empty title={t.pages.soon} />
    </Page>
  )
}
