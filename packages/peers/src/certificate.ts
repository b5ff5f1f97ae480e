import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { InputError } from '@fanlight/ports'

const run = promisify(execFile)

export interface Certificate {
  /** PEM files. A self-signed certificate is its own CA. */
  readonly certFile: string
  readonly keyFile: string
}

export const certificateIn = (folder: string): Certificate => ({
  certFile: join(folder, 'tls.crt'),
  keyFile: join(folder, 'tls.key'),
})

/** Makes, once for a folder, a self-signed certificate for 127.0.0.1 and localhost (P-256, PKCS #8, ten years). */
export async function makeCertificate(folder: string): Promise<Certificate> {
  const { certFile, keyFile } = certificateIn(folder)
  if (!existsSync(certFile)) {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-keyout', keyFile]
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost']
    try {
      await run('openssl', ['req', '-x509', ...key, ...names, '-days', '3650', '-out', certFile])
    } catch (error) {
      throw new InputError('NOT_FOUND', 'openssl made no certificate for a TLS listener: apt-get install openssl', {
        cause: error,
      })
    }
    await chmod(keyFile, 0o600)
  }
  return { certFile, keyFile }
}
