import { useT } from '@/i18n'
import { Empty } from '@/ui/parts'

export default function GeneralPage() {
  const t = useT()
  return <Empty title={t.pages.soon} />
}
