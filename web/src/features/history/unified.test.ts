import { expect, it } from 'vitest'
import { readDiff } from './unified'

it('takes a unified diff apart', () => {
  const diff = '--- r1\n+++ r2\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n@@ -9 +9,2 @@\n-- x\n++ y\n \n\\ No newline at end of file\n'
  expect(readDiff(diff).map((each) => `${each.kind} ${each.before ?? ''}:${each.after ?? ''} ${each.text}`)).toEqual([
    'same 1:1 a',
    'removed 2: b',
    'added :2 B',
    'same 3:3 c',
    'gap : ',
    'removed 9: - x',
    'added :9 + y',
    'same 10:10 ',
  ])
})
