import type { CertificateStatus } from '../../contract/index.ts';
import { moment, table, type TableInput } from '../format.ts';

/** The certificates of all apps as a table; what people should know of them is below. */
export function certificatesText(certificates: readonly CertificateStatus[], { style, columns, nowMs }: TableInput): string {
  if (certificates.length === 0) return 'no service has TLS at the edge; `x-berth.tls` says where its certificate comes from';
  const rows = certificates.map((one) => [
    hostsOf(one),
    sourceOf(one),
    one.state,
    one.notAfterMs === undefined ? '-' : `${day(one.notAfterMs)} (${left(one.notAfterMs, nowMs)})`,
    one.renewAtMs === undefined ? '-' : day(one.renewAtMs),
    one.usedBy.join(', '),
  ]);
  const warnings = certificates.flatMap(({ warning }) => (warning === undefined ? [] : [style.yellow(warning)]));
  return [table(['HOSTS', 'SOURCE', 'STATE', 'ENDS', 'RENEWED', 'USED BY'], rows, columns), ...warnings].join('\n');
}

/** One line about the certificate of a service, for `ps`. */
export function certificateLine(service: string, one: CertificateStatus, { style, nowMs }: Pick<TableInput, 'style' | 'nowMs'>): string {
  if (one.warning !== undefined) return style.yellow(`${service}: ${one.warning}`);
  if (one.state === 'missing' || one.notAfterMs === undefined)
    return style.yellow(`${service}: there is no certificate for ${hostsOf(one)}`);
  return style.dim(`${service}: certificate for ${hostsOf(one)} (${sourceOf(one)}) ends in ${left(one.notAfterMs, nowMs)}`);
}

function hostsOf({ hosts }: CertificateStatus): string {
  return hosts.length === 0 ? 'this machine' : hosts.join(', ');
}

function sourceOf({ kind, directory }: CertificateStatus): string {
  return kind === 'acme' && directory !== undefined ? new URL(directory).host : kind;
}

const day = (atMs: number): string => moment(atMs).slice(0, 10);

function left(atMs: number, nowMs: number): string {
  const hours = Math.floor((atMs - nowMs) / 3_600_000);
  if (hours < 0) return 'over';
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}
