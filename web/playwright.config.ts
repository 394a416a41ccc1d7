import { defineConfig } from '@playwright/test'

// Chromium of the system: nothing is downloaded. As root it has to run without its sandbox.
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const args = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-gpu']

export default defineConfig({
  testDir: 'e2e',
  outputDir: '/tmp/mocloud-e2e',
  fullyParallel: false,
  workers: 1,
  timeout: 45_000,
  expect: { timeout: 10_000 },
  forbidOnly: true,
  reporter: [['list']],
  use: {
    launchOptions: { executablePath, args },
    locale: 'en-US',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  },
  projects: [
    { name: 'desktop', use: { viewport: { width: 1280, height: 800 }, colorScheme: 'light' } },
    {
      name: 'phone',
      use: { viewport: { width: 375, height: 740 }, colorScheme: 'dark', hasTouch: true },
      testIgnore: ['screens.spec.ts', 'pages.spec.ts', 'trouble.spec.ts'],
    },
  ],
})
