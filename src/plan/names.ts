/** `<project>-<service>-<number>`, as Compose names containers; a written `container_name` is used as it is. */
export function instanceName(app: string, service: string, number: number): string {
  return `${app}-${service}-${number}`;
}

/** The container of a job or release command: the same name for the same release, so that a resumed rollout finds it. */
export function jobName(input: { app: string; service: string; role: 'job' | 'release'; release: number }): string {
  return `${input.app}-${input.service}-${input.role}-r${input.release}`;
}

/** The number at the end of an instance's name, or undefined for a name of another form. */
export function instanceNumber(name: string): number | undefined {
  const digits = /-(\d+)$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
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
