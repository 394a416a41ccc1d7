import { getRouteApi } from '@tanstack/react-router'
import { Audit } from '@/features/audit'

const route = getRouteApi('/app/w/$ws/audit')

export default function AuditPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  return <Audit search={search} onSearch={(change) => void navigate({ search: (before) => ({ ...before, ...change }), replace: true })} />
}
