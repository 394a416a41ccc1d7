import { OwnInvitations } from '@/features/account'

export default function InvitationsPage() {
  return <OwnInvitations />
}
