import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

// The server that /api is forwarded to while developing: a running `mocloud up`.
const server = process.env.MOCLOUD_URL ?? 'http://127.0.0.1:3000'
const proxy = { '/api': { target: server } }

/** editorCode names the files of the editor in the page, so that an address of a mock can ask for them at once. */
const editorCode: Plugin = {
  name: 'editor-code',
  transformIndexHtml: {
    order: 'post',
    handler(html, { bundle = {} }) {
      const files = new Set<string>()
      const add = (name: string) => {
        const chunk = bundle[name]
        if (files.has(name) || chunk?.type !== 'chunk' || chunk.isEntry) return
        files.add(name)
        chunk.imports.forEach(add)
      }
      for (const chunk of Object.values(bundle))
        if (chunk.type === 'chunk' && /routes\/mock(-editor)?\.tsx$/.test(chunk.facadeModuleId ?? '')) add(chunk.fileName)
      const content = [...files].filter((each) => !html.includes(each)).map((each) => `/${each}`)
      return content.length > 0 ? [{ tag: 'meta', attrs: { name: 'editor', content: content.join(' ') }, injectTo: 'head-prepend' }] : []
    },
  },
}

export default defineConfig({
  plugins: [react(), tailwindcss(), editorCode],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: { proxy },
  preview: { proxy },
  build: { target: 'es2022', manifest: true, assetsInlineLimit: 0, reportCompressedSize: false, chunkSizeWarningLimit: 700 },
})
