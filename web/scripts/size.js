// Prints what the built console weighs, gzipped, against its budget. It fails when the first load is far above it.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const folder = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', folder), 'utf8'))
const weigh = (file) => gzipSync(readFileSync(new URL(file, folder)), { level: 9 }).length

/** The files that a chunk needs before it can run: itself, what it imports, and their styles. */
function needs(name, found = new Set()) {
  const chunk = manifest[name]
  if (!chunk || found.has(chunk.file)) return found
  found.add(chunk.file)
  for (const each of chunk.css ?? []) found.add(each)
  for (const each of chunk.imports ?? []) needs(each, found)
  return found
}

const sum = (files) => [...files].reduce((total, file) => total + weigh(file), 0)
const entry = Object.keys(manifest).find((name) => manifest[name].isEntry)
const first = needs(entry)
const without = (name) => [...needs(name)].filter((file) => !first.has(file))
const font = Object.values(manifest).find((each) => /inter-latin-wght-normal/.test(each.file))

const rows = [
  ['first load, JavaScript and CSS', sum(first), 200],
  ['the editor, when a mock is opened', sum(without('src/routes/mock-editor.tsx')), 180],
  ['Portuguese', sum(without('src/i18n/pt-BR/index.ts')), 25],
  ['the font of the first load', font ? readFileSync(new URL(font.file, folder)).length : 0, 60],
]
for (const [what, bytes, budget] of rows) {
  console.log(`${what.padEnd(36)} ${(bytes / 1000).toFixed(1).padStart(7)} kB of ${budget} kB${bytes > budget * 1000 ? '  over' : ''}`)
}
if (rows[0][1] > 250_000) process.exitCode = 1
