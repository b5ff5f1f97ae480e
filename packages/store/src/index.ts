export { openDatabase } from './database.ts'
export { type FolderLock, FolderLockedError, lockFolder } from './lock.ts'
export { type FolderStore, openStore } from './pglite.ts'
export { storeOver } from './store.ts'
