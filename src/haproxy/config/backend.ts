import type { Backend, ProxyServer } from '../../model/index.ts';
import { endpointWord, hostHeaderWord, nameWord, pathWord, weightWord } from './words.ts';

/** How a server is declared, the same in the file and on the command line, so that a reload changes nothing. */
export function serverWords(server: ProxyServer): string {
  return `${endpointWord(server.address, server.port)} weight ${weightWord(effectiveWeight(server))} check inter 1s fall 2 rise 1`;
}

/** A draining server has weight 0 in the file: whoever reads the file next drains it too. */
export function effectiveWeight(server: ProxyServer): number {
  return server.state === 'drain' ? 0 : server.weight;
}

/** A backend with its check and its servers. */
export function backend(b: Backend): string[] {
  const servers = b.servers.map((s) => `  server ${nameWord(s.name)} ${serverWords(s)}`);
  const lines = [`backend ${nameWord(b.name)} from ${b.mode}`, ...check(b)];
  // Only what is safe to do twice is sent again after a server fell silent; a failed connection is always safe.
  if (b.mode === 'http') lines.push('  http-request disable-l7-retry unless { method GET HEAD OPTIONS }');
  return [...lines, ...servers];
}

function check({ check: c }: Backend): string[] {
  if (c.kind === 'tcp') return [];
  const host = hostHeaderWord(c.host ?? 'localhost');
  return [
    '  option httpchk',
    `  http-check send meth GET uri ${pathWord(c.path)} ver HTTP/1.1 hdr Host ${host} hdr User-Agent berth-check hdr Connection close`,
    '  http-check expect status 200-399',
  ];
}
