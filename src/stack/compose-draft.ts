import type { Detection } from './detection.ts';

/** Writes the `compose.yaml` that `berth init` proposes for a detected stack. */
export function composeDraft(detection: Detection, name: string): string {
  return [
    `name: ${name}`,
    '',
    'services:',
    '  web:',
    '    build: .',
    `    ports: ["\${PORT:-8080}:${detection.port}"]`,
    '    deploy:',
    '      replicas: 2',
    '    x-berth:',
    `      port: ${detection.port}`,
    '',
  ].join('\n');
}
