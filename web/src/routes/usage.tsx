import { getRouteApi } from '@tanstack/react-router'
import { Usage } from '@/features/usage'

const route = getRouteApi('/app/w/$ws/usage')

export default function UsagePage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  return <Usage search={search} onSearch={(change) => void navigate({ search: (before) => ({ ...before, ...change }) })} />
}
