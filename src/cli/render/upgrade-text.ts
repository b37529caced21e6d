import type { ProxyStatus, UpgradeReport } from '../../contract/index.ts';
import { count } from '../format.ts';
import { pad } from '../style.ts';

/** What `berth upgrade` found or did. `server` is the version that ran before; absent: none ran. */
export type Upgraded = Omit<UpgradeReport, 'proxies'> & {
  readonly berth: string;
  readonly server: string | undefined;
  readonly serverReplaced: boolean;
  readonly proxies: readonly UpgradedProxy[];
};

/** Whether it was replaced, or read another configuration as it runs. */
type UpgradedProxy = ProxyStatus & { readonly replaced: boolean; readonly reconfigured: boolean };

/** What an upgrade changed, or with `check` would change, one thing a line. */
export function upgradeText(upgraded: Upgraded, when: 'check' | 'done'): string {
  const lines = [
    { name: 'server', text: serverText(upgraded, when) },
    ...upgraded.proxies.map((p) => ({ name: nameOf(p), text: proxyText(p, when) })),
  ];
  const width = Math.max(...lines.map(({ name }) => name.length));
  return lines.map(({ name, text }) => `${pad(name, width)}  ${text}`).join('\n');
}

function serverText({ berth, server }: Upgraded, when: 'check' | 'done'): string {
  if (server === undefined) return when === 'check' ? `none runs, ${berth} would be started` : `${berth}, started`;
  if (server === berth) return `${berth}, as it is`;
  return when === 'check' ? `${server}, would be replaced by ${berth}` : `${server} → ${berth}, replaced`;
}

function nameOf({ proxy, app, service }: ProxyStatus): string {
  return proxy === 'edge' ? 'edge' : `front ${app ?? ''}/${service ?? ''}`;
}

function proxyText(status: UpgradedProxy, when: 'check' | 'done'): string {
  const { haproxy, image, wantedImage, current, finishing, replaced, closed, refused } = status;
  const runs = `HAProxy ${haproxy}, image ${short(image)}`;
  const old = finishing === 0 ? '' : `; ${count(finishing, 'container')} replaced before still ${finishing === 1 ? 'finishes' : 'finish'}`;
  if (replaced)
    return `${runs}, replaced${closed === 0 ? '' : `; ${count(closed, 'connection')} outlived the drain and ${closed === 1 ? 'was' : 'were'} closed`}`;
  if (wantedImage === undefined)
    return `${runs}; the engine has no image of that name${when === 'check' ? ', it would be made' : ''}${old}`;
  if (current) return `${runs}, as it is${configurationText(status, when)}${old}`;
  if (when === 'done') return `${runs}, serves on: image ${short(wantedImage)} did not take its place${old}`;
  const by = wantedImage === image ? 'a new container of the same image' : `image ${short(wantedImage)}`;
  return `${runs}, would be replaced by ${by}${refused === undefined ? '' : `, which did not start when that was tried`}${old}`;
}

function configurationText({ configured, reconfigured }: UpgradedProxy, when: 'check' | 'done'): string {
  if (reconfigured) return ', with a new configuration';
  if (configured) return '';
  return when === 'check' ? '; would read a new configuration' : '; has not read a new configuration';
}

function short(image: string): string {
  return image.replace(/^sha256:/, '').slice(0, 12);
}
