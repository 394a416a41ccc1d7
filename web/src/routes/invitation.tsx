import { PublicFrame } from '@/features/signin/frame'
import { useT } from '@/i18n'

export default function InvitationPage() {
  const t = useT()
  return (
    <PublicFrame title={t.pages.invitation}>
      <p className="text-ink-2">{t.pages.soon}</p>
    </PublicFrame>
  )
}
