import type { ContainerBody } from '../../ports/index.ts';
import { labels } from '../../model/index.ts';
import { edgeImage } from './image.ts';
import { masterSocket, runMount, runtimeSocket } from '../config/render.ts';

/** The names of one installation's edge on the engine. */
export type EdgeNames = { readonly container: string; readonly volume: string };

export function edgeNames(installation: string): EdgeNames {
  const short = installation.replaceAll(/[^A-Za-z0-9_.-]/g, '').slice(0, 12);
  return { container: `berth-edge-${short}`, volume: `berth-edge-${short}` };
}

/** Files of the edge: the running configuration, one to try once at a start, and the boot file in the volume. */
export const runningFile = 'haproxy.cfg';
export const trialFile = 'start.cfg';
const bootMount = '/var/lib/berth';
export const bootFile = 'haproxy.cfg';
const boot = `${bootMount}/${bootFile}`;

/**
 * Starts from the trial file if there is one, else from the boot file. HAProxy reads one and the same path at start and
 * at every reload, and a candidate may never be the boot file: so it runs from a copy. Where the copy cannot be written
 * (a full disk), it runs from the boot file itself, and where that is gone from the copy: traffic first.
 */
const entrypoint = `
run=$2
from=${boot}
[ -s ${runMount}/${trialFile} ] && from=${runMount}/${trialFile}
[ -s "$from" ] || from=$run
cmp -s "$from" "$run" || { cp "$from" "$run.new" && mv -f "$run.new" "$run"; } || run=$from
exec haproxy -W -S "$1" -f "$run"
`;

/** Makes the running configuration the boot file, all or nothing, and on disk when it returns. */
export const commitCommand: readonly string[] = [
  '/bin/sh',
  '-ec',
  `cp ${runMount}/${runningFile} ${boot}.new && sync ${boot}.new && mv -f ${boot}.new ${boot} && sync ${bootMount}`,
];

/** What the edge's container is made of. It is root only to bind low ports and to let its worker become nobody. */
export function edgeBody(input: {
  readonly names: EdgeNames;
  readonly installation: string;
  readonly home: string;
  readonly runDirectory: string;
  readonly owner: { readonly uid: number; readonly gid: number };
}): ContainerBody {
  const { uid, gid } = input.owner;
  const own = uid === 0 ? '' : `,uid,${uid},gid,${gid}`;
  return {
    Image: edgeImage,
    Labels: { [labels.role]: 'edge', [labels.installation]: input.installation, [labels.home]: input.home },
    Entrypoint: ['/bin/sh', '-c', entrypoint, 'berth-edge'],
    Cmd: [`${runMount}/${masterSocket},mode,600${own}`, `${runMount}/${runningFile}`],
    User: '0:0',
    WorkingDir: '/',
    StopSignal: 'SIGTERM',
    HostConfig: {
      NetworkMode: 'host',
      RestartPolicy: { Name: 'no' },
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      // KILL: the master's signals to a worker of another user. Another owner's sockets and directory need the last three.
      CapAdd: ['NET_BIND_SERVICE', 'SETUID', 'SETGID', 'KILL', ...(uid === 0 ? [] : ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'])],
      SecurityOpt: ['no-new-privileges'],
      Binds: [`${input.runDirectory}:${runMount}`, `${input.names.volume}:${bootMount}`],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    },
  };
}

export const socketFiles: readonly string[] = [runtimeSocket, masterSocket];
