import type { FileTree } from '../ports/index.ts';
import type { Entry } from './python-entry.ts';
import type { Requirements } from './requirements.ts';
import { parsePlainCommand } from './shell-words.ts';

/** How a Python application is served. */
export type PythonStart = {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly port: number;
  readonly stopSignal: string | undefined;
  /** Packages that the start needs and the requirements do not name. */
  readonly extraPackages: readonly string[];
  readonly why: readonly string[];
  readonly warnings: readonly string[];
};

const venv = '/opt/venv/bin';
const defaultPort = 8000;

/** Finds the start command: `Procfile`, else the server that fits the framework and the requirements. */
export async function findPythonStart(
  tree: FileTree,
  requirements: Requirements,
  entry: Entry | undefined,
): Promise<PythonStart | undefined> {
  const web = /^web:\s*(.+)$/m.exec((await tree.read('Procfile')) ?? '')?.[1]?.trim();
  if (web !== undefined) return ofProcfile(web);
  if (entry === undefined) return undefined;
  return entry.framework === 'fastapi' ? uvicorn(requirements, entry) : flask(requirements, entry);
}

function ofProcfile(web: string): PythonStart {
  const why = [`Procfile: web is "${web}"`];
  const port = Number(/(?:--port[= ]|--bind[= ]\S*:|-b[= ]?\S*:|-p )(\d{2,5})\b/.exec(web)?.[1] ?? defaultPort);
  const parsed = parsePlainCommand(web);
  const shared = { port, stopSignal: undefined, extraPackages: [], why, warnings: [] };
  if (parsed !== undefined && parsed.words.length > 0) {
    const [program = '', ...rest] = parsed.words;
    const path = program.includes('/') ? program : `${venv}/${program === 'python' ? 'python3' : program}`;
    return { ...shared, command: [path, ...rest], environment: parsed.environment };
  }
  const single = !/&&|\|\||[;|\n]/.test(web) && !/^\w+=/.test(web);
  return { ...shared, command: ['/bin/sh', '-c', single ? `exec ${web.replace(/^exec /, '')}` : web], environment: {} };
}

function flask(requirements: Requirements, entry: Entry): PythonStart {
  const port = portOf(entry);
  const target = `${entry.module}:${entry.object}${entry.factory ? '()' : ''}`;
  const why = [`${entry.file}: the application is ${target}`];
  const shared = { environment: {}, port, extraPackages: [] };
  if (requirements.packages.has('gunicorn')) {
    // Threads as Flask's own server has them: one slow request must not keep the health probe waiting.
    const options = ['--bind', `0.0.0.0:${port}`, '--threads', '8', '--worker-tmp-dir', '/dev/shm', ...directory('--chdir', entry)];
    const command = [`${venv}/gunicorn`, ...options, target];
    return { ...shared, command, stopSignal: undefined, why: [...why, 'requirements.txt: gunicorn serves it'], warnings: [] };
  }
  const command = [`${venv}/flask`, '--app', flaskTarget(entry), 'run', '--host', '0.0.0.0', '--port', String(port)];
  const warnings = ["gunicorn is not in requirements.txt, so Flask's development server is started; add gunicorn for production."];
  // As process 1 it would ignore SIGTERM, for which Python has no handler; SIGINT ends it at once.
  return { ...shared, command, stopSignal: 'SIGINT', why: [...why, "no gunicorn: Flask's own server"], warnings };
}

function flaskTarget(entry: Entry): string {
  const target = `${entry.module}:${entry.object}`;
  return entry.directory === undefined ? target : `${entry.directory}/${target}`;
}

function uvicorn(requirements: Requirements, entry: Entry): PythonStart {
  const port = portOf(entry);
  const target = `${entry.module}:${entry.object}`;
  const present =
    requirements.packages.has('uvicorn') || (requirements.packages.get('fastapi') ?? []).some((extra) => /^(?:standard|all)/.test(extra));
  const command = [
    `${venv}/uvicorn`,
    target,
    ...(entry.factory ? ['--factory'] : []),
    '--host',
    '0.0.0.0',
    '--port',
    String(port),
    ...directory('--app-dir', entry),
  ];
  return {
    command,
    environment: {},
    port,
    stopSignal: undefined,
    extraPackages: present ? [] : ['uvicorn'],
    why: [
      `${entry.file}: the application is ${target}`,
      present ? 'requirements.txt: uvicorn serves it' : 'no server in requirements.txt: uvicorn',
    ],
    warnings: present ? [] : ['uvicorn is not in requirements.txt and is added in its newest version; name it there to pin it.'],
  };
}

function directory(flag: string, entry: Entry): string[] {
  return entry.directory === undefined ? [] : [flag, `/app/${entry.directory}`];
}

function portOf(entry: Entry): number {
  const text =
    /\b(?:app\.run|uvicorn\.run)\([^)]*?port\s*=\s*(?:int\()?(?:os\.(?:environ\.get|getenv)\(\s*["']PORT["']\s*,\s*)?["']?(\d{2,5})/s.exec(
      entry.source,
    )?.[1];
  return text === undefined ? defaultPort : Number(text);
}
