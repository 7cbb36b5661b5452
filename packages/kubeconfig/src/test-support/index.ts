export * from "./client-scene.ts";
