import { useT } from '@/i18n'
import { Empty, Page } from '@/ui/parts'

export default function FilesPage() {
  const t = useT()
  return (
    <Page title={t.shell.files}>
      <Empty title={t.pages.soon} />
    </Page>
  )
}
