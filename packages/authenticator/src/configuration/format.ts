import type { JsonObject, JsonValue } from "@kubepass/wire";
import type { AuthenticationConfiguration, JwtAuthenticator } from "./authentication-configuration.ts";

/** Leaves out what stands for nothing: an absent prefix is not the empty one, so only `undefined`, empty lists and objects go. */
function compact(members: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const isNothing = (value: JsonValue | undefined): boolean =>
    value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(members).filter(([, value]) => !isNothing(value)));
}

const textOrAbsent = (text: string): string | undefined => (text === "" ? undefined : text);

function formatJwt({ issuer, claimMappings, claimValidationRules, userValidationRules }: JwtAuthenticator): JsonObject {
  const { username, groups, uid, extra } = claimMappings;
  const formatMapping = ({ claim, prefix, expression }: typeof username): JsonObject =>
    compact({ claim: textOrAbsent(claim), prefix, expression: textOrAbsent(expression) });
  return compact({
    issuer: compact({
      url: issuer.url,
      discoveryURL: textOrAbsent(issuer.discoveryUrl),
      certificateAuthority: textOrAbsent(issuer.certificateAuthority),
      audiences: [...issuer.audiences],
      audienceMatchPolicy: textOrAbsent(issuer.audienceMatchPolicy),
      egressSelectorType: textOrAbsent(issuer.egressSelectorType),
    }),
    claimValidationRules: claimValidationRules.map(({ claim, requiredValue, expression, message }) =>
      claim === "" ? compact({ expression, message: textOrAbsent(message) }) : { claim, requiredValue },
    ),
    claimMappings: compact({
      username: formatMapping(username),
      groups: formatMapping(groups),
      uid: compact({ claim: textOrAbsent(uid.claim), expression: textOrAbsent(uid.expression) }),
      extra: extra.map(({ key, valueExpression }) => ({ key, valueExpression })),
    }),
    userValidationRules: userValidationRules.map(({ expression, message }) => compact({ expression, message: textOrAbsent(message) })),
  });
}

/** A configuration as kube-apiserver's file says it (apiserver.config.k8s.io/v1). */
export function formatAuthenticationConfiguration({ jwt, anonymous }: AuthenticationConfiguration): JsonObject {
  return {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AuthenticationConfiguration",
    jwt: jwt.map((entry) => formatJwt(entry)),
    ...(anonymous === undefined
      ? {}
      : { anonymous: compact({ enabled: anonymous.enabled, conditions: anonymous.conditions.map(({ path }) => ({ path })) }) }),
  };
}
