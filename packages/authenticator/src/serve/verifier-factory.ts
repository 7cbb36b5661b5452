import type { JsonObject } from "@kubepass/wire";
import type { AwsIamMetrics } from "../aws-iam/index.ts";
import type { ResultCacheLimits } from "../result-cache.ts";
import type { Verifier } from "../verifier.ts";
import type { ServeHost } from "./serve-host.ts";
import type { Report } from "./shape.ts";

/** What a verifier may use while it is made, and afterwards. */
export interface FactoryContext {
  readonly host: ServeHost;
  readonly awsIamMetrics: AwsIamMetrics;
  /** What the configuration says of remembering, for verifiers that keep answers of their own. */
  readonly cache: ResultCacheLimits;
  /**
   * Reads a file of the configuration as text; relative names begin at the folder of the configuration file. The verifier is made anew
   * when the content of a file that it read so has changed. Throws `FILE_UNREADABLE`.
   */
  readFile(path: string): Promise<string>;
}

/** How verifiers of one kind come from the configuration. */
export interface VerifierFactory {
  /** The member of `verifiers` in the configuration, such as `tokenFile`. */
  readonly key: string;
  /** JSON schema of its settings. */
  readonly schema: JsonObject;
  /** Reports what is wrong with the settings themselves, without reading any file. */
  check(settings: JsonObject, path: string, report: Report): void;
  /** Makes the verifier. Throws `CONFIG_INVALID` or `FILE_UNREADABLE`; an issuer that cannot be reached now is no reason to throw. */
  create(settings: JsonObject, context: FactoryContext): Promise<Verifier>;
}

/** A factory whose settings are read by a {@link Shape}. */
export function defineFactory<T>(factory: {
  readonly key: string;
  readonly shape: { readonly schema: JsonObject; parse(value: JsonObject, path: string, report: Report): T };
  create(settings: T, context: FactoryContext): Promise<Verifier>;
}): VerifierFactory {
  const { key, shape } = factory;
  return {
    key,
    schema: shape.schema,
    check: (settings, path, report) => void shape.parse(settings, path, report),
    create: async (settings, context) =>
      await factory.create(
        shape.parse(settings, key, () => {}),
        context,
      ),
  };
}
