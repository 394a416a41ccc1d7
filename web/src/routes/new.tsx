import { useT } from '@/i18n'
import { Empty, Page } from '@/ui/parts'

export default function NewPage() {
  const t = useT()
  return (
    <Page title={t.mocks.new}>
      <Empty title={t.pages.soon} />
    </Page>
  )
}
