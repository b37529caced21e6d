import type { Behaviour, FakeImage } from '../fakes/engine/engine.ts';

/** What containers of the contract run: a command for the tiny image, and how the fake plays it. */
type Program = { readonly command: readonly string[]; readonly plays: Behaviour };

const shell = (script: string): readonly string[] => ['sh', '-c', script];

/** Programs by what they do. */
export const programs = {
  /** Ends at a stop signal with 0. */
  serves: {
    command: ['/serve', '8080'],
    plays: {
      listens: [{ port: 8080 }],
      logs: [{ text: 'listening on 0.0.0.0:8080' }],
      echoes: true,
      exec: ({ command, environment = {} }) =>
        command.includes('fail') ? { exitCode: 3, stdout: `${environment['A']}\n`, stderr: 'bad\n' } : {},
    },
  },
  /** The first process of a container has no default for SIGTERM: it is ignored. */
  ignoresStop: { command: ['sleep', '3600'], plays: { stopTakesMs: Infinity } },
  talks: {
    command: shell('echo one; echo two >&2; sleep 0.1; echo three'),
    plays: {
      logs: [{ text: 'one' }, { stream: 'stderr', text: 'two' }, { afterMs: 100, text: 'three' }],
      exit: { afterMs: 101, code: 0 },
    },
  },
  fails: { command: shell('exit 7'), plays: { exit: { afterMs: 10, code: 7 } } },
  talksAfterAWhile: {
    command: shell('sleep 0.5; echo hello; sleep 3600'),
    plays: { logs: [{ afterMs: 500, text: 'hello' }], stopTakesMs: Infinity },
  },
  crashesAfterAWhile: { command: shell('sleep 0.5; exit 1'), plays: { exit: { afterMs: 500, code: 1 } } },
  copies: { command: ['cat'], plays: { echoes: true } },
  cannotStart: { command: ['/no-such-program'], plays: { startError: 'no such file' } },
} as const satisfies Record<string, Program>;

/** The tiny image as the fake holds it. */
export const fakeTinyImage: FakeImage = {
  labels: { 'contract.image': 'tiny' },
  command: ['sleep', '3600'],
  volumes: ['/data'],
  exposedPorts: [{ port: 8080, protocol: 'tcp' }],
  environment: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'],
  behaviour: ({ body }) => {
    const wanted = JSON.stringify(body.Cmd);
    const found = Object.values(programs).find((p) => JSON.stringify(p.command) === wanted);
    if (found === undefined) throw new Error(`The fake plays no program ${wanted}`);
    return found.plays;
  },
};

/** The Dockerfile lines that make the real tiny image the same. */
export const tinyImageChanges = ['LABEL contract.image=tiny', 'VOLUME /data', 'EXPOSE 8080'];
