import { useT } from '@/i18n'
import { Empty, Page } from '@/ui/parts'

export default function AuditPage() {
  const t = useT()
  return (
    <Page title={t.shell.audit}>
      <Empty title={t.pages.soon} />
    </Page>
  )
}
