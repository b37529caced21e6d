import type { SecretSummary } from '../../contract/index.ts';
import { moment, table } from '../format.ts';

/** Secrets as a table: a row for each version, never a value. */
export function secretsText(secrets: readonly SecretSummary[], columns: number | undefined): string {
  if (secrets.length === 0) return 'there are no secrets here; `berth secret set NAME` makes one';
  const rows = secrets.map((one) => [
    one.name,
    one.app ?? '(every app)',
    one.environment ?? '-',
    String(one.version),
    one.source === 'store' ? 'set here' : `copy from ${one.source}`,
    moment(one.createdAtMs),
    one.usedBy.length === 0 ? '-' : one.usedBy.map(({ app, release }) => `${app} ${release}`).join(', '),
  ]);
  return table(['NAME', 'APP', 'ENVIRONMENT', 'VERSION', 'SOURCE', 'MADE', 'USED BY RELEASES'], rows, columns);
}
