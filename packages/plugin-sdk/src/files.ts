// Not in the index itself: esbuild would then put everything that the index exports into the code of the hot path.
export { readPrivateFile, writePrivateFile } from "@kubepass/storage";
