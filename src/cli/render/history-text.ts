import type { ReleaseSummary } from '../../contract/index.ts';
import { ago, table, type TableInput } from '../format.ts';

/** The releases of an app as a table, newest first. */
export function historyText(app: string, releases: readonly ReleaseSummary[], { style, columns, nowMs }: TableInput): string {
  if (releases.length === 0) return `${app} has no release yet`;
  const rows = releases.map((release) => [
    String(release.number),
    release.state,
    ago(release.createdAtMs, nowMs),
    release.origin,
    release.available ? 'yes' : 'no',
    Object.entries(release.images)
      .map(([service, image]) => `${service}: ${image.source}`)
      .join(', '),
  ]);
  const text = table(['RELEASE', 'STATE', 'CREATED', 'ORIGIN', 'KEPT', 'IMAGES'], rows, columns);
  const back = releases.find((release) => release.available && release.state === 'superseded');
  return back === undefined ? text : `${text}\n${style.dim(`berth rollback ${back.number} goes back`)}`;
}
