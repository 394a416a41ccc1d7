/** The part of JSON Schema that the schema of mocks uses. */
export interface Schema {
  $ref?: string
  $defs?: Record<string, Schema>
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  properties?: Record<string, Schema>
  additionalProperties?: Schema | boolean
  items?: Schema
  enum?: unknown[]
  const?: unknown
  default?: unknown
  type?: string | string[]
  description?: string
  required?: string[]
}

let known: Schema = {}

export function setSchema(schema: Schema): void {
  known = schema
}

/** resolve lists what a schema may be, references followed. */
function resolve(schema: Schema | undefined, depth = 0): Schema[] {
  if (!schema || depth > 8) return []
  const own = schema.$ref ? resolve(known.$defs?.[schema.$ref.replace('#/$defs/', '')], depth + 1) : []
  const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])].flatMap((each) => resolve(each, depth + 1))
  return [schema, ...own, ...parts]
}

/** schemasAt lists what may stand at a path of keys; `[]` is an item of a list. */
export function schemasAt(path: readonly string[], from: Schema = known): Schema[] {
  let here = resolve(from)
  for (const key of path) {
    here = here.flatMap((each) => {
      if (key === '[]') return resolve(each.items)
      const property = each.properties?.[key]
      if (property) return resolve(property)
      return typeof each.additionalProperties === 'object' ? resolve(each.additionalProperties) : []
    })
  }
  return here
}

/** keysAt lists the keys that a map at a path may have, with what they mean. */
export function keysAt(path: readonly string[]): { key: string; description: string; required: boolean; map: boolean }[] {
  const found = new Map<string, { key: string; description: string; required: boolean; map: boolean }>()
  for (const schema of schemasAt(path)) {
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      const all = resolve(property)
      const map = all.some((each) => each.properties !== undefined || each.type === 'object' || each.type === 'array')
      found.set(key, {
        key,
        description: all.find((each) => each.description)?.description ?? '',
        required: schema.required?.includes(key) ?? false,
        map,
      })
    }
  }
  return [...found.values()]
}

/** valuesAt lists the values that may stand at a path, where they can be listed. */
export function valuesAt(path: readonly string[]): string[] {
  const found = new Set<string>()
  for (const schema of schemasAt(path)) {
    for (const each of schema.enum ?? (schema.const === undefined ? [] : [schema.const])) if (each !== null) found.add(String(each))
    if (schema.type === 'boolean') for (const each of ['true', 'false']) found.add(each)
  }
  // Methods are listed in both cases; capitals are enough.
  const capitals = [...found].filter((each) => each !== each.toLowerCase())
  return [...found].filter((each) => !capitals.includes(each.toUpperCase()) || each === each.toUpperCase())
}

export function meaning(path: readonly string[]): string {
  return schemasAt(path).find((each) => each.description)?.description ?? ''
}
