export * from './aggregator.ts'
