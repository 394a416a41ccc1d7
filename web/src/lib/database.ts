/** A few things that outlive the page, in IndexedDB. Where it is refused they live as long as the page. */
const stores = ['drafts', 'index'] as const
type Store = (typeof stores)[number]

let opened: Promise<IDBDatabase> | undefined

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open('mocloud', 1)
    request.onupgradeneeded = () => {
      for (const each of stores) request.result.createObjectStore(each)
    }
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  return opened
}

async function run<T>(store: Store, mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | undefined> {
  try {
    const database = await open()
    return await new Promise<T>((resolve, reject) => {
      const request = act(database.transaction(store, mode).objectStore(store))
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  } catch {
    return undefined
  }
}

export const database = {
  get: <T>(store: Store, key: string): Promise<T | undefined> => run(store, 'readonly', (s) => s.get(key) as IDBRequest<T>),
  put: (store: Store, key: string, value: unknown) => run(store, 'readwrite', (s) => s.put(value, key)),
  remove: (store: Store, key: string) => run(store, 'readwrite', (s) => s.delete(key)),
  keys: async (store: Store): Promise<string[]> => ((await run(store, 'readonly', (s) => s.getAllKeys())) ?? []).map(String),
  clear: (store: Store) => run(store, 'readwrite', (s) => s.clear()),
}
