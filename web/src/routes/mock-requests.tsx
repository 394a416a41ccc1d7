import { RequestsPage } from '@/features/requests/requests-page'
import { useMock } from '@/shell/here'

export default function MockRequestsPage() {
  const { id } = useMock()
  return <RequestsPage key={id} />
}
