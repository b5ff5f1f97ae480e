export { findBinary, peersFolder } from './binaries.ts'
export {
  type Credentials,
  type LocalOptions,
  type Missing,
  type Peer,
  type PeerName,
  type PeerServer,
  peerNames,
} from './peer.ts'
export { peerFor } from './peer-for.ts'
export { boundToParent, signalTree } from './process-tree.ts'
export { type PeerOptions, startPeer } from './start-peer.ts'
export { versions } from './versions.ts'
