export { type Credentials, type LocalOptions, type Peer, type PeerName, type PeerServer, peerNames } from './peer.ts'
export { startPeer } from './start-peer.ts'
