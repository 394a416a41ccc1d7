import AxeBuilder from '@axe-core/playwright'
import { expect, hello, test } from './support/test'

/** Serious ones; but the editor's place is reached by the text in it, which axe does not see to take the focus. */
function bad({ id, impact, nodes }: { id: string; impact?: string | null; nodes: { html: string }[] }): boolean {
  if (id === 'scrollable-region-focusable' && nodes.every((each) => each.html.includes('cm-scroller'))) return false
  return impact === 'serious' || impact === 'critical'
}

const pages = [
  '/w/dev/mocks',
  '/w/dev/mocks?deleted=true',
  '/new',
  '/w/dev/mocks/axe',
  '/w/dev/mocks/axe/requests',
  '/w/dev/mocks/axe/history',
  '/w/dev/mocks/axe/domains',
  '/w/dev/mocks/axe/webhooks',
  '/w/dev/mocks/axe/state',
  '/w/dev/mocks/axe/settings',
  '/w/dev/files',
  '/w/dev/domains',
  '/w/dev/usage',
  '/w/dev/audit',
  '/w/dev/settings/general',
  '/w/dev/settings/members',
  '/w/dev/settings/tokens',
  '/w/dev/settings/quota',
  '/account/profile',
  '/account/sessions',
  '/account/tokens',
  '/account/invitations',
  '/account/appearance',
  '/account/data',
]

// Both themes and both widths; all four together on demand, as they take a minute each.
const looks = [
  ['light', 1280],
  ['dark', 375],
  ...(process.env.EVERY_LOOK
    ? ([
        ['dark', 1280],
        ['light', 375],
      ] as const)
    : []),
] as const

for (const [look, width] of looks) {
  test(`every page is usable by everybody, and fits: ${look}, ${width} px`, async ({ home: page, cloud }) => {
    test.setTimeout(120_000)
    if ((await page.request.get('/api/v1/workspaces/dev/mocks/axe')).status() === 404) {
      await cloud.mock('axe', hello())
      await cloud.call('axe', '/greet/ann')
      await cloud.call('axe', '/nobody/7')
    }
    await page.emulateMedia({ colorScheme: look, reducedMotion: 'reduce' })
    await page.setViewportSize({ width, height: 800 })
    for (const path of pages) {
      await page.goto(path)
      await expect(page.getByRole('main')).not.toBeEmpty()
      await page.waitForLoadState('load')
      await expect(page.locator('[role=status][aria-label=Loading]')).toHaveCount(0)
      const { violations } = await new AxeBuilder({ page }).analyze()
      const serious = violations.filter(bad)
      expect(
        serious.map((each) => `${path}: ${each.id}: ${each.nodes[0]?.html.slice(0, 200)} ${each.nodes[0]?.failureSummary?.slice(0, 300)}`),
      ).toEqual([])
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth),
        `${path} is wider than ${width} px`,
      ).toBe(true)
    }
  })
}

test('the page to sign in', async ({ page }) => {
  await page.goto('/signin')
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.filter(bad)).toEqual([])
  await page.getByLabel('Username').fill('nobody')
  await page.getByLabel('Password').fill('nothing at all')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('alert')).toBeVisible()
})
