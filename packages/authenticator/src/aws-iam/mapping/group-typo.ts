// Groups that Kubernetes itself knows.
const knownGroups = [
  "system:masters",
  "system:nodes",
  "system:bootstrappers",
  "system:authenticated",
  "system:unauthenticated",
  "system:serviceaccounts",
  "system:monitoring",
  "system:kube-proxy",
  "system:node-proxier",
] as const;

/** Insertions, deletions and changes between two texts. */
function measureDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

// Below these, names are made by whoever runs the cluster.
const openRooms = ["system:serviceaccounts:", "system:bootstrappers:"] as const;

/** True for a name in Kubernetes' own room that no part of it knows. */
export function isGroupUnknown(group: string): boolean {
  if (!group.startsWith("system:") || openRooms.some((room) => group.startsWith(room))) return false;
  return !knownGroups.some((known) => known === group);
}

/** The group of Kubernetes that a name was probably meant to be; `undefined` for its names and for names of its own. */
export function findGroupTypo(group: string): string | undefined {
  const name = group.trim().toLowerCase();
  if (knownGroups.some((known) => known === group) || name.length > 40) return undefined;
  return knownGroups.find((known) => measureDistance(name, known) <= 2);
}
