export {
  type Credentials,
  type LocalOptions,
  type Peer,
  type PeerName,
  type PeerServer,
  peerNames,
} from './peer.ts'
export { type Missing, peerFor } from './peer-for.ts'
export { type PeerOptions, startPeer } from './start-peer.ts'
