import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

/**
 * Gives every message handled a trace id, kept from service to service. Spans leave the process only where
 * `OTEL_EXPORTER_OTLP_ENDPOINT` (or `…_TRACES_ENDPOINT`) says whereto.
 */
export function startTracing(service: string, env: NodeJS.ProcessEnv): AsyncDisposable {
  const isExported = Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': `fanlight-${service}` }),
    spanProcessors: isExported ? [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })] : [],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(provider)
  return { [Symbol.asyncDispose]: () => provider.shutdown() }
}
