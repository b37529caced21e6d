import { describe, expect, it } from 'vitest';
import type { FileTree } from '../ports/index.ts';
import { readSource } from './read-source.ts';

function treeOf(files: Readonly<Record<string, string>>): FileTree {
  return {
    root: '/app',
    read: (path) => Promise.resolve(files[path]),
    list: (path) => {
      const prefix = path === '.' ? '' : `${path}/`;
      const names = new Map<string, 'file' | 'directory'>();
      for (const file of Object.keys(files)) {
        if (!file.startsWith(prefix)) continue;
        const [first = '', ...rest] = file.slice(prefix.length).split('/');
        names.set(first, rest.length === 0 ? 'file' : 'directory');
      }
      return Promise.resolve([...names].map(([name, kind]) => ({ name, kind })));
    },
  };
}

const namesIn = async (file: string, text: string): Promise<string[]> =>
  (await readSource(treeOf({ [file]: text }))).reads.map(({ name }) => name);

describe('variables that a Node source reads', () => {
  it.each([
    ['const url = process.env.DATABASE_URL;', ['DATABASE_URL']],
    ["connect(process.env['A'], process.env[`B`])", ['A', 'B']],
    ['const { A, B: b, C = "x" } = process.env', ['A', 'B']],
    ['const a = process.env.A || "x"; b = process.env.B ?? 1', []],
    ['if (process.env.A) run(); if (!process.env.B) run(); x = process.env.C ? 1 : 2', []],
    ['if (process.env.A === "1") run(); process.env.B = "x"', []],
    ['Number(process.env.A) + Number(process.env.B ?? 3)', ['A']],
    ['use(process.env.A); const a = process.env.A ?? "default"', []],
    ['// process.env.A\n * process.env.B\n/* process.env.C */', []],
  ])('%s', async (text, names) => expect(await namesIn('server.js', text)).toEqual(names));
});

describe('variables that a Python source reads', () => {
  it.each([
    ['url = os.environ["DATABASE_URL"]', ['DATABASE_URL']],
    ["from os import environ, getenv\na = environ['A']\nb = getenv('B')", ['A', 'B']],
    ['a = os.getenv("A", "x")\nb = os.environ.get("B", None)', []],
    ['a = os.getenv("A") or "x"\nif os.environ.get("B"):\n  pass', []],
    ['os.environ["A"] = "x"', []],
    ['# os.environ["A"]', []],
  ])('%s', async (text, names) => expect(await namesIn('app.py', text)).toEqual(names));
});

describe('a source tree', () => {
  it('is read below its directories, but not in what is not its own, and each variable is placed', async () => {
    const found = await readSource(
      treeOf({
        'src/a.ts': '\nuse(process.env.A)',
        'src/b.ts': 'use(process.env.A)',
        'node_modules/x/index.js': 'use(process.env.X)',
        'src/a.test.ts': 'use(process.env.T)',
        'vite.config.ts': 'use(process.env.V)',
        '.cache/x.js': 'use(process.env.C)',
        Dockerfile: 'FROM x\nARG VERSION\nENV A=1 \\\n  B=2\nENV C three\n',
      }),
    );
    expect(found).toEqual({ reads: [{ name: 'A', place: 'src/a.ts:2' }], sets: ['VERSION', 'A', 'B', 'C'], texts: [], logs: [] });
  });

  it('that has no end is not read to its end', async () => {
    const endless: FileTree = {
      root: '/',
      read: () => Promise.resolve('use(process.env.A)'),
      list: () =>
        Promise.resolve([
          { name: 'more', kind: 'directory' as const },
          ...Array.from({ length: 100 }, (_, i) => ({ name: `${i}.js`, kind: 'file' as const })),
        ]),
    };
    expect((await readSource(endless)).reads).toHaveLength(1);
  });
});

describe('what a source decides itself', () => {
  const read = async (file: string, text: string) => readSource(treeOf({ [file]: text }));

  it('are texts with their names and places, and whether they count at all', async () => {
    const { texts } = await read(
      'app.py',
      'TOKEN = "s3cr3t-1"\nconnect("redis://127.0.0.1:1")\n# OLD = "s3cr3t-2"\nu = os.getenv("U", "redis://localhost")\nprint("nothing of it")\n',
    );
    expect(texts).toEqual([
      { name: 'TOKEN', text: 's3cr3t-1', place: 'app.py:1', idle: false },
      { name: '', text: 'redis://127.0.0.1:1', place: 'app.py:2', idle: false },
      { name: 'OLD', text: 's3cr3t-2', place: 'app.py:3', idle: true },
      { name: '', text: 'redis://localhost', place: 'app.py:4', idle: true },
    ]);
  });

  it.each([
    [
      'a.py',
      'LOGGING = {"handlers": {"f": {\n"class": "logging.handlers.RotatingFileHandler",\n"filename": os.path.join(B, "logs/a.log")}}}',
      'logs/a.log',
    ],
    ['b.py', '{"filename": "b.log", "class": "logging.FileHandler"}', 'b.log'],
    ['c.py', 'h = logging.FileHandler("c.log")', 'c.log'],
    ['d.js', "new winston.transports.File({ level: 'info', filename: 'd.log' })", 'd.log'],
    ['e.js', "pino(pino.destination('/var/e.log'))", '/var/e.log'],
    ['f.py', 'h = logging.FileHandler("/dev/stdout")', undefined],
    ['g.py', 'h = logging.StreamHandler()\nx = {"filename": "data.csv"}', undefined],
  ])('is a file for its log: %s', async (file, text, log) =>
    expect((await read(file, text)).logs.map((l) => l.file)).toEqual(log === undefined ? [] : [log]),
  );

  it.each([
    ['CMD ["python", "manage.py", "runserver"]', 'python manage.py runserver'],
    ['CMD a\nCMD sh -c "b" \\\n  c', 'sh -c "b"    c'],
    ['FROM x', undefined],
  ])('is the command of its image: %s', async (text, command) => expect((await read('Dockerfile', text)).command).toBe(command));

  it('is looked through in time linear in its length', async () => {
    const long = `x = "${'a'.repeat(200_000)}\n${'filename"'.repeat(20_000)}\n${'"b"'.repeat(60_000)}`;
    const before = performance.now();
    await read('long.py', long);
    expect(performance.now() - before).toBeLessThan(2000);
  });
});
