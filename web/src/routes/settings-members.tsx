import { Members } from '@/features/org'

export default function MembersPage() {
  return <Members />
}
