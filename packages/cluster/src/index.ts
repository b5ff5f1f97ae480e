export { type Cluster, type ClusterOptions, startCluster } from './cluster.ts'
export type { BusName } from './servers.ts'
export { type ServiceName, ServiceProcess, serviceNames } from './service-process.ts'
