type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Variables of which later ones win. Windows does not tell `Path` from `PATH`: there one of them stays, since of two Node would take
 * the one that comes first in the alphabet, whoever it is from.
 */
export function mergeVariables(layers: readonly Variables[], platform: NodeJS.Platform): Variables {
  const merged = new Map<string, readonly [name: string, value: string | undefined]>();
  for (const [name, value] of layers.flatMap((layer) => Object.entries(layer)))
    merged.set(platform === "win32" ? name.toUpperCase() : name, [name, value]);
  return Object.fromEntries(merged.values());
}
