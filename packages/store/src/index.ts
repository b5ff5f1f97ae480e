export { openDatabase } from './database.ts'
export { type FolderLock, lockFolder } from './lock.ts'
export { type FolderStore, openStore } from './pglite.ts'
export { storeOver } from './store.ts'
