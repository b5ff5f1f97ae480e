export { type FolderArtifactsOptions, folderArtifacts } from './folder-artifacts.ts'
