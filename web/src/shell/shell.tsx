import { useSuspenseQuery } from '@tanstack/react-query'
import { Link, Outlet, useParams, useRouter, useRouterState } from '@tanstack/react-router'
import {
  Activity,
  Boxes,
  ChartNoAxesColumn,
  ChevronsUpDown,
  CircleUser,
  FileText,
  Globe,
  LogOut,
  type LucideIcon,
  Plus,
  ScrollText,
  Search,
  Settings,
} from 'lucide-react'
import { lazy, Suspense, useEffect, useState } from 'react'
import { accountQuery, useSignOut } from '@/api/queries/account'
import { workspacesQuery } from '@/api/queries/workspaces'
import { SignInAgain } from '@/features/signin/again'
import { useT } from '@/i18n'
import { useActions } from '@/keys/registry'
import { cx } from '@/lib/cx'
import { recall, remember } from '@/lib/stored'
import { useLive } from '@/live/use-live'
import { Keys } from '@/ui/button'
import { Menu } from '@/ui/menu'
import { LiveMark } from './live-mark'

const loadPalette = () => import('@/keys/palette')
const Palette = lazy(loadPalette)
const Sheet = lazy(() => import('@/keys/sheet'))

const isText = (value: unknown): value is string => typeof value === 'string'

/** What is around every page: the rail (a bar at the foot on phones), the keys that work everywhere, the live connection. */
export function Shell() {
  const t = useT()
  const router = useRouter()
  const { data: account } = useSuspenseQuery(accountQuery)
  const { data: workspaces } = useSuspenseQuery(workspacesQuery)
  const params = useParams({ strict: false })
  const here = params.ws ?? recall('workspace', '', isText)
  const workspace = workspaces.find((each) => each.slug === here) ?? workspaces.find((each) => each.personal) ?? workspaces[0]
  const ws = workspace?.slug ?? ''
  const [over, setOver] = useState<'palette' | 'sheet' | undefined>()
  const signOut = useSignOut()

  useLive()
  useEffect(() => {
    if (params.ws) remember('workspace', params.ws)
  }, [params.ws])

  // So that what is typed right after ⌘K is not lost.
  useEffect(() => {
    const timer = setTimeout(() => void loadPalette(), 2000)
    return () => clearTimeout(timer)
  }, [])

  const go = (to: string) => () => void router.navigate({ to })
  useActions([
    { id: 'palette', label: t.keys.palette, keys: 'mod+k', hidden: true, run: () => setOver('palette') },
    { id: 'sheet', label: t.keys.help, keys: '?', run: () => setOver('sheet') },
    { id: 'go.mocks', label: t.shell.mocks, keys: 'g m', group: 'go', run: go(`/w/${ws}/mocks`) },
    { id: 'go.files', label: t.shell.files, keys: 'g f', group: 'go', run: go(`/w/${ws}/files`) },
    { id: 'go.domains', label: t.shell.domains, keys: 'g d', group: 'go', run: go(`/w/${ws}/domains`) },
    { id: 'go.usage', label: t.shell.usage, keys: 'g u', group: 'go', run: go(`/w/${ws}/usage`) },
    { id: 'go.audit', label: t.shell.audit, keys: 'g a', group: 'go', run: go(`/w/${ws}/audit`) },
    { id: 'go.settings', label: t.shell.settings, keys: 'g s', group: 'go', run: go(`/w/${ws}/settings/general`) },
    { id: 'go.account', label: t.shell.account, group: 'go', run: go('/account/profile') },
    { id: 'new', label: t.mocks.new, keys: 'n', group: 'go', run: () => void router.navigate({ to: '/new', search: { workspace: ws } }) },
    { id: 'sign-out', label: t.shell.signOut, group: 'go', run: () => signOut.mutate() },
  ])

  const switcher = (
    <Menu
      label={t.shell.switchWorkspace}
      entries={[
        ...workspaces.map((each) => ({
          label: each.name || each.slug,
          hint: each.slug,
          run: () => void router.navigate({ to: '/w/$ws/mocks', params: { ws: each.slug } }),
        })),
        null,
        {
          label: t.shell.newWorkspace,
          icon: <Plus size={16} strokeWidth={1.5} />,
          run: () => void router.navigate({ to: '/account/profile', hash: 'organisations' }),
        },
      ]}
    >
      <button
        type="button"
        aria-label={`${t.shell.switchWorkspace}: ${ws}`}
        className="flex h-9 w-full min-w-0 items-center gap-2 rounded-md px-2 text-left hover:bg-off-soft"
      >
        <span aria-hidden="true" className="grid size-6 shrink-0 place-items-center rounded-md bg-accent font-semibold text-white text-xs">
          {ws.slice(0, 1).toUpperCase()}
        </span>
        <span className="mid:hidden min-w-0 flex-1 truncate font-semibold narrow:block">{workspace?.name || ws}</span>
        <ChevronsUpDown size={14} strokeWidth={1.5} className="mid:hidden text-ink-3 narrow:block" />
      </button>
    </Menu>
  )

  return (
    <div className="flex min-h-dvh narrow:flex-col">
      <a href="#content" className="-top-12 absolute left-2 z-50 rounded-md bg-accent px-3 py-2 text-white focus:top-2">
        {t.common.skip}
      </a>
      <Progress />
      <nav
        aria-label={t.shell.nav}
        className="sticky top-0 mid:w-14 flex h-dvh w-52 shrink-0 flex-col gap-0.5 border-line border-r bg-surface p-2 narrow:hidden"
      >
        {switcher}
        <button
          type="button"
          onClick={() => setOver('palette')}
          title={t.keys.palette}
          className="my-1 flex h-8 items-center gap-2 rounded-md border border-line px-2 text-ink-3 hover:bg-off-soft mid:justify-center"
        >
          <Search size={16} strokeWidth={1.5} />
          <span className="mid:sr-only flex-1 text-left">{t.common.search}</span>
          <Keys keys="mod+k" />
        </button>
        <Item to={`/w/${ws}/mocks`} icon={Boxes} label={t.shell.mocks} />
        <Item to={`/w/${ws}/files`} icon={FileText} label={t.shell.files} />
        <Item to={`/w/${ws}/domains`} icon={Globe} label={t.shell.domains} />
        <Item to={`/w/${ws}/usage`} icon={ChartNoAxesColumn} label={t.shell.usage} />
        <Item to={`/w/${ws}/audit`} icon={ScrollText} label={t.shell.audit} />
        <Item to={`/w/${ws}/settings`} icon={Settings} label={t.shell.settings} />
        <div className="flex-1" />
        <LiveMark />
        <Menu
          label={t.shell.account}
          entries={[
            { label: t.shell.account, icon: <CircleUser size={16} strokeWidth={1.5} />, run: go('/account/profile') },
            { label: t.shell.signOut, icon: <LogOut size={16} strokeWidth={1.5} />, run: () => signOut.mutate() },
          ]}
        >
          <button
            type="button"
            aria-label={`${t.shell.account}: ${account.data.username}`}
            className="flex h-9 mid:justify-center items-center gap-2 rounded-md px-2 text-ink-2 hover:bg-off-soft hover:text-ink"
          >
            <CircleUser size={16} strokeWidth={1.5} className="shrink-0" />
            <span className="mid:hidden truncate">{account.data.username}</span>
          </button>
        </Menu>
      </nav>
      <header className="sticky top-0 z-20 hidden h-12 items-center gap-2 border-line border-b bg-surface px-2 narrow:flex">
        <div className="min-w-0 flex-1">{switcher}</div>
        <LiveMark />
      </header>
      <main id="content" tabIndex={-1} className="flex min-w-0 flex-1 flex-col outline-none narrow:pb-16">
        <Outlet />
      </main>
      <nav aria-label={t.shell.nav} className="fixed inset-x-0 bottom-0 z-30 hidden h-14 border-line border-t bg-surface narrow:flex">
        <Foot to={`/w/${ws}/mocks`} icon={Boxes} label={t.shell.mocks} />
        <Foot to={`/w/${ws}/usage`} icon={Activity} label={t.shell.usage} />
        <button
          type="button"
          onClick={() => setOver('palette')}
          className="flex flex-1 flex-col items-center justify-center gap-0.5 text-ink-2 text-xs"
        >
          <Search size={18} strokeWidth={1.5} />
          {t.common.search}
        </button>
        <Foot to={`/w/${ws}/settings`} icon={Settings} label={t.shell.settings} />
        <Foot to="/account" icon={CircleUser} label={t.shell.account} />
      </nav>
      <Suspense>
        {over === 'palette' && <Palette ws={ws} onClose={() => setOver(undefined)} />}
        {over === 'sheet' && <Sheet onClose={() => setOver(undefined)} />}
      </Suspense>
      <SignInAgain />
    </div>
  )
}

function Item({ to, icon: Icon, label }: { to: string; icon: LucideIcon; label: string }) {
  return (
    <Link
      to={to}
      title={label}
      className="flex h-8 mid:justify-center items-center gap-2 rounded-md px-2 text-ink-2 hover:bg-off-soft hover:text-ink"
      activeProps={{ className: 'bg-accent-soft font-medium text-accent-text!' }}
    >
      <Icon size={16} strokeWidth={1.5} className="shrink-0" />
      <span className="mid:sr-only">{label}</span>
    </Link>
  )
}

function Foot({ to, icon: Icon, label }: { to: string; icon: LucideIcon; label: string }) {
  return (
    <Link
      to={to}
      className="flex flex-1 flex-col items-center justify-center gap-0.5 text-ink-2 text-xs"
      activeProps={{ className: 'text-accent-text!' }}
    >
      <Icon size={18} strokeWidth={1.5} />
      {label}
    </Link>
  )
}

/** A bar at the top where a page takes longer than a second. */
function Progress() {
  const loading = useRouterState({ select: (state) => state.isLoading })
  const [late, setLate] = useState(false)
  useEffect(() => {
    if (!loading) return setLate(false)
    const timer = setTimeout(() => setLate(true), 1000)
    return () => clearTimeout(timer)
  }, [loading])
  return <div aria-hidden="true" className={cx('fixed inset-x-0 top-0 z-50 h-0.5 animate-pulse bg-accent', !late && 'hidden')} />
}
