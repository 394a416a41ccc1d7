import base from '../playwright.config'

/** Measures the console and prints figures; it judges none. */
export default {
  ...base,
  testDir: '.',
  testMatch: '*.bench.ts',
  timeout: 90_000,
  reporter: [['line']],
  projects: [{ name: 'desktop', use: { viewport: { width: 1280, height: 800 } } }],
}
