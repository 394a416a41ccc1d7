import { Sessions } from '@/features/account'

export default function SessionsPage() {
  return <Sessions />
}
