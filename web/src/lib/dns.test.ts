import { expect, it } from 'vitest'
import { relativeName, zonesOf } from './dns'

it.each([
  ['api.acme.com', ['acme.com', 'api.acme.com']],
  ['acme.com', ['acme.com']],
  ['api.acme.com.br', ['acme.com.br', 'api.acme.com.br', 'com.br']],
  ['a.b.acme.dev', ['acme.dev', 'a.b.acme.dev', 'b.acme.dev']],
  ['api.acme.io', ['acme.io', 'api.acme.io']],
])('%s lies in %j', (host, zones) => {
  expect(zonesOf(host)).toEqual(zones)
})

it.each([
  ['_mocloud-challenge.api.acme.com', 'acme.com', '_mocloud-challenge.api'],
  ['api.acme.com', 'acme.com', 'api'],
  ['acme.com', 'acme.com', '@'],
  ['api.notacme.com', 'acme.com', 'api.notacme.com'],
])('%s in %s is %s', (name, zone, want) => {
  expect(relativeName(name, zone)).toBe(want)
})
