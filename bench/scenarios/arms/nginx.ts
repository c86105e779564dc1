import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../processes.ts'
import { findProgram, startProgram } from '../program.ts'
import type { Arm } from './arm.ts'

const NGINX = findProgram('nginx', '/usr/sbin/nginx')

/** The official client of OpenAI, and nginx between: its upstreams take turns, and it decides itself when to try the next. */
export const nginx: Arm = {
  name: 'nginx',
  absent: () => (NGINX === undefined ? 'nginx is not installed' : undefined),
  async start({ vendors, temporary, programs }) {
    const port = await freePort()
    const folder = mkdtempSync(join(temporary, 'nginx-'))
    writeFileSync(join(folder, 'nginx.conf'), configText(port, vendors, folder))
    const args = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')]
    const { pid } = programs.use(await startProgram(NGINX as string, args, port))
    return { client: { kind: 'sdk', openai: `http://127.0.0.1:${port}` }, pids: [pid] }
  },
}

/** Buffering is off, as everybody sets it who streams; what is not said is nginx's default. */
function configText(port: number, vendors: readonly string[], folder: string): string {
  const bodies = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  ${bodies.map(name => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  upstream vendors {
    ${vendors.map(url => `server ${new URL(url).host};`).join('\n    ')}
    keepalive 128;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://vendors;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
`
}
