import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const binary = process.env.MOCLOUD_BIN ?? fileURLToPath(new URL('../../../bin/mocloud', import.meta.url))

/** freePort is a port that nobody listens on. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

export interface Answer {
  status: number
  body: string
}

/** A mocloud that somebody else runs, such as the services apart. */
const running = process.env.MOCLOUD_URL
  ? { url: process.env.MOCLOUD_URL, token: process.env.MOCLOUD_TOKEN ?? '', mocks: Number(process.env.MOCLOUD_MOCKS_PORT) }
  : undefined

/** A whole mocloud with a data folder of its own, or the one that is running. */
export class Mocloud {
  readonly #folder = mkdtempSync(join(tmpdir(), 'mocloud-e2e-'))
  #ports: number[] = []
  #process: ChildProcess | undefined
  token = ''

  get url(): string {
    return running?.url ?? `http://localhost:${this.#ports[0]}`
  }

  async start(): Promise<void> {
    if (running) {
      this.token = running.token
      return
    }
    if (!existsSync(binary)) throw new Error(`${binary} is missing: run scripts/build, or name another one in MOCLOUD_BIN`)
    if (this.#ports.length === 0) this.#ports = [await freePort(), await freePort(), await freePort()]
    const [api, mocks, ops] = this.#ports.map((port) => `127.0.0.1:${port}`) as [string, string, string]
    const child = spawn(binary, ['up', '--api', api, '--mocks', mocks, '--ops', ops, '--data', this.#folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#process = child
    let said = ''
    await new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer) => {
        said += chunk.toString()
        const token = /API token\s+(\S+)/.exec(said)?.[1]
        if (token && said.includes('Data ')) {
          this.token = token
          resolve()
        }
      }
      child.stdout?.on('data', hear)
      child.stderr?.on('data', hear)
      child.once('exit', (code) => reject(new Error(`mocloud ended with ${code}:\n${said}`)))
    })
    child.removeAllListeners('exit')
  }

  /** stop ends it; its data stay until `remove`. */
  async stop(): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (!child || child.exitCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }

  async remove(): Promise<void> {
    await this.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** api calls the API with the token. */
  async api<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.token}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return (text ? JSON.parse(text) : {}) as T
  }

  /** link is the path of a sign-in link. */
  async link(): Promise<string> {
    const { url } = await this.api<{ url: string }>('POST', '/sessions/links', {})
    return url.replace(/^https?:\/\/[^/]+/, '')
  }

  /** mock makes a mock, published unless it is said otherwise. */
  async mock(slug: string, content: string, publish = true): Promise<string> {
    const { id } = await this.api<{ id: string }>('POST', '/mocks', { slug, content })
    if (publish) {
      await this.api('POST', `/mocks/${id}/publish`)
      await this.api('GET', `/mocks/${id}/publication?wait=10s`)
    }
    return id
  }

  /** mockURL is the address of a mock. */
  mockURL(slug: string): string {
    return `http://${slug}-dev.localhost:${running?.mocks ?? this.#ports[1]}`
  }

  /** call asks a mock, as the world does. */
  call(slug: string, path: string, method = 'GET', body = '', workspace = 'dev'): Promise<Answer> {
    const port = running?.mocks ?? (this.#ports[1] as number)
    return new Promise((resolve, reject) => {
      const headers = {
        Host: `${slug}-${workspace}.localhost:${port}`,
        ...(body ? { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) } : {}),
      }
      const sent = request({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }
}
