/** Expressions for user name and uid: most give a string for most tokens. */
export const textExpressions = [
  "claims.sub",
  "'oidc:' + claims.sub",
  "claims.?username.orValue('nobody')",
  "claims.email_verified ? claims.email : claims.sub",
  "has(claims.email_verified) && claims.email_verified ? claims.email : claims.sub",
  "string(int(claims.number))",
  "claims.nested.name",
  "claims[?'a.b/c'].orValue('fallback')",
  "claims.a__dot__b__slash__c",
  "claims.sub.upperAscii()",
  "claims.sub.split('@')[0]",
  "claims.groups",
  "''",
  "claims.sub.find('[a-z]+')",
];

/** Expressions for groups and extra: strings, lists, null, and what is neither. */
export const claimMappingExpressions = [
  "claims.groups",
  "claims.?groups.orValue([])",
  "dyn(claims.groups).map(g, 'p:' + g)",
  "claims.groups.map(g, g)",
  "claims.roles.split(',')",
  "['a', '', 'b']",
  "null",
  "claims.number",
  "[claims.sub, claims.hd]",
  "dyn(claims.groups).filter(g, g.startsWith('team'))",
  "dyn(claims.groups) + ['extra']",
  "has(claims.roles) ? claims.roles : ''",
  "dyn(claims.groups).exists(g, g == 'admin') ? ['admins'] : ['users']",
];

/** Rules over claims; all are static bools. */
export const claimRules = [
  "claims.hd == 'example.com'",
  "claims.?email_verified.orValue(true) == true",
  "has(claims.nested) && claims.nested.level > 2",
  "claims.exp - claims.iat <= 86400.0",
  "sets.contains(['one', 'two'], [claims.aud])",
  "dyn(claims.groups).all(g, g != 'banned')",
  "claims.sub.matches('^[a-z0-9@.]+$')",
  "claims.number < 100",
  "true",
  "size(claims.groups) < 10",
  "type(claims.number) == double",
  "'team1' in claims.groups",
];

/** Rules over the user; all are static bools. */
export const userRules = [
  "!user.username.startsWith('system:')",
  "user.groups.all(group, !group.startsWith('system:'))",
  "user.username != ''",
  "size(user.extra) < 3",
  "user.uid == '' || user.uid.size() > 1",
  "!('authentication.kubernetes.io/credential-id' in user.extra) || user.extra['authentication.kubernetes.io/credential-id'][0] != 'JTI=revoked'",
  "user.extra[?'example.org/a'].orValue([]).size() < 5",
];
