import { join } from 'node:path';
import { sha256 } from '../../kit/index.ts';
import { labels, type Front } from '../../model/index.ts';
import { runMount } from '../config/render.ts';

/** A user of the machine. */
export type Owner = { readonly uid: number; readonly gid: number };

/** What the proxies of one installation have in common. */
export type Installation = {
  readonly installation: string;
  readonly home: string;
  /** What the containers are started from. */
  readonly image: string;
  /** The server's user, who alone may use the sockets. */
  readonly owner: Owner;
};

/** Where one proxy runs, and what is its own: the edge on the host's network, or a front on its app's networks. */
export type Place = {
  readonly role: 'edge' | 'front';
  readonly image: string;
  /** Of the first container; the others have a number behind it. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Shared by the server and the containers: sockets and configurations. */
  readonly directory: string;
  /** What the boot file lies in: a volume, or a directory of the server's. */
  readonly boot: { readonly volume: string } | { readonly directory: string };
  readonly networks: 'host' | Front['networks'];
  /** Whose the sockets are made. */
  readonly owner: Owner;
  /** Who HAProxy starts as. */
  readonly user: Owner;
};

const root: Owner = { uid: 0, gid: 0 };
/** In no image and on no machine anybody; what HAProxy is where berth's own user would be root. */
const nobody: Owner = { uid: 65_532, gid: 65_532 };

export function edgePlace(input: Installation & { readonly directory: string }): Place {
  const { installation, home, image, owner, directory } = input;
  const name = `berth-edge-${shortId(installation)}`;
  return {
    role: 'edge',
    image,
    name,
    labels: { [labels.role]: 'edge', [labels.installation]: installation, [labels.home]: home },
    directory,
    boot: { volume: name },
    networks: 'host',
    owner,
    user: root,
  };
}

/** A front needs no root, neither to bind (its own namespace lets everybody) nor to write its sockets, which are then its user's. */
export function frontPlace(input: Installation & { readonly directory: string; readonly front: Front }): Place {
  const { installation, home, image, owner, front } = input;
  const { app, service, networks } = front;
  // Short, for the sockets' sake, and an app `a-b` with a service `c` must not meet `a` with `b-c`.
  const own = sha256(JSON.stringify([installation, app, service])).slice(0, 8);
  const directory = join(input.directory, own);
  return {
    role: 'front',
    image,
    name: `berth-front-${app}-${service}-${own}`,
    labels: { ...frontLabels(installation), [labels.app]: app, [labels.service]: service, [labels.home]: home },
    directory,
    boot: { directory: join(directory, 'boot') },
    networks,
    owner: root,
    user: owner.uid === 0 ? nobody : owner,
  };
}

/** The labels by which the fronts of an installation are found. */
export function frontLabels(installation: string): Record<string, string> {
  return { [labels.role]: 'front', [labels.installation]: installation };
}

function shortId(installation: string): string {
  return installation.replaceAll(/[^A-Za-z0-9_.-]/g, '').slice(0, 12);
}

/** The directory of one container's sockets and files. The edge's first one has the run directory itself. */
export function slotDirectory({ role, directory }: Pick<Place, 'role' | 'directory'>, slot: number): string {
  return role === 'edge' && slot === 1 ? directory : join(directory, String(slot));
}

/** Where the containers see that directory. */
export function socketsMount({ role }: Pick<Place, 'role'>, slot: number): string {
  return role === 'edge' && slot === 1 ? runMount : `${runMount}/${slot}`;
}

/**
 * The directory of the socket that the access log goes to. HAProxy is nobody by the time it writes there, and may not enter
 * the others; it needs nothing of them.
 */
export function logDirectory({ directory }: Pick<Place, 'directory'>): string {
  return join(directory, 'log');
}
