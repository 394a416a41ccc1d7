import { Outlet } from '@tanstack/react-router'
import { useT } from '@/i18n'
import { Page } from '@/ui/parts'
import { TabLinks } from '@/ui/tabs'

/** The frame of the pages about one's own account. */
export default function AccountFrame() {
  const t = useT()
  return (
    <Page title={t.shell.account}>
      <TabLinks
        label={t.shell.account}
        className="px-0!"
        tabs={[
          { to: '/account/profile', label: t.pages.profile },
          { to: '/account/sessions', label: t.pages.sessions },
          { to: '/account/tokens', label: t.pages.tokens },
          { to: '/account/invitations', label: t.pages.invitations },
          { to: '/account/appearance', label: t.pages.appearance },
          { to: '/account/data', label: t.pages.data },
        ]}
      />
      <Outlet />
    </Page>
  )
}
