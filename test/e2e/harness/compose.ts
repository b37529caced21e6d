/** How a service of the tests' application is written; everything else is the same for all. */
type WebOptions = {
  readonly replicas?: number;
  /** More lines of the service, indented by four. */
  readonly more?: string;
  /** `x-berth` lines besides the probe and the rollout, indented by six. */
  readonly xBerth?: string;
  readonly within?: string;
  readonly drain?: string;
  readonly watch?: string;
};

/** The service `web`, quick to start and to judge: versions and faults come from variables, as the quickstart's do. */
export function web({ replicas = 2, more = '', xBerth = '', within = '8s', drain = '5s', watch = '1s' }: WebOptions = {}): string {
  return `services:
  web:
    image: $IMAGE
    ports: ["$PORT:3000"]
    environment:
      VERSION: "\${VERSION:-1}"
      BROKEN: "\${BROKEN:-}"
      EXIT: "\${EXIT:-}"
      HOST: "\${HOST:-0.0.0.0}"
      CRASH_AFTER_MS: "\${CRASH_AFTER_MS:-}"
    deploy: { replicas: ${replicas} }
${more}
    x-berth:
      port: 3000
      protocol: http
${xBerth}
      probe: { http: /, interval: 200ms, timeout: 2s, successes: 2, within: ${within} }
      rollout: { drain: ${drain}, watch: ${watch} }
`;
}

/** Where the application notes what it did: one file for each instance. */
export const seenMount = '    volumes: ["./seen:/seen"]';
