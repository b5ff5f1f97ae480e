/** What `npm run peers` installs and what containers run. PostgreSQL is Debian's where it is installed. */
export const versions = {
  kafka: '4.1.0',
  /** Kafka logs through slf4j 1; without a binding it starts and fails in silence. */
  log4j: '2.24.3',
  nats: '2.15.2',
  versitygw: '1.8.0',
  postgres: '15',
} as const
