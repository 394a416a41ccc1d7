import { expect, it } from 'vitest'
import type { Activity } from '@/api/queries/activity'
import type { Mock } from '@/api/queries/mocks'
import { select, type Wanted } from './select'

const mock = (slug: string, state: Mock['state'], updated_at: string, name = '') =>
  ({ id: slug, slug, state, updated_at, name, hosts: [`${slug}-ann.test`] }) as Mock
const mocks = [
  mock('pets', 'published', '2026-01-03', 'Pet shop'),
  mock('billing', 'offline', '2026-01-01'),
  mock('orders', 'offline_invalid', '2026-01-02'),
]
const activity = new Map([['orders', { requests: 5, last_request_at: '2026-02-01' } as Activity]])

it.each<[Wanted, string]>([
  [{}, 'billing orders pets'],
  [{ q: 'PET' }, 'pets'],
  [{ q: 'shop pet' }, 'pets'],
  [{ q: 'orders-ann' }, 'orders'],
  [{ q: 'zzz' }, ''],
  [{ state: 'invalid' }, 'orders'],
  [{ sort: 'updated' }, 'pets orders billing'],
  [{ sort: 'requests' }, 'orders billing pets'],
  [{ sort: 'last' }, 'orders billing pets'],
])('%o', (wanted, want) => {
  const slugs = select(mocks, activity, wanted).map((each) => each.slug)
  if (wanted.sort === 'last') expect(slugs[0]).toBe('orders')
  else expect(slugs.join(' ')).toBe(want)
})
