/** `<project>-<service>-<number>`, as Compose names containers; a written `container_name` is used as it is. */
export function instanceName(app: string, service: string, number: number): string {
  return `${app}-${service}-${number}`;
}

/** The container of a job or release command: the same name for the same release, so that a resumed rollout finds it. */
export function jobName(input: { app: string; service: string; role: 'job' | 'release'; release: number }): string {
  return `${input.app}-${input.service}-${input.role}-r${input.release}`;
}

/** Takes the lowest number that no name in `taken` has, and adds its name to `taken`. */
export function takeInstanceName(input: { app: string; service: string; taken: Set<string> }): string {
  for (let number = 1; ; number++) {
    const name = instanceName(input.app, input.service, number);
    if (input.taken.has(name)) continue;
    input.taken.add(name);
    return name;
  }
}
