import type { FileTree } from '../ports/index.ts';

/** What no build of berth's needs: history, secrets, local state, and the files that only say how to run the app. */
const common = [
  '.git',
  '.gitignore',
  '.gitattributes',
  '.github',
  '.gitlab-ci.yml',
  '.ci',
  '.vscode',
  '.idea',
  '.DS_Store',
  '**/.DS_Store',
  'compose*.y*ml',
  'docker-compose*.y*ml',
  'Dockerfile*',
  '.dockerignore',
  '.env*',
  '**/.env*',
  '**/*key.pem',
  '**/*.key',
  '**/id_rsa*',
  '**/id_ed25519*',
  '.npmrc',
  'pip.conf',
  '.aws',
  '.ssh',
  '.terraform',
  '*.tfstate*',
  '*.log',
  '**/*.log',
];

/** The `.dockerignore` of a generated Dockerfile; the patterns of the user's own come last, so that they win. */
export async function composeIgnore(tree: FileTree, ofStack: readonly string[]): Promise<string> {
  const own = await tree.read('.dockerignore');
  const lines = [...common, ...ofStack, ...(own === undefined ? [] : [own.trimEnd()])];
  return `${lines.join('\n')}\n`;
}
