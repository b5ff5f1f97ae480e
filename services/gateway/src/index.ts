export { createGateway, type GatewayOptions } from './gateway.ts'
export type { Render } from './photo-cache.ts'
export { type StartOptions, startGateway } from './start.ts'
