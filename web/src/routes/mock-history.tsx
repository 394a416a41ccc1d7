import { HistoryPage } from '@/features/history/history-page'
import { useMock } from '@/shell/here'

export default function MockHistoryPage() {
  const { id } = useMock()
  return <HistoryPage key={id} />
}
