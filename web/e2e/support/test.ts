import { test as base, expect, type Page } from '@playwright/test'
import { Mocloud } from './mocloud'

/** What a page may not say: a broken policy, a script that failed, a warning of React. */
const quiet = /Failed to load resource|net::ERR_/

interface Fixtures {
  /** A page that is signed in. */
  home: Page
}

export const test = base.extend<Fixtures, { cloud: Mocloud }>({
  cloud: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants it so
    async ({}, use) => {
      const cloud = new Mocloud()
      await cloud.start()
      await use(cloud)
      await cloud.remove()
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  baseURL: async ({ cloud }, use) => use(cloud.url),
  page: async ({ page }, use) => {
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(`${error}`))
    page.on('console', (message) => {
      if (message.type() === 'error' && !quiet.test(message.text())) complaints.push(message.text())
    })
    await use(page)
    expect(complaints).toEqual([])
  },
  home: async ({ page, cloud }, use) => {
    await page.goto(await cloud.link())
    await page.waitForURL((url) => !url.pathname.startsWith('/signin'))
    await use(page)
  },
})

export { expect }

/** write puts a text into the editor, in place of what is there. */
export async function write(page: Page, text: string): Promise<void> {
  await page.locator('.cm-content').click()
  await page.keyboard.press('ControlOrMeta+a')
  await paste(page, text)
}

/** paste puts a text where the cursor is. */
export async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate((copied) => navigator.clipboard.writeText(copied), text)
  await page.keyboard.press('ControlOrMeta+v')
}

export const hello = (word = 'hello') => `- endpoint:
    method: GET
    path: /greet/:name
    response:
      headers:
        Content-Type: application/json
      body: |
        {
          "${word}": "{{path-params.name}}"
        }
`
