// Apart from the private files, which the hot path reads: it would load these with them.
export { findNamedText, readNamedText } from "@kubepass/storage";
