// precompress.mjs FOLDER: puts beside each file that is text one packed by brotli (.br) and one by gzip (.gz). Not beside
// index.html, which the server changes for each answer.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const text = /\.(js|css|svg|json|webmanifest|txt|xml)$/
const worthIt = 1024 // bytes

for (const name of readdirSync(process.argv[2], { recursive: true })) {
  const path = join(process.argv[2], name)
  if (!text.test(name) || statSync(path).size < worthIt) continue
  const content = readFileSync(path)
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: content.length }
  writeFileSync(`${path}.br`, brotliCompressSync(content, { params }))
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }))
}
