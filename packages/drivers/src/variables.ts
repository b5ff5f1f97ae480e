import { urlOf, type Variables, wholeNumber } from '@fanlight/service-kit/config'
import { z } from 'zod'
import { artifactSchemes } from './artifacts.ts'
import { busSchemes } from './bus.ts'
import { storeSchemes } from './store.ts'

/** Where a process finds the bus, the store and the artifacts. */
export const driverVariables = {
  FANLIGHT_BUS_URL: urlOf(...busSchemes).meta({
    about: 'the bus that services talk over',
    example: 'kafka://broker-1:9092,broker-2:9092',
  }),
  FANLIGHT_BUS_USERNAME: z.string().optional().meta({ about: 'the user of the bus', example: 'fanlight' }),
  FANLIGHT_BUS_PASSWORD: z.string().optional().meta({ about: 'the password of the bus', secret: true }),
  FANLIGHT_BUS_CA_FILE: z.string().optional().meta({
    about: 'a file with the certificates that the bus is to be trusted by; with it, the bus is spoken to over TLS',
    example: '/etc/fanlight/bus-ca.pem',
  }),
  FANLIGHT_BUS_REPLICAS: wholeNumber({ max: 5 }).optional().meta({
    about: 'on how many brokers each new topic is kept; one on NATS, and what the broker says on Kafka, by default',
    example: '3',
  }),
  FANLIGHT_STORE_URL: urlOf(...storeSchemes).meta({
    about: 'the database of the queue of record',
    example: 'postgres://fanlight@db:5432/fanlight',
  }),
  FANLIGHT_STORE_PASSWORD: z.string().optional().meta({
    about: 'the password of the database, if its URL has none',
    secret: true,
  }),
  FANLIGHT_ARTIFACTS_URL: urlOf(...artifactSchemes).meta({
    about: 'where maps, transcripts, uploads and detectors are kept',
    example: 's3://fanlight/artifacts',
  }),
  AWS_ENDPOINT_URL_S3: z.string().optional().meta({
    about: 'the S3 server, where it is not that of AWS',
    example: 'http://s3:7070',
  }),
  AWS_REGION: z.string().optional().meta({ about: 'the region of the bucket', example: 'eu-central-1' }),
  AWS_ACCESS_KEY_ID: z.string().optional().meta({ about: 'the key of S3, where no role gives one', secret: true }),
  AWS_SECRET_ACCESS_KEY: z.string().optional().meta({ about: 'the secret of that key', secret: true }),
  AWS_SESSION_TOKEN: z.string().optional().meta({ about: 'the token of a key that is lent', secret: true }),
} as const satisfies Variables
