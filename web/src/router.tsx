import { createRootRoute, createRoute, createRouter, lazyRouteComponent, notFound, Outlet, redirect } from '@tanstack/react-router'
import * as z from 'zod/mini'
import { hasCode } from '@/api/problem'
import { accountQuery } from '@/api/queries/account'
import { bySlugQuery, indexQuery, mockQuery } from '@/api/queries/mocks'
import { workspacesQuery } from '@/api/queries/workspaces'
import { queryClient } from '@/api/query-client'
import { recall } from '@/lib/stored'
import { Crashed, NotFound } from '@/shell/failures'
import { Shell } from '@/shell/shell'

// Whatever changes what is shown is in the address. A parameter that makes no sense is as good as absent.
const text = z.catch(z.optional(z.coerce.string()), undefined)
const whole = z.catch(z.optional(z.coerce.number().check(z.int(), z.positive())), undefined)
const oneOf = <const T extends readonly [string, ...string[]]>(values: T) => z.catch(z.optional(z.enum(values)), undefined)
const search = <T extends z.core.$ZodLooseShape>(shape: T) => {
  const schema = z.object(shape)
  return (input: Record<string, unknown>) => z.parse(schema, input)
}

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: Crashed })

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/signin',
  validateSearch: search({ to: text, code: text }),
  component: lazyRouteComponent(() => import('@/routes/signin')),
})
const signInReturn = createRoute({
  getParentRoute: () => root,
  path: '/signin/return',
  validateSearch: search({ code: text, error_description: text }),
  component: lazyRouteComponent(() => import('@/routes/signin-return')),
})
const signUp = createRoute({ getParentRoute: () => root, path: '/signup', component: lazyRouteComponent(() => import('@/routes/signup')) })
const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation',
  component: lazyRouteComponent(() => import('@/routes/invitation')),
})

/** Everything that takes a session. */
const app = createRoute({
  getParentRoute: () => root,
  id: 'app',
  beforeLoad: async ({ location }) => {
    try {
      await Promise.all([queryClient.ensureQueryData(accountQuery), queryClient.ensureQueryData(workspacesQuery)])
    } catch (error) {
      if (hasCode(error, 'unauthorized')) throw redirect({ to: '/signin', search: location.href === '/' ? {} : { to: location.href } })
      throw error
    }
  },
  component: Shell,
  notFoundComponent: NotFound,
  errorComponent: Crashed,
})

/** headStart asks for what the page at an address needs before anything is drawn: its data and its code come side by side. */
export function headStart(path: string): void {
  const [, w, ws, mocks, mock, tab] = path.split('/')
  if (w !== 'w' || !ws) return
  const quietly = { retry: false }
  void queryClient.prefetchQuery({ ...accountQuery, ...quietly })
  void queryClient.prefetchQuery({ ...workspacesQuery, ...quietly })
  if (mocks !== 'mocks') return
  if (!mock) {
    void import('@/routes/mocks')
    void queryClient.prefetchQuery({ ...indexQuery(ws), ...quietly })
    return
  }
  void import('@/routes/mock')
  void document.fonts.load('12px "JetBrains Mono Variable"')
  if (!tab) void import('@/routes/mock-editor')
  void queryClient.prefetchQuery(bySlugQuery(ws, mock))
}

const isText = (value: unknown): value is string => typeof value === 'string'

const home = createRoute({
  getParentRoute: () => app,
  path: '/',
  beforeLoad: async () => {
    const all = await queryClient.ensureQueryData(workspacesQuery)
    const last = recall('workspace', '', isText)
    const ws = (all.find((each) => each.slug === last) ?? all.find((each) => each.personal) ?? all[0])?.slug
    if (!ws) throw redirect({ to: '/account/profile' })
    const mocks = await queryClient.ensureQueryData(indexQuery(ws))
    if (mocks.length === 0) throw redirect({ to: '/new', search: { workspace: ws } })
    throw redirect({ to: '/w/$ws/mocks', params: { ws } })
  },
})

const fresh = createRoute({
  getParentRoute: () => app,
  path: '/new',
  validateSearch: search({ workspace: text, from: text }),
  component: lazyRouteComponent(() => import('@/routes/new')),
})

const workspace = createRoute({
  getParentRoute: () => app,
  path: '/w/$ws',
  beforeLoad: async ({ params }) => {
    const all = await queryClient.ensureQueryData(workspacesQuery)
    if (!all.some((each) => each.slug === params.ws)) throw notFound()
  },
})
const workspaceHome = createRoute({
  getParentRoute: () => workspace,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/w/$ws/mocks', params })
  },
})

const list = createRoute({
  getParentRoute: () => workspace,
  path: '/mocks',
  validateSearch: search({
    q: text,
    state: oneOf(['published', 'publishing', 'invalid', 'offline']),
    sort: oneOf(['slug', 'updated', 'requests', 'last']),
    deleted: z.catch(z.optional(z.boolean()), undefined),
  }),
  component: lazyRouteComponent(() => import('@/routes/mocks')),
})

const mock = createRoute({
  getParentRoute: () => workspace,
  path: '/mocks/$mock',
  // The one mock is enough to begin with; the list of all comes behind it.
  loader: async ({ params }) => {
    const all = queryClient.ensureQueryData(indexQuery(params.ws))
    if (queryClient.getQueryData(indexQuery(params.ws).queryKey)) return
    await queryClient.ensureQueryData(bySlugQuery(params.ws, params.mock)).catch(() => all)
  },
  component: lazyRouteComponent(() => import('@/routes/mock')),
})
const editor = createRoute({
  getParentRoute: () => mock,
  path: '/',
  validateSearch: search({ view: oneOf(['yaml', 'form']), at: text, line: whole }),
  loader: async ({ params }) => {
    const code = import('@/features/editor/open')
    const listed = queryClient.getQueryData(indexQuery(params.ws).queryKey)?.find((each) => each.slug === params.mock)
    const one = listed ?? (await queryClient.ensureQueryData(bySlugQuery(params.ws, params.mock)).catch(() => undefined))
    if (!one) return
    void queryClient.prefetchQuery(mockQuery(one.id))
    await (await code).openEditor(one.id)
  },
  component: lazyRouteComponent(() => import('@/routes/mock-editor')),
})
const requests = createRoute({
  getParentRoute: () => mock,
  path: '/requests',
  validateSearch: search({
    method: text,
    status: text,
    path: text,
    q: text,
    matched: oneOf(['yes', 'no']),
    endpoint: text,
    since: text,
    id: text,
  }),
  component: lazyRouteComponent(() => import('@/routes/mock-requests')),
})
const history = createRoute({
  getParentRoute: () => mock,
  path: '/history',
  validateSearch: search({ from: whole, to: whole }),
  component: lazyRouteComponent(() => import('@/routes/mock-history')),
})
const mockDomains = createRoute({
  getParentRoute: () => mock,
  path: '/domains',
  component: lazyRouteComponent(() => import('@/routes/mock-domains')),
})
const mockWebhooks = createRoute({
  getParentRoute: () => mock,
  path: '/webhooks',
  component: lazyRouteComponent(() => import('@/routes/mock-webhooks')),
})
const mockState = createRoute({
  getParentRoute: () => mock,
  path: '/state',
  component: lazyRouteComponent(() => import('@/routes/mock-state')),
})
const mockSettings = createRoute({
  getParentRoute: () => mock,
  path: '/settings',
  component: lazyRouteComponent(() => import('@/routes/mock-settings')),
})

const files = createRoute({
  getParentRoute: () => workspace,
  path: '/files',
  validateSearch: search({ q: text, id: text }),
  component: lazyRouteComponent(() => import('@/routes/files')),
})
const domains = createRoute({
  getParentRoute: () => workspace,
  path: '/domains',
  validateSearch: search({ q: text }),
  component: lazyRouteComponent(() => import('@/routes/domains')),
})
const usage = createRoute({
  getParentRoute: () => workspace,
  path: '/usage',
  validateSearch: search({ span: oneOf(['24h', '7d', '31d']), view: oneOf(['chart', 'table']), mock: text }),
  component: lazyRouteComponent(() => import('@/routes/usage')),
})
const audit = createRoute({
  getParentRoute: () => workspace,
  path: '/audit',
  validateSearch: search({ account: text, action: text, target: text, since: text, until: text }),
  component: lazyRouteComponent(() => import('@/routes/audit')),
})
const settings = createRoute({
  getParentRoute: () => workspace,
  path: '/settings',
  component: lazyRouteComponent(() => import('@/routes/settings')),
})
const settingsHome = createRoute({
  getParentRoute: () => settings,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/w/$ws/settings/general', params })
  },
})
const general = createRoute({
  getParentRoute: () => settings,
  path: '/general',
  component: lazyRouteComponent(() => import('@/routes/settings-general')),
})
const members = createRoute({
  getParentRoute: () => settings,
  path: '/members',
  component: lazyRouteComponent(() => import('@/routes/settings-members')),
})
const wsTokens = createRoute({
  getParentRoute: () => settings,
  path: '/tokens',
  component: lazyRouteComponent(() => import('@/routes/settings-tokens')),
})
const quota = createRoute({
  getParentRoute: () => settings,
  path: '/quota',
  component: lazyRouteComponent(() => import('@/routes/settings-quota')),
})

const account = createRoute({
  getParentRoute: () => app,
  path: '/account',
  component: lazyRouteComponent(() => import('@/routes/account')),
})
const accountHome = createRoute({
  getParentRoute: () => account,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/account/profile' })
  },
})
const profile = createRoute({
  getParentRoute: () => account,
  path: '/profile',
  component: lazyRouteComponent(() => import('@/routes/account-profile')),
})
const sessions = createRoute({
  getParentRoute: () => account,
  path: '/sessions',
  component: lazyRouteComponent(() => import('@/routes/account-sessions')),
})
const tokens = createRoute({
  getParentRoute: () => account,
  path: '/tokens',
  component: lazyRouteComponent(() => import('@/routes/account-tokens')),
})
const invitations = createRoute({
  getParentRoute: () => account,
  path: '/invitations',
  component: lazyRouteComponent(() => import('@/routes/account-invitations')),
})
const appearance = createRoute({
  getParentRoute: () => account,
  path: '/appearance',
  component: lazyRouteComponent(() => import('@/routes/account-appearance')),
})
const data = createRoute({
  getParentRoute: () => account,
  path: '/data',
  component: lazyRouteComponent(() => import('@/routes/account-data')),
})

const tree = root.addChildren([
  signIn,
  signInReturn,
  signUp,
  invitation,
  app.addChildren([
    home,
    fresh,
    workspace.addChildren([
      workspaceHome,
      list,
      mock.addChildren([editor, requests, history, mockDomains, mockWebhooks, mockState, mockSettings]),
      files,
      domains,
      usage,
      audit,
      settings.addChildren([settingsHome, general, members, wsTokens, quota]),
    ]),
    account.addChildren([accountHome, profile, sessions, tokens, invitations, appearance, data]),
  ]),
])

export const router = createRouter({
  routeTree: tree,
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  defaultPendingMs: 300,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
