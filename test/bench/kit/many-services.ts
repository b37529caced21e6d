import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** How large the application of this bench is. */
export const many = { files: 50, services: 500, variables: 5000 };

/** Writes an application of many services in included files, with its variables; answers its directory. */
export async function writeMany(directory: string): Promise<string> {
  const each = many.services / many.files;
  const numbers = Array.from({ length: many.files }, (_, at) => at);
  await mkdir(path.join(directory, 'parts'), { recursive: true });
  await writeFile(
    path.join(directory, 'compose.yaml'),
    `name: many\ninclude:\n${numbers.map((at) => `  - parts/part-${at}.yaml\n`).join('')}services: {}\n`,
  );
  const variables = Array.from({ length: many.variables }, (_, at) => `VARIABLE_${at}=value-${at}\n`);
  await writeFile(path.join(directory, '.env'), variables.join(''));
  for (const at of numbers) {
    const services = Array.from({ length: each }, (_, index) => service(at * each + index));
    await writeFile(path.join(directory, `parts/part-${at}.yaml`), `services:\n${services.join('')}`);
  }
  return directory;
}

/** One service of about the size that services have. Ten variables each make 5,000. */
function service(at: number): string {
  const own = Array.from({ length: 9 }, (_, index) => `      SETTING_${index}: "\${VARIABLE_${at * 10 + index}}"\n`);
  return `  service-${at}:
    image: registry.example.com/team/service-${at}:\${VARIABLE_${at * 10 + 9}}
    restart: unless-stopped
    environment:
${own.join('')}      LOG_LEVEL: \${LOG_LEVEL:-info}
    ports:
      - "${20_000 + at}:3000"
    depends_on:
      - service-${at - (at % 10)}-base
    labels:
      team: shop
      part: "${at % 10}"
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:3000/healthz"]
      interval: 10s
      retries: 3
    deploy:
      replicas: 1
      resources:
        limits: { cpus: "0.5", memory: 256M }
`.replace(/ {4}depends_on:\n.*\n/, at % 10 === 0 ? '' : `    depends_on:\n      - service-${at - (at % 10)}\n`);
}
