// Not in the index itself: esbuild would then put everything that the index exports into the code of the hot path.
export {
  checkPrivateDirectory,
  isWholeJson,
  makePrivateDirectory,
  readDurableFile,
  readPrivateFile,
  removePrivateFile,
  removeRemnants,
  unwritable,
  writeDurableFile,
  writePassingFile,
  writePrivateFile,
} from "@kubepass/storage";
