import type { FileTree } from '../ports/index.ts';
import type { Detection, Stack } from './detection.ts';
import { renderDockerfile } from './dockerfile.ts';
import { composeIgnore } from './ignore.ts';
import { findPythonEntry } from './python-entry.ts';
import { findPythonStart, type PythonStart } from './python-start.ts';
import { findPythonVersion } from './python-version.ts';
import { readRequirements } from './requirements.ts';
import type { InstallStep, Recipe } from './recipe.ts';

const ignored = [
  '**/__pycache__',
  '**/*.py[cod]',
  '.venv',
  'venv',
  'env',
  '.pytest_cache',
  '.mypy_cache',
  '.ruff_cache',
  '.tox',
  'htmlcov',
  '.coverage',
];

/** Python with `requirements.txt`: Flask and FastAPI. */
export const pythonPip: Stack = { name: 'python-pip', find };

async function find(tree: FileTree): Promise<Detection | undefined> {
  const requirements = await readRequirements(tree);
  if (requirements === undefined) return undefined;
  const framework = (['fastapi', 'flask'] as const).find((name) => requirements.packages.has(name));
  const entry = framework === undefined ? undefined : await findPythonEntry(tree, framework);
  const start = await findPythonStart(tree, requirements, entry);
  if (start === undefined) return undefined;
  const version = await findPythonVersion(tree);
  const recipe = toRecipe({ start, version: version.version, files: requirements.files });
  return {
    stack: pythonPip.name,
    version: version.version,
    why: [
      `requirements.txt: a Python application${framework === undefined ? '' : ` with ${framework === 'flask' ? 'Flask' : 'FastAPI'}`}`,
      version.why,
      ...start.why,
    ],
    port: start.port,
    startCommand: start.command,
    dockerfile: renderDockerfile(recipe),
    dockerignore: await composeIgnore(tree, ignored),
    bases: Object.fromEntries([recipe.base.build, recipe.base.run].map((base) => [base.argument, base.id])),
    warnings: [...(version.warning === undefined ? [] : [version.warning]), ...start.warnings],
  };
}

function toRecipe(input: { readonly start: PythonStart; readonly version: string; readonly files: readonly string[] }): Recipe {
  const { start, version } = input;
  const reference = `python:${version}-slim`;
  // Files in directories keep their places, so everything is copied before such an installation.
  const flat = input.files.every((file) => !file.includes('/'));
  const install = [pip(['-r requirements.txt', ...start.extraPackages].join(' '))];
  return {
    base: {
      build: { argument: 'BERTH_BASE_PYTHON_BUILD', id: `python-build:${version}`, reference },
      run: { argument: 'BERTH_BASE_PYTHON', id: `python-run:${version}`, reference },
    },
    build: {
      manifests: flat ? input.files : ['requirements.txt'],
      environment: { PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_ROOT_USER_ACTION: 'ignore' },
      install: flat ? install : [],
      compile: flat ? [] : install,
    },
    run: {
      environment: { PATH: '/opt/venv/bin:$PATH', PYTHONUNBUFFERED: '1', PORT: String(start.port), ...start.environment },
      copies: ['/opt/venv'],
      source: 'context',
      port: start.port,
      stopSignal: start.stopSignal,
      command: start.command,
    },
  };
}

/** The environment has no pip of its own: it is installed into from outside, and pip stays out of the image. */
function pip(what: string): InstallStep {
  return {
    command: `python3 -m venv --without-pip /opt/venv && python3 -m pip --python /opt/venv/bin/python3 install ${what}`,
    access: 'python',
    caches: { 'berth-pip': '/root/.cache/pip' },
  };
}
