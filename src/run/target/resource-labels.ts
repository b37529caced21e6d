import { labels } from '../../model/index.ts';
import type { RunContext } from '../deps.ts';

/** The labels of a network or volume of an app: those of the file, berth's own, and Compose's, by which its tools find it. */
export function resourceLabels(
  ctx: Pick<RunContext, 'app' | 'store'>,
  kind: 'network' | 'volume',
  written: { readonly key: string; readonly labels: Readonly<Record<string, string>> },
): Record<string, string> {
  return {
    ...written.labels,
    [labels.app]: ctx.app,
    [labels.installation]: ctx.store.installation,
    'com.docker.compose.project': ctx.app,
    [`com.docker.compose.${kind}`]: written.key,
  };
}
