import { Appearance } from '@/features/account'

export default function AppearancePage() {
  return <Appearance />
}
