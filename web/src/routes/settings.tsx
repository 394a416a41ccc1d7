import { Outlet } from '@tanstack/react-router'
import { useT } from '@/i18n'
import { useWorkspace } from '@/shell/here'
import { Page } from '@/ui/parts'
import { TabLinks } from '@/ui/tabs'

/** The frame of a workspace's settings. */
export default function SettingsFrame() {
  const t = useT()
  const { slug, name } = useWorkspace()
  const at = `/w/${slug}/settings`
  return (
    <Page title={t.shell.settings} lead={name || slug}>
      <TabLinks
        label={t.shell.settings}
        className="px-0!"
        tabs={[
          { to: `${at}/general`, label: t.pages.general },
          { to: `${at}/members`, label: t.pages.members },
          { to: `${at}/tokens`, label: t.pages.tokens },
          { to: `${at}/quota`, label: t.pages.quota },
        ]}
      />
      <Outlet />
    </Page>
  )
}
